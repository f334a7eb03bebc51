import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  parseDescription,
  type DescriptionKind,
} from '../../../reference/appliance/configuration/yaml-description.ts';
import { codeOf } from '../../external/problem.ts';
import { DeviceProblem } from '../problem.ts';
import { farmSchema, type Farm } from './schema.ts';

/** The farm of two simulated phones that needs no hardware. */
export const simulatedFarm = join(import.meta.dirname, 'simulated.yaml');

const kind: DescriptionKind<typeof farmSchema> = {
  what: 'farm',
  schema: farmSchema,
  wayOut: 'docs/device-farm.md describes every field',
  separator: ': ',
  errorOf: (message, options) => new DeviceProblem('file', message, options),
};

/** A described farm, and the folder that its paths are meant from. */
export interface ReadFarm {
  readonly file: string;
  readonly folder: string;
  readonly farm: Farm;
}

/** Makes a farm of the text of a file. Throws a {@link DeviceProblem} about the first thing that is wrong. */
export const parseFarm = (file: string, text: string): ReadFarm => {
  const { value: farm, problem } = parseDescription(kind, file, text);
  const serials = new Map<string, string>();
  for (const [name, phone] of Object.entries(farm.phones)) {
    if (!('serial' in phone)) continue;
    const other = serials.get(phone.serial);
    if (other !== undefined)
      throw problem(['phones', name, 'serial'], `is that of ${other} too; give each phone its own`);
    serials.set(phone.serial, name);
  }
  return { file, folder: dirname(resolve(file)), farm };
};

/** Reads a farm file (YAML). Throws a {@link DeviceProblem}. */
export const readFarm = (file: string): ReadFarm => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DeviceProblem(
      'file',
      `farm ${file}: cannot be read (${codeOf(error)}); give the path of a farm file`,
      { cause: error },
    );
  }
  return parseFarm(file, text);
};

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  parseDescription,
  type DescriptionKind,
} from '../../../reference/appliance/configuration/yaml-description.ts';
import { codeOf } from '../../external/problem.ts';
import { DeviceProblem } from '../problem.ts';
import { selectorsSchema, type Selectors } from './schema.ts';

const kind: DescriptionKind<typeof selectorsSchema> = {
  what: 'selectors',
  schema: selectorsSchema,
  wayOut: 'devices/appium/selectors/reference-application.yaml has every name',
  separator: ': ',
  errorOf: (message, options) => new DeviceProblem('file', message, options),
};

/** Makes selectors of the text of a file. Throws a {@link DeviceProblem} about the first thing that is wrong, such as a name that is missing. */
export const parseSelectors = (file: string, text: string): Selectors =>
  parseDescription(kind, file, text).value;

/** The files that come with the testbed, by name. */
const own: Readonly<Record<string, string>> = {
  'reference-application': join(import.meta.dirname, 'reference-application.yaml'),
  'reference-page': join(import.meta.dirname, 'reference-page.yaml'),
};

/** Reads a selectors file: one of the testbed's own by its name, or a path. Throws a {@link DeviceProblem}. */
export const readSelectors = (name: string, folder: string): Selectors => {
  const file = own[name] ?? resolve(folder, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DeviceProblem(
      'file',
      `selectors ${name}: cannot be read (${codeOf(error)}); give ${Object.keys(own).join(', ')} or the path of a selectors file`,
      { cause: error },
    );
  }
  return parseSelectors(name, text);
};

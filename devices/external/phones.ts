import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ApplianceDescription, Capability, Phone, Site, Target } from '../contract.ts';
import type { Operator } from '../person/operator.ts';
import { personCapabilities, personPhone } from '../person/phone.ts';
import { codeOf } from './problem.ts';
import type { ReadTarget } from './read.ts';
import type { PhoneDescription } from './schema.ts';

/** A kind of phone: what it can do, and how one is started. */
export interface PhoneKind {
  readonly capabilities: ReadonlySet<Capability>;
  readonly start: (site: Site, name: string, appliance: ApplianceDescription) => Promise<Phone>;
  /** Whether a person takes its steps. */
  readonly byPerson: boolean;
}

/** Which phone is of which kind. */
export interface PhoneKinds {
  readonly of: (name: string) => PhoneKind;
  /** The default, and every phone that is named. */
  readonly all: readonly PhoneKind[];
}

/** What a module of phones exports. */
interface PhoneModule {
  readonly capabilities: ReadonlySet<Capability>;
  readonly startPhone: PhoneKind['start'];
}

const isPhoneModule = (value: unknown): value is PhoneModule =>
  typeof value === 'object' &&
  value !== null &&
  'capabilities' in value &&
  value.capabilities instanceof Set &&
  'startPhone' in value &&
  typeof value.startPhone === 'function';

const loadModule = async (
  { file, problem }: ReadTarget,
  name: string,
  path: string,
): Promise<PhoneKind> => {
  const refuse = (reason: string) => problem(['phones', name, 'path'], `${path} ${reason}`);
  const found = resolve(dirname(file), path);
  if (!/\.(ts|js|mjs)$/.test(found))
    throw refuse('is no TypeScript or JavaScript file; give one that exports startPhone');
  await access(found).catch((error: unknown) => {
    throw refuse(`cannot be read (${codeOf(error)}); give its path`);
  });
  const loaded: unknown = await import(pathToFileURL(found).href).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(`cannot be loaded: ${reason.split('\n', 1)[0]}; mend it`);
  });
  if (!isPhoneModule(loaded))
    throw refuse(
      'exports no startPhone(site, name, appliance) beside a Set named capabilities; add both',
    );
  const { capabilities, startPhone: start } = loaded;
  return { capabilities, start, byPerson: false };
};

const kindOf = async (
  read: ReadTarget,
  name: string,
  phone: PhoneDescription,
  reference: Target,
  operator: Operator,
): Promise<PhoneKind> => {
  switch (phone.kind) {
    case 'reference':
      return {
        capabilities: reference.capabilities,
        start: (site, as, appliance) => reference.startPhone(site, as, appliance),
        byPerson: false,
      };
    case 'person':
      return {
        capabilities: personCapabilities,
        start: (_site, as) => Promise.resolve(personPhone(as, operator, phone.seconds)),
        byPerson: true,
      };
    case 'file':
      return loadModule(read, name, phone.path);
  }
};

/** The phones of a target's file. Throws a TargetFileError about a module that cannot be used. */
export const readPhones = async (
  read: ReadTarget,
  reference: Target,
  operator: Operator,
): Promise<PhoneKinds> => {
  const named = new Map<string, PhoneKind>();
  for (const [name, phone] of Object.entries(read.description.phones))
    named.set(name, await kindOf(read, name, phone, reference, operator));
  const usual =
    named.get('default') ??
    (await kindOf(read, 'default', { kind: 'reference' }, reference, operator));
  return { of: (name) => named.get(name) ?? usual, all: [usual, ...named.values()] };
};

/** What one phone's log of keys makes judgeable for both. */
const fromAny: readonly Capability[] = [
  'tls-key-log',
  'key-agreement-log',
  'media-keys',
  'client-elsewhere',
];

/** What every phone must be able to do before the target can be said to. */
const fromEach: readonly Capability[] = [
  'enrol',
  'call',
  'hold',
  'show-identifiers',
  'export-stored-files',
  'alter-stored-files',
  'refusal-log',
];

/**
 * What a target can do whose appliance and phones can do so much: calls and screens by what all phones have, keys by what any has,
 * everything else by the appliance, and a log of refusals only where both sides have one.
 */
export const capabilitiesOf = (
  appliance: ReadonlySet<Capability>,
  { all }: PhoneKinds,
): ReadonlySet<Capability> => {
  const applianceToo: readonly Capability[] = ['enrol', 'call', 'refusal-log'];
  const ofPhones: readonly Capability[] = [...fromAny, ...fromEach];
  return new Set<Capability>([
    ...[...appliance].filter((each) => !ofPhones.includes(each)),
    ...fromAny.filter((each) => all.some(({ capabilities }) => capabilities.has(each))),
    ...fromEach.filter(
      (each) =>
        all.every(({ capabilities }) => capabilities.has(each)) &&
        (!applianceToo.includes(each) || appliance.has(each)),
    ),
  ]);
};

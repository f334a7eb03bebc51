import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { networkInterfaces } from 'node:os';
import type {
  Administration,
  ApplianceDescription,
  CaptureSource,
  ExternalPlace,
  Target,
} from '../contract.ts';
import { terminalOperator, type Operator } from '../person/operator.ts';
import { startKamailioAppliance } from '../kamailio/appliance.ts';
import { referenceTarget } from '../reference/target.ts';
import { externalAppliance, externalCapabilities, type ExternalParts } from './appliance.ts';
import { capabilitiesOf, readPhones, type PhoneKinds } from './phones.ts';
import { codeOf } from './problem.ts';
import { checkReachable, interfaceOf, localAddressTowards } from './reachable.ts';
import { readTargetFile, type ReadTarget } from './read.ts';
import { hasEngine, type ExternalDescription } from './schema.ts';
import { readBeside, readTrust } from './trust.ts';

/** Milliseconds that an activity may take where a person takes part in it. */
const personLimit = 30 * 60_000;

type AdministrationDescription = NonNullable<ExternalDescription['administration']>;

/** The password of the administrator's account: the first line of a file, or a variable; in no message. */
const passwordOf = (
  { file, problem }: ReadTarget,
  { password }: AdministrationDescription,
): string => {
  const refuse = (reason: string) =>
    problem(['appliance', 'administration', 'password'], `${reason}; put the password there`);
  if ('environment' in password) {
    const value = process.env[password.environment] ?? '';
    if (value === '') throw refuse(`the variable ${password.environment} is not set`);
    return value;
  }
  try {
    const text = readFileSync(resolve(dirname(file), password.file), 'utf8');
    const [line = ''] = text.split(/\r?\n/, 1);
    if (line !== '') return line;
  } catch (error) {
    throw refuse(`the file ${password.file} cannot be read (${codeOf(error)})`);
  }
  throw refuse(`the file ${password.file} has an empty first line`);
};

const administrationOf = (read: ReadTarget, page: AdministrationDescription): Administration => ({
  endpoint: { host: page.host, port: page.port },
  trust: readBeside(read, ['appliance', 'administration', 'trust'], page.trust),
  account: page.account,
  password: passwordOf(read, page),
});

const partsOf = (
  read: ReadTarget,
  description: ExternalDescription,
  operator: Operator,
): ExternalParts => {
  const { sip, registration, relay, administration, tokens } = description;
  const described: ApplianceDescription = {
    sip,
    registration,
    relay,
    trust: readTrust(read, description, Date.now()),
  };
  const tokenTrust = tokens.from === 'http' ? tokens.trust : undefined;
  return {
    description,
    described,
    operator,
    folder: dirname(resolve(read.file)),
    ...(administration ? { administration: administrationOf(read, administration) } : {}),
    ...(tokenTrust === undefined
      ? {}
      : { tokenTrust: readBeside(read, ['appliance', 'tokens', 'trust'], tokenTrust) }),
  };
};

const sourceOf = (capture: ExternalDescription['capture'], folder: string): CaptureSource =>
  capture.from === 'command' ? { ...capture, folder } : { from: capture.from };

const placeOf = async (
  { file, problem }: ReadTarget,
  { sip, registration, relay, capture, administration }: ExternalDescription,
  { described }: ExternalParts,
): Promise<ExternalPlace> => {
  const address = await localAddressTowards(sip.host);
  if (capture.from === 'interface' && !(capture.name in networkInterfaces()))
    throw problem(
      ['appliance', 'capture', 'name'],
      `there is no interface ${capture.name} here that is up; ip address lists them`,
    );
  const hosts = [sip, registration, relay, ...(administration ? [administration] : [])];
  return {
    interface: capture.from === 'interface' ? capture.name : interfaceOf(address),
    address,
    hosts: [...new Set(hosts.map(({ host }) => host))],
    capture: sourceOf(capture, dirname(resolve(file))),
    reach: () => checkReachable(described),
  };
};

const limitFor = (phones: PhoneKinds, external: ExternalDescription | null) =>
  phones.all.some(({ byPerson }) => byPerson) ||
  external?.tokens.from === 'operator' ||
  external?.revocation?.by === 'operator'
    ? { activityLimit: personLimit }
    : {};

const targetOf = async (read: ReadTarget, operator: Operator): Promise<Target> => {
  const { name, appliance, expectations } = read.description;
  const reference = referenceTarget();
  const phones = await readPhones(read, reference, operator);
  const common = {
    name,
    ...(expectations === undefined
      ? {}
      : { expectations: resolve(dirname(read.file), expectations) }),
    codec: () => reference.codec(),
    startPhone: (...[site, as, at]: Parameters<Target['startPhone']>) =>
      phones.of(as).start(site, as, at),
  };
  if (appliance.kind === 'reference') {
    if (phones.all.some(({ byPerson }) => byPerson))
      throw read.problem(
        ['phones'],
        'a person’s phone cannot reach an appliance that lives only in the run; take an external one',
      );
    return {
      ...common,
      capabilities: capabilitiesOf(reference.capabilities, phones),
      startAppliance: (site) =>
        hasEngine(appliance)
          ? startKamailioAppliance(site, appliance)
          : reference.startAppliance(site),
    };
  }
  const parts = partsOf(read, appliance, operator);
  const external = await placeOf(read, appliance, parts);
  return {
    ...common,
    ...limitFor(phones, appliance),
    external,
    capabilities: capabilitiesOf(externalCapabilities(appliance), phones),
    startAppliance: async () => externalAppliance(parts),
  };
};

/** The target that a YAML file describes. Throws a TargetFileError where the file is wrong, a TargetUnavailable where what it describes is not there. */
export const loadTargetFile = (
  file: string,
  operator: Operator = terminalOperator(),
): Promise<Target> => targetOf(readTargetFile(file), operator);

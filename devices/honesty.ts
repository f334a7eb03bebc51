import { randomBytes } from 'node:crypto';
import type { Capability, Target } from './contract.ts';

const known: Readonly<Record<Capability, true>> = {
  enrol: true,
  call: true,
  hold: true,
  'read-token': true,
  'show-identifiers': true,
  'export-stored-files': true,
  'alter-stored-files': true,
  'tls-key-log': true,
  'key-agreement-log': true,
  'media-keys': true,
  'refusal-log': true,
  revoke: true,
  administer: true,
  'show-firewall': true,
  capture: true,
  'client-elsewhere': true,
};

/** Whether a word is a capability's name. */
export const isCapability = (word: string): word is Capability => Object.hasOwn(known, word);

/** Methods that a part has only with a capability. */
const methodsOf: Readonly<Partial<Record<Capability, readonly string[]>>> = {
  revoke: ['revoke', 'release'],
  administer: ['administration'],
  'show-firewall': ['firewallRules'],
  hold: ['hold', 'resume'],
  'alter-stored-files': ['replaceStoredFile'],
};

/** A name that nothing has. */
export const nonsense = (): string => `nonsense-${randomBytes(6).toString('hex')}`;

/** What a set of capabilities claims that it cannot have; null where it claims nothing such. */
export const capabilityProblem = (
  what: string,
  capabilities: ReadonlySet<string>,
  asked = nonsense(),
): string | null => {
  if (capabilities.has(asked))
    return `${what} claims to have ${asked}, which does not exist: what it claims cannot be believed; let it name what it has`;
  const unknown = [...capabilities].find((each) => !Object.hasOwn(known, each));
  return unknown === undefined
    ? null
    : `${what} claims ${unknown.slice(0, 64)}, which is no capability; devices/contract.ts lists them`;
};

/** A part of a target, as far as its honesty goes. */
interface Part {
  readonly capabilities: ReadonlySet<Capability>;
}

/** What a started part claims that it cannot have, or lacks of what it claims; `methods` are those that its kind of part can have. */
export const partProblem = (
  what: string,
  part: Part,
  kind: 'appliance' | 'phone',
  asked = nonsense(),
): string | null => {
  const claimed = capabilityProblem(what, part.capabilities, asked);
  if (claimed !== null) return claimed;
  if (Reflect.get(part, asked) !== undefined)
    return `${what} claims to have a method ${asked}, which does not exist: what it claims cannot be believed; let it have what the contract names`;
  const own: readonly Capability[] =
    kind === 'phone' ? ['hold', 'alter-stored-files'] : ['revoke', 'administer', 'show-firewall'];
  for (const capability of own)
    for (const method of part.capabilities.has(capability) ? (methodsOf[capability] ?? []) : [])
      if (typeof Reflect.get(part, method) !== 'function')
        return `${what} claims ${capability}, but has no method ${method}; add it, or do not claim it`;
  return null;
};

const believed = async <Started extends Part & { stop(): Promise<void> }>(
  what: string,
  starting: Promise<Started>,
  kind: 'appliance' | 'phone',
): Promise<Started> => {
  const part = await starting;
  const problem = partProblem(what, part, kind);
  if (problem === null) return part;
  await part.stop().catch(() => undefined);
  throw new Error(problem);
};

/** The same target, each part of which is asked for nonsense as it starts; one that claims it does not start. */
export const probed = (target: Target): Target => ({
  ...target,
  codec: () => target.codec(),
  startAppliance: (site) => believed('the appliance', target.startAppliance(site), 'appliance'),
  startPhone: (site, name, appliance) =>
    believed(`phone ${name}`, target.startPhone(site, name, appliance), 'phone'),
});

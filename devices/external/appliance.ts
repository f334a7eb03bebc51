import { resolve } from 'node:path';
import {
  UnaskedError,
  type Administration,
  type Appliance,
  type ApplianceDescription,
  type Capability,
} from '../contract.ts';
import type { Operator } from '../person/operator.ts';
import { runCommand } from './command.ts';
import { readRefusals } from './refusals.ts';
import type { ExternalDescription } from './schema.ts';
import { askSocket } from './socket.ts';
import { tokenReader } from './tokens.ts';

/** Milliseconds that a command by which an administrator acts may take. */
const commandLimit = 30_000;

/** Everything about an external appliance that its target's file led to. */
export interface ExternalParts {
  readonly description: ExternalDescription;
  readonly described: ApplianceDescription;
  readonly administration?: Administration;
  /** PEM of the authority of the page that tokens are read from. */
  readonly tokenTrust?: string;
  readonly operator: Operator;
  /** Folder that commands run in: the target's file's. */
  readonly folder: string;
}

/** What an external appliance can be asked, by its description. */
export const externalCapabilities = ({
  revocation,
  refusals,
  administration,
  firewall,
}: ExternalDescription): ReadonlySet<Capability> =>
  new Set<Capability>([
    'enrol',
    'call',
    'read-token',
    ...(revocation ? (['revoke'] as const) : []),
    ...(refusals ? (['refusal-log'] as const) : []),
    ...(administration ? (['administer'] as const) : []),
    ...(firewall ? (['show-firewall'] as const) : []),
  ]);

type Revocation = NonNullable<ExternalDescription['revocation']>;

/** What the target's file says for one of the two. */
const act = async (
  which: 'revoke' | 'release',
  number: string,
  revocation: Revocation,
  { operator, folder }: ExternalParts,
): Promise<void> => {
  const purpose = which === 'revoke' ? 'revoking a number' : 'releasing a number';
  switch (revocation.by) {
    case 'command': {
      const words = revocation[which];
      await runCommand({ purpose, words, number, folder, deadline: commandLimit });
      return;
    }
    case 'socket': {
      const path = resolve(folder, revocation.path);
      const line = revocation[which].replaceAll('{number}', number);
      const done = new RegExp(revocation.done, 'u');
      await askSocket({ purpose, path, line, done, deadline: commandLimit });
      return;
    }
    case 'operator': {
      const step = which === 'revoke' ? `revoke ${number}` : `let ${number} enrol again`;
      await operator.ask(
        `As administrator, ${step}; press Enter the moment you do`,
        revocation.seconds * 1000,
      );
    }
  }
};

/** How the administrator acts on a number. */
const revoking = (parts: ExternalParts): Pick<Appliance, 'revoke' | 'release'> => {
  const { revocation } = parts.description;
  if (!revocation) return {};
  return {
    async revoke(number) {
      const begun = performance.now();
      await act('revoke', number, revocation, parts).catch((error: unknown) => {
        throw new UnaskedError(error instanceof Error ? error.message : String(error));
      });
      // A socket takes the line at once; how long a program starts or a person reads cannot be told.
      return revocation.by === 'socket' ? undefined : { asking: performance.now() - begun };
    },
    release: (number) => act('release', number, revocation, parts),
  };
};

/** An appliance that runs already; it is never stopped. */
export const externalAppliance = (parts: ExternalParts): Appliance => {
  const { description, described, administration, operator, folder, tokenTrust } = parts;
  const world = { operator, folder, ...(tokenTrust === undefined ? {} : { trust: tokenTrust }) };
  const { refusals, firewall } = description;
  return {
    capabilities: externalCapabilities(description),
    describe: () => Promise.resolve(described),
    readToken: tokenReader(description.tokens, world),
    refusals: () => (refusals ? readRefusals(refusals, folder) : Promise.resolve([])),
    ...revoking(parts),
    ...(administration ? { administration: () => Promise.resolve(administration) } : {}),
    ...(firewall
      ? {
          firewallRules: () =>
            runCommand({
              purpose: 'reading the packet filter',
              words: firewall.command,
              folder,
              deadline: commandLimit,
            }),
        }
      : {}),
    stop: () => Promise.resolve(),
  };
};

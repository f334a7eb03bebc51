import { userInfo } from 'node:os';
import { configuredPorts, interfacesOf } from '../configuration/interfaces.ts';
import { ConfigurationError, readConfiguration } from '../configuration/read.ts';
import { deviceOf, loadFirewall } from '../firewall/load.ts';
import { nftablesRules } from '../firewall/rules.ts';
import { restoreStore, verifyAuditLogIn } from '../store/backup.ts';
import { checkAppliance } from './check.ts';
import { administer } from './control-client.ts';
import { operationSchema } from './operations.ts';
import { exits, runAppliance } from './run.ts';

/**
 * The appliance's program: `discretio appliance` and `discretio admin` become it. Words: what to do, then its arguments. It ends
 * with 0 when done, 1 when an audit log does not verify, 2 when it could not, 64 when the configuration is wrong.
 */

const wrong = { log: 1, configuration: 64 } as const;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const remark = (text: string): void => void process.stderr.write(`discretio: ${text}\n`);

/** Who asks, for the audit log: the person behind sudo, where there is one. */
const operator = (): string => {
  const { username, uid } = userInfo();
  const behind = uid === 0 ? process.env['SUDO_USER'] : undefined;
  return `shell:${behind ?? username}`.slice(0, 64);
};

const check = async (file: string): Promise<number> => {
  const findings = await checkAppliance(file);
  for (const { thing, problem, isWarning } of findings)
    say(problem === null ? `✓ ${thing}` : `${isWarning === true ? '!' : '✗'} ${problem}`);
  const holds = findings.every(({ problem, isWarning }) => problem === null || isWarning === true);
  return holds ? exits.clean : exits.failed;
};

const firewall = async (file: string, what: string): Promise<number> => {
  const configuration = readConfiguration(file);
  const described = interfacesOf(configuration, configuredPorts(configuration), deviceOf);
  if (what === 'print') process.stdout.write(nftablesRules(described));
  else await loadFirewall(described);
  return exits.clean;
};

/** The state folder: given, or that of a configuration. */
const stateOf = (kind: string, path: string): string =>
  kind === 'state' ? path : readConfiguration(path).state;

const perform = async (state: string, text: string): Promise<number> => {
  const operation = operationSchema.parse(JSON.parse(text));
  const hasRows = operation.operation === 'list' || operation.operation === 'export';
  for await (const event of administer(state, operation, operator())) {
    if (event.kind === 'refused') {
      remark(event.text);
      return exits.failed;
    }
    if (event.kind === 'row' || !hasRows) say(event.text);
    else remark(event.text);
  }
  return exits.clean;
};

/** Reads the log beside a running appliance or in a backup, and changes nothing, so that it is not audited itself. */
const verifyLog = (state: string, head: string): number => {
  const verified = verifyAuditLogIn(state, head === '' ? undefined : head);
  if (verified.ok) {
    say(`the audit log holds: ${verified.entries} entries, head ${verified.head}`);
    return exits.clean;
  }
  const { sequence, reason } = verified;
  const what =
    reason === 'head'
      ? 'the given head is not among its entries: they were cut off or replaced'
      : `entry ${sequence} is not what was written (${reason})`;
  remark(
    `the audit log of ${state} does not verify: ${what}; keep a copy, and compare it with backups`,
  );
  return wrong.log;
};

const restore = (from: string, folder: string): number => {
  restoreStore({ from, folder, by: operator(), at: Date.now() });
  say(
    `${folder}: the state of the backup; revocations since it are lost: look them up in an exported audit log and repeat them`,
  );
  return exits.clean;
};

const perhaps = async ([
  what = '',
  first = '',
  second = '',
  third = '',
]: readonly string[]): Promise<number> => {
  switch (what) {
    case 'start':
      return runAppliance(first, second);
    case 'check':
      return check(first);
    case 'firewall':
      return firewall(first, second);
    case 'operation':
      return perform(stateOf(first, second), third);
    case 'verify-log':
      return verifyLog(stateOf(first, second), third);
    case 'restore':
      return restore(first, second);
    default:
      throw new Error(
        `${what}: there is no such thing to do; use discretio appliance or discretio admin`,
      );
  }
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

// A reader that has gone (`| head`) is no problem.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const exitCode = await perhaps(process.argv.slice(2)).catch((error: unknown) => {
  remark(
    (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, ' '),
  );
  return error instanceof ConfigurationError ? wrong.configuration : exits.failed;
});
await flush(process.stdout);
await flush(process.stderr);
process.exit(exitCode);

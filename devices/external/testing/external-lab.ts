import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashPassword, oneTimePassword } from '../../../reference/appliance/admin/password.ts';
import { holdCeremony } from '../../../reference/appliance/authorities/ceremony.ts';
import { openStore } from '../../../reference/appliance/store/open.ts';
import { nodeProgram } from '../../../simulators/lab/host-process.ts';
import { hostEntry, openNetnsSite } from '../../../simulators/lab/netns/site.ts';
import { whenStarterIsGone } from '../../../simulators/lab/own-namespace.ts';
import type { LabSite } from '../../../simulators/lab/site.ts';
import { checkTopology } from '../../../simulators/lab/topology/check.ts';

/**
 * Run in namespaces of its own (scope `lab`): the appliance as a service on a host of the lab, judged by `discretio evaluate` from
 * the testbed's host, which knows of it by a target's file only. Words: what to do, as JSON; prints what came out, as JSON.
 */

/** What to do. */
export interface ExternalTrial {
  /** Words of `discretio evaluate` beside the target. */
  readonly words: readonly string[];
  /** Lines of YAML for the file's `phones`. */
  readonly phones?: string;
  /** Kills the appliance once the evaluation's progress says this. */
  readonly killAt?: string;
}

/** What came out. */
export interface ExternalOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the appliance still ran at the end, and ended in order. */
  readonly appliance: string;
}

const pageAddress = '10.200.0.1';
const program = join(import.meta.dirname, '../../../cli.ts');
const [address, prefix] = ['203.0.113.10', '203.0.113.0/24'];

const world = () => {
  const checked = checkTopology({
    name: 'external',
    segments: [
      { name: 'internet', ipv4: prefix },
      { name: 'administration', ipv4: '10.200.0.0/24' },
    ],
    hosts: [
      {
        name: 'appliance',
        role: 'appliance',
        attachments: [
          { segment: 'internet', ipv4: address },
          { segment: 'administration', ipv4: pageAddress },
        ],
      },
    ],
    testbed: { segment: 'internet', ipv4: '203.0.113.66' },
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
};

/** The testbed stands on the Internet; the administrator who works beside it, on the administration link too. */
const joinAdministration = (site: LabSite): void => {
  const link = site.segments.find(({ segment }) => segment === 'administration');
  if (!link) throw new Error('the lab has no administration link');
  execFileSync('ip', ['address', 'add', '10.200.0.2/24', 'dev', link.interface]);
};

/** The test's administrator, as if added and signed in before. */
const addAdministrator = async (folder: string): Promise<void> => {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const password = oneTimePassword(random);
  writeFileSync(join(folder, 'administrator'), `${password}\n`, { mode: 0o600 });
  const passwordHash = await hashPassword(password, random(16));
  const store = openStore(join(folder, 'state'), Date.now());
  const administrator = { name: 'evaluator', passwordHash, mustChangePassword: false };
  store.administrators.add(administrator, 'system', Date.now());
  store.close();
};

const passphrase = 'correct horse battery staple';

const prepare = async (folder: string, smsPort: number): Promise<void> => {
  writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`, { mode: 0o600 });
  await holdCeremony({
    rootFolder: join(folder, 'root'),
    folder: join(folder, 'authorities'),
    rootPassphrase: Buffer.from('another passphrase, kept apart'),
    passphrase: Buffer.from(passphrase),
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
  writeFileSync(join(folder, 'outbox'), '');
  writeFileSync(
    join(folder, 'appliance.yaml'),
    `internet: { host: ${address} }
administration: { host: ${pageAddress} }
state: state
authorities: { folder: authorities, passphrase: { file: passphrase } }
sms:
  kind: http
  url: http://127.0.0.1:${smsPort}/
  headers: { content-type: application/json }
  body: '{"number":"{number}","text":"{text}"}'
log: { destination: log, level: warn }
limits: { stopSeconds: 2 }
`,
  );
};

const describeTarget = (folder: string, device: string, phones: string): string => {
  const file = join(folder, 'target.yaml');
  const words = (...each: readonly string[]) => JSON.stringify(each);
  const line = (operation: object) =>
    JSON.stringify(JSON.stringify({ by: 'evaluator', operation }));
  const number = '{number}';
  const [enter = '', ...rest] = hostEntry('appliance');
  writeFileSync(
    file,
    `name: the service in another namespace
appliance:
  kind: external
  sip: { host: ${address}, port: 5061 }
  registration: { host: ${address}, port: 443 }
  relay: { host: ${address}, first: 20000, last: 29999 }
  trust:
    root: authorities/root.pem
    clientAuthority: authorities/client-authority.pem
    serverAuthority: authorities/server-authority.pem
  tokens: { from: command, command: ${words('grep', '-F', '"number":"{number}"', 'outbox')}, pattern: '"text":"\\D*(\\d{6,})' }
  revocation:
    by: socket
    path: state/control.sock
    revoke: ${line({ operation: 'revoke', number, reason: 'keyCompromise' })}
    release: ${line({ operation: 'release', number })}
    done: '"kind":"done"'
  refusals: { command: [cat, log], codes: '^(sip|tls|enrolment|renewal|http|csl|relay|admin|administrator)/' }
  firewall: { command: ${words(enter, ...rest, 'nft', 'list', 'ruleset')} }
  capture: { from: interface, name: ${device} }
  administration:
    { host: ${pageAddress}, port: 8443, trust: authorities/root.pem, account: evaluator, password: { file: administrator } }
${phones}`,
  );
  return file;
};

const environment = (): NodeJS.ProcessEnv => {
  const { DISCRETIO_OWN_NAMESPACE: _own, ...rest } = process.env;
  return rest;
};

const start = (entry: readonly string[], words: readonly string[], folder: string) => {
  const [command = '', ...args] = [...entry, process.execPath, program, ...words];
  return spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
};

/** Starts the service with its firewall, and waits until it says that it is ready, which it does on standard error. */
const startService = async (folder: string): Promise<ChildProcess> => {
  const config = ['--config', join(folder, 'appliance.yaml')];
  const entry = hostEntry('appliance');
  const firewall = start(entry, ['appliance', 'firewall', '--load', ...config], folder);
  const complaint = firewall.stderr.toArray();
  const [code] = await once(firewall, 'close');
  if (code !== 0) throw new Error(`the firewall: ${Buffer.concat(await complaint).toString()}`);
  const service = start(entry, ['appliance', 'start', ...config], folder);
  let said = '';
  service.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    service.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('the appliance is ready')) resolve();
    });
    service.once('exit', () => reject(new Error(`the appliance did not start: ${said}`)));
  });
  return service;
};

const evaluate = async (
  file: string,
  { words, killAt }: ExternalTrial,
  service: ChildProcess,
): Promise<Omit<ExternalOutcome, 'appliance'>> => {
  const run = start([], ['evaluate', '--target', file, '--json', ...words], tmpdir());
  let [stdout, stderr] = ['', ''];
  run.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (killAt !== undefined && stderr.includes(killAt)) service.kill('SIGKILL');
  });
  const [code] = await once(run, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
};

const stopService = async (service: ChildProcess): Promise<string> => {
  if (service.exitCode === null && service.signalCode === null) {
    const ended = once(service, 'exit');
    service.kill('SIGTERM');
    await Promise.race([ended, delay(10_000, undefined, { ref: false })]);
  }
  return `ended with ${service.exitCode ?? service.signalCode ?? 'nothing: it still runs'}`;
};

const startSmsCentre = async (site: LabSite, outbox: string): Promise<number> => {
  const centre = site.start(
    'appliance',
    nodeProgram(join(import.meta.dirname, 'sms-centre.ts'), [outbox]),
  );
  return new Promise((resolve, reject) => {
    centre.onMessage((message) => resolve((message as { readonly port: number }).port));
    void centre.ended.then((how) => reject(new Error(how)));
  });
};

const attempt = async (trial: ExternalTrial): Promise<ExternalOutcome> => {
  const folder = mkdtempSync(join(tmpdir(), 'external-'));
  mkdirSync(join(folder, 'state'));
  const site = await openNetnsSite(world(), folder);
  try {
    await prepare(folder, await startSmsCentre(site, join(folder, 'outbox')));
    joinAdministration(site);
    await addAdministrator(folder);
    const file = describeTarget(folder, site.interface, trial.phones ?? '');
    const service = await startService(folder);
    const came = await evaluate(file, trial, service);
    return { ...came, appliance: await stopService(service) };
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

whenStarterIsGone(() => process.exit(2));
const [trial = '{}'] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await attempt(JSON.parse(trial) as ExternalTrial)));
// The channel to the starter would keep this process.
process.exit(0);

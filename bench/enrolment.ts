import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyPairs } from '../reference/appliance/enrolment/testing/rsa-from-primes.ts';
import { makeFixedAuthorities } from '../reference/appliance/store/testing/fixed-authorities.ts';
import { createRequest } from '../reference/core/pki/request.ts';
import type { EnrolmentWorkerSettings } from './enrolment-worker.ts';
import { startOwnProcess, type OwnProcess } from './own-process.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

const WARM_UP = 50;
const TURNS = 4;
const PER_TURN = 150;
const AT_ONCE = 8;

interface Server {
  readonly name: 'service' | 'bound';
  readonly port: number;
  readonly process: OwnProcess;
}

/** What one server did in all its turns. */
interface Tally {
  count: number;
  seconds: number;
  cpu: number;
}

interface Ready {
  readonly number: string;
  readonly csr: string;
}

const post = (
  port: number,
  ca: readonly string[],
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent: false,
      ca: [...ca],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      headers: { 'content-type': 'application/json' },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.end(JSON.stringify(body));
  });

/** One enrolment as phones make it: two connections. The bound's takes any token. */
const enrol = async (
  server: Server,
  ca: readonly string[],
  { number, csr }: Ready,
): Promise<void> => {
  const texted =
    server.name === 'bound'
      ? Promise.resolve('text x 000000')
      : server.process.line(new RegExp(`^text \\${number} `));
  const asked = await post(server.port, ca, '/v1/enrolments', { number, csr });
  if (asked.status !== 202) throw new Error(`${server.name}: HTTP ${asked.status} ${asked.text}`);
  const { id } = JSON.parse(asked.text) as { readonly id: string };
  const token = (await texted).split(' ')[2];
  const given = await post(server.port, ca, `/v1/enrolments/${id}/certificate`, { token });
  if (given.status !== 201) throw new Error(`${server.name}: HTTP ${given.status} ${given.text}`);
};

const turn = async (
  server: Server,
  ca: readonly string[],
  ready: readonly Ready[],
  tally?: Tally,
): Promise<void> => {
  const queue = ready.values();
  const cpu = server.process.cpuSeconds();
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (const one of queue) await enrol(server, ca, one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (tally === undefined) return;
  tally.count += ready.length;
  tally.seconds += (performance.now() - started) / 1000;
  tally.cpu += server.process.cpuSeconds() - cpu;
};

const makeReady = async (count: number): Promise<readonly Ready[]> => {
  const ready: Ready[] = [];
  for (const { spki, sign } of keyPairs(count)) {
    const number = `+336${10_000_000 + ready.length}`;
    ready.push({ number, csr: await createRequest({ commonName: number, publicKey: spki, sign }) });
    if (ready.length === count) break;
  }
  return ready;
};

const settingsFor = async (folder: string): Promise<EnrolmentWorkerSettings> => {
  const fixed = await makeFixedAuthorities('127.0.0.1');
  const [key] = keyPairs(1);
  if (key === undefined) throw new Error('no key was made');
  const text = new Uint8Array(600);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const signature = base64(await key.sign(text));
  return {
    fixed,
    folder,
    proof: { text: base64(text), signature, key: base64(key.spki) },
    chain: fixed.trust.clientAuthority + fixed.trust.serverAuthority,
  };
};

const start = async (name: Server['name'], file: string): Promise<Server> => {
  const worker = fileURLToPath(new URL('enrolment-worker.ts', import.meta.url));
  const own = startOwnProcess(process.execPath, [worker, name, file]);
  const line = await own.line(/^port \d+$/);
  return { name, port: Number(line.split(' ')[1]), process: own };
};

const rows = (service: Tally, bound: Tally): readonly BenchmarkRow[] => {
  const perSecond = ({ count, seconds }: Tally): number => count / seconds;
  const cpuEach = ({ count, cpu }: Tally): number => (cpu / count) * 1000;
  const peer = 'bound: two handshakes, proof verified, certificate signed, nothing else';
  return [
    rowOf('enrolments', perSecond(service), '1/s', peer, perSecond(bound)),
    rowOf('CPU of the server for each enrolment', cpuEach(service), 'ms', peer, cpuEach(bound)),
    rowOf(
      'the bound’s CPU as a part of the service’s',
      cpuEach(bound) / cpuEach(service),
      '',
      'target',
      0.7,
    ),
  ];
};

/** Enrolments by the whole service on a durable store, beside what the handshakes and signatures alone cost. */
export const benchmarkEnrolment = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  const servers: Server[] = [];
  try {
    progress('making keys and requests');
    const ready = await makeReady(WARM_UP + TURNS * PER_TURN);
    const settings = await settingsFor(join(folder, 'state'));
    const file = join(folder, 'settings.json');
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    for (const name of ['service', 'bound'] as const) servers.push(await start(name, file));
    const ca = [settings.fixed.trust.root, settings.fixed.trust.serverAuthority];
    const tallies = {
      service: { count: 0, seconds: 0, cpu: 0 },
      bound: { count: 0, seconds: 0, cpu: 0 },
    };
    for (const server of servers) await turn(server, ca, ready.slice(0, WARM_UP));
    for (let at = WARM_UP; at < ready.length; at += PER_TURN) {
      progress(`measuring: ${at + PER_TURN} of ${ready.length}`);
      for (const server of servers) {
        await turn(server, ca, ready.slice(at, at + PER_TURN), tallies[server.name]);
      }
    }
    return rows(tallies.service, tallies.bound);
  } finally {
    await Promise.all(servers.map((server) => server.process.end()));
    rmSync(folder, { recursive: true });
  }
};

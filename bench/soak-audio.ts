import { fork, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createAuthorities,
  type Authorities,
} from '../reference/appliance/authorities/authorities.ts';
import {
  createRelay,
  type CallCounters,
  type Relay,
  type RelayMode,
} from '../reference/appliance/relay/relay.ts';
import { createMediaPath } from '../reference/appliance/signalling/media-path.ts';
import {
  startSignallingServer,
  type SignallingServer,
} from '../reference/appliance/signalling/server.ts';
import { toPem } from '../reference/core/keystore/pem.ts';
import { commonNameOwnsFrom } from '../reference/core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile } from '../reference/core/tls/profile.ts';
import { groupCpuSeconds } from './process-cpu.ts';
import type {
  CallTotals,
  FleetConfiguration,
  FleetOrder,
  FleetReport,
  FleetUser,
  PhoneTotals,
} from './soak-protocol.ts';

/** How many calls at once, for how long. */
export interface AudioSoakOptions {
  readonly calls: number;
  readonly seconds: number;
  /** Processes that the phones are spread over. */
  readonly processes: number;
  readonly mode: RelayMode;
  /** Whether the phones encode and decode; else they are as where libspeex is missing: recorded frames are sent, and received ones checked. */
  readonly isLive: boolean;
  readonly progress: (text: string) => void;
}

/** What became of every call. */
export interface AudioSoakReport {
  readonly calls: readonly CallTotals[];
  /** What the relay dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly refusals: readonly string[];
  /** CPU seconds of the appliance's process and of the phones' while all calls were up. */
  readonly cpu: { readonly appliance: number; readonly phones: number };
  readonly seconds: number;
}

const host = '127.0.0.1';

interface Served {
  readonly server: SignallingServer;
  readonly relay: Relay;
  readonly ended: CallCounters[];
  readonly refusals: string[];
}

/** Signalling, media path and relay, put together as `startAppliance` does; certificates come without an enrolment. */
const startServing = async (authorities: Authorities, mode: RelayMode): Promise<Served> => {
  const [ended, refusals]: [CallCounters[], string[]] = [[], []];
  const relay = await createRelay({ host, mode, first: 17_000, last: 18_999 }, (event) => {
    if (event.kind === 'ended') ended.push(event.counters);
    else refusals.push(`relay ${JSON.stringify(event)}`);
  });
  const server = await startSignallingServer({
    host,
    port: 0,
    credentials: await authorities.issueServerCertificate([host]),
    trust: authorities.trust,
    mediaPath: createMediaPath(relay, host),
    random: () => randomBytes(12).toString('hex'),
    profile: exactTlsProfile,
    identityRule: commonNameOwnsFrom,
    requireClientCertificate: true,
    onRefusal: (code, detail) => void refusals.push(`appliance ${code}: ${detail}`),
  });
  return { server, relay, ended, refusals };
};

const newKey = () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
  };
};

const configurationsOf = async (
  authorities: Authorities,
  sip: FleetConfiguration['sip'],
  { calls, processes }: AudioSoakOptions,
): Promise<readonly FleetConfiguration[]> => {
  const [callers, callees] = [newKey(), newKey()];
  const { trust } = authorities;
  const user = async (number: string, spki: Uint8Array): Promise<FleetUser> => {
    const der = await authorities.issueClientCertificate(number, spki);
    return { number, certificateChain: toPem('CERTIFICATE', der) + trust.clientAuthority };
  };
  const pairs: FleetConfiguration['calls'][number][] = [];
  for (let index = 0; index < calls; index += 1) {
    const digits = String(index).padStart(4, '0');
    pairs.push({
      caller: await user(`+3363980${digits}`, callers.spki),
      callee: await user(`+3363981${digits}`, callees.spki),
    });
  }
  return Array.from({ length: processes }, (_, each) => ({
    sip,
    host,
    trust,
    callerKey: callers.pem,
    calleeKey: callees.pem,
    calls: pairs.filter((_pair, index) => index % processes === each),
  }));
};

/** An environment in which libspeex cannot be loaded: a file that is no library stands before it. */
const withoutSpeex = (folder: string): NodeJS.ProcessEnv => {
  writeFileSync(join(folder, 'libspeex.so.1'), '');
  return { ...process.env, LD_LIBRARY_PATH: folder };
};

const startFleet = (env: NodeJS.ProcessEnv): ChildProcess =>
  fork(fileURLToPath(new URL('soak-fleet.ts', import.meta.url)), [], {
    detached: true,
    execArgv: [],
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

const order = async (fleet: ChildProcess, message: FleetOrder): Promise<FleetReport> => {
  const gone = once(fleet, 'exit').then(() => {
    throw new Error('a process with phones ended early; see above');
  });
  fleet.send(message);
  const [report] = (await Promise.race([once(fleet, 'message'), gone])) as [FleetReport];
  return report;
};

const endFleet = async (fleet: ChildProcess): Promise<void> => {
  if (fleet.exitCode !== null || fleet.signalCode !== null) return;
  const exited = once(fleet, 'exit');
  if (fleet.connected) fleet.disconnect();
  await exited;
};

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const sumOfDrops = (ended: readonly CallCounters[]): Readonly<Record<string, number>> => {
  const sum: Record<string, number> = {};
  for (const { dropped } of ended.flatMap(({ caller, callee }) => [caller, callee]))
    for (const [reason, count] of Object.entries(dropped)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
};

const converse = async (
  fleets: readonly ChildProcess[],
  configurations: readonly FleetConfiguration[],
  served: Served,
  { seconds, progress }: AudioSoakOptions,
): Promise<Omit<AudioSoakReport, 'dropped'>> => {
  const all = (message: FleetOrder) => Promise.all(fleets.map((fleet) => order(fleet, message)));
  const phonesCpu = (): number =>
    fleets.reduce((sum, { pid }) => sum + groupCpuSeconds(pid ?? 0), 0);
  progress('phones register');
  await Promise.all(
    configurations.map(async (configuration, index) => {
      const fleet = fleets[index];
      if (fleet) await order(fleet, { kind: 'open', configuration });
    }),
  );
  progress('phones call');
  await all({ kind: 'call' });
  progress(`${served.relay.calls()} calls are up; talking for ${seconds} s`);
  const before = { appliance: ownCpu(), phones: phonesCpu() };
  await all({ kind: 'talk', seconds });
  const cpu = { appliance: ownCpu() - before.appliance, phones: phonesCpu() - before.phones };
  const reports = await all({ kind: 'hang-up' });
  const totals = reports.flatMap((report) => (report.kind === 'totals' ? [report] : []));
  return {
    calls: totals.flatMap(({ calls }) => calls),
    refusals: [...served.refusals, ...totals.flatMap(({ refusals }) => refusals)],
    cpu,
    seconds,
  };
};

/** Sets up calls between reference phones in processes of their own, and lets all of them talk at once through the relay. */
export const soakAudio = async (options: AudioSoakOptions): Promise<AudioSoakReport> => {
  const bytes = (length: number) => new Uint8Array(randomBytes(length));
  const authorities = await createAuthorities({ now: Date.now, randomBytes: bytes });
  const served = await startServing(authorities, options.mode);
  const fleets: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'discretio-soak-'));
  const env = options.isLive ? process.env : withoutSpeex(folder);
  try {
    const { endpoint } = served.server;
    const configurations = await configurationsOf(authorities, endpoint, options);
    for (const _ of configurations) fleets.push(startFleet(env));
    const report = await converse(fleets, configurations, served, options);
    await served.server.close();
    await served.relay.close();
    return { ...report, dropped: sumOfDrops(served.ended) };
  } finally {
    await Promise.all(fleets.map(endFleet));
    await served.server.close().catch(() => undefined);
    await served.relay.close();
    rmSync(folder, { recursive: true });
  }
};

/** Share of 50 packets a second that a phone has to send for a run to count. */
const fewestSent = 0.98;

/** Packets that may be under way when a call ends, or come before the other side has verified: neither is a loss of the relay's. */
const mostAtEnds = 50;

const lookAt = (sender: PhoneTotals, receiver: PhoneTotals, seconds: number): readonly string[] => {
  const { whole } = receiver;
  const name = `${sender.number} to ${receiver.number}`;
  const head = whole.firstReceived - sender.whole.firstSent;
  const tail = sender.whole.lastSent - whole.lastReceived;
  return [
    ...(whole.lost > 0 ? [`${name}: ${whole.lost} packets lost`] : []),
    ...(receiver.refused > 0 ? [`${name}: ${receiver.refused} packets refused`] : []),
    ...(head + tail > mostAtEnds
      ? [`${name}: ${head} at the start and ${tail} at the end unheard`]
      : []),
    ...(sender.sentMeanwhile < 50 * seconds * fewestSent
      ? [`${name}: only ${sender.sentMeanwhile} packets sent in ${seconds} s`]
      : []),
  ];
};

/** What was not as it should be; empty after a run without loss. */
export const audioProblems = ({ calls, seconds, dropped }: AudioSoakReport): readonly string[] => [
  ...calls.flatMap(({ caller, callee }) => [
    ...lookAt(caller, callee, seconds),
    ...lookAt(callee, caller, seconds),
  ]),
  ...Object.entries(dropped)
    .filter(([reason, count]) => count > 0 && reason !== 'peer-unknown')
    .map(([reason, count]) => `the relay dropped ${count}: ${reason}`),
];

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateCapture, type GeneratedCapture } from './generate-capture.ts';
import type { InspectMeasurement } from './inspect-worker.ts';
import { libsrtp2SecondsPerPacket } from './libsrtp2-pass.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

/** tshark takes minutes for the whole file: it reads a part, made the same way, and its speed is compared. */
const PART = 64e6;
const LIBSRTP2_PACKETS = 300_000;
const MEMORY_BOUND = 300;

interface Measured extends InspectMeasurement {
  /** From the start of the process to its end. */
  readonly wall: number;
}

const worker = fileURLToPath(new URL('inspect-worker.ts', import.meta.url));

const inspect = (file: string, description: string, mode: string): Measured => {
  const started = performance.now();
  const output = execFileSync(process.execPath, [worker, file, description, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const wall = (performance.now() - started) / 1000;
  return { ...(JSON.parse(output.toString()) as InspectMeasurement), wall };
};

/** Seconds that a program takes, null where it is missing. */
const timed = (program: string, ...options: readonly string[]): number | null => {
  const started = performance.now();
  const { error, status } = spawnSync(program, options, { stdio: 'ignore' });
  if (error) return null;
  if (status !== 0)
    throw new Error(`${program} ended with ${status}; run it by hand: ${options.join(' ')}`);
  return (performance.now() - started) / 1000;
};

/** Fields and statistics that give what the facts hold: handshakes, RTP streams with loss and jitter, conversations. */
const tsharkOptions = (file: string): readonly string[] => [
  '-r',
  file,
  '--enable-heuristic',
  'rtp_udp',
  '-Y',
  'tls.handshake',
  '-T',
  'fields',
  ...[
    'frame.time_epoch',
    'tcp.stream',
    'tls.handshake.type',
    'tls.handshake.version',
    'tls.handshake.ciphersuite',
    'tls.handshake.p_len',
    'tls.handshake.certificate',
  ].flatMap((field) => ['-e', field]),
  '-z',
  'rtp,streams',
  '-z',
  'conv,udp',
];

/** The same work must have been done: a speed means nothing otherwise. */
const check = (found: Measured, { packets, calls, srtpPackets }: GeneratedCapture): void => {
  if (found.packets !== packets || found.problems > 0)
    throw new Error(`${found.packets} of ${packets} packets read, ${found.problems} problems`);
  if (found.establishedSessions !== calls * 2)
    throw new Error(`${found.establishedSessions} of ${calls * 2} sessions found`);
  if (found.failed > 0 || (found.verified > 0 && found.verified < srtpPackets))
    throw new Error(`${found.verified} of ${srtpPackets} packets verified, ${found.failed} failed`);
};

const measureOurs = (
  file: string,
  generated: GeneratedCapture,
  progress: (text: string) => void,
) => {
  const description = `${file}.json`;
  writeFileSync(description, JSON.stringify(generated));
  // Once to have the file in memory, as the peers find it.
  inspect(file, description, 'facts');
  const run = (mode: string): Measured => {
    progress(`measuring: ${mode}`);
    const measured = inspect(file, description, mode);
    check(measured, generated);
    return measured;
  };
  return { facts: run('facts'), tls: run('tls'), srtp: run('srtp') };
};

/** The capture inspector beside capinfos, tshark and libsrtp2 on the same generated traffic. */
export const benchmarkInspect = async ({
  size,
  seed,
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  try {
    const file = join(folder, 'calls.pcapng');
    progress(`generating ${Math.round(size / 1e6)} MB of calls, seed ${seed}`);
    const generated = await generateCapture(file, size, seed);
    const { facts, tls, srtp } = measureOurs(file, generated, progress);
    progress('measuring: capinfos');
    const capinfos = timed('capinfos', file);
    const part = join(folder, 'part.pcapng');
    const partSize = Math.min(size, PART);
    const { bytes } = await generateCapture(part, partSize, seed);
    progress(`measuring: tshark on ${Math.round(bytes / 1e6)} MB`);
    const tshark = timed('tshark', ...tsharkOptions(part));
    progress('measuring: libsrtp2');
    const perPacket = await libsrtp2SecondsPerPacket(file, generated.keys, LIBSRTP2_PACKETS);
    const libsrtp2 = perPacket === null ? null : perPacket * generated.srtpPackets;
    const speed = (seconds: number): number => generated.bytes / 1e6 / seconds;
    const peak = Math.max(facts.peakMemory, tls.peakMemory, srtp.peakMemory) / 1e6;
    return [
      rowOf('facts, whole process', facts.wall, 's', 'capinfos', capinfos),
      rowOf(
        'facts, speed',
        speed(facts.wall),
        'MB/s',
        `tshark, the same facts from ${Math.round(bytes / 1e6)} MB`,
        tshark === null ? null : bytes / 1e6 / tshark,
      ),
      rowOf('facts with TLS decrypted', tls.wall, 's', 'capinfos', capinfos),
      rowOf(
        'facts with TLS decrypted and every SRTP tag verified',
        srtp.wall,
        's',
        `libsrtp2 through koffi, unprotecting only, from ${LIBSRTP2_PACKETS} packets`,
        libsrtp2,
      ),
      rowOf('facts, peak memory', facts.peakMemory / 1e6, 'MB', 'bound', MEMORY_BOUND),
      rowOf('peak memory of all three', peak, 'MB', 'bound', MEMORY_BOUND),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fault, ok } from '../../reference/core/result.ts';
import type { startCapture } from '../../simulators/lab/capture/packet-socket.ts';
import type { CaptureSource, ExternalPlace } from '../contract.ts';
import { keepCapture } from './capture-file.ts';
import { codeOf } from './problem.ts';

/** How a capture is started; as the run's own captures are. */
type StartCapture = typeof startCapture;

type CommandSource = Extract<CaptureSource, { readonly from: 'command' }>;

/** Milliseconds: until the command's first bytes; without packets before it is told to end; and until it has. */
const limits = { first: 20_000, silence: 400, silenceAtMost: 3_000, end: 5_000 } as const;

/** Bytes of one activity's capture. */
const maximum = 512 * 1024 * 1024;

/** Everything that a command streams, and when it last said something. */
const collect = (child: ChildProcess) => {
  const chunks: Buffer[] = [];
  let [length, lastAt] = [0, performance.now()];
  const first = Promise.withResolvers<'streaming'>();
  child.stdout?.on('data', (chunk: Buffer) => {
    if (length + chunk.length > maximum) {
      child.kill('SIGKILL');
      return;
    }
    chunks.push(chunk);
    length += chunk.length;
    lastAt = performance.now();
    if (length >= 24) first.resolve('streaming');
  });
  return {
    first: first.promise,
    silentFor: () => performance.now() - lastAt,
    bytes: () => new Uint8Array(Buffer.concat(chunks)),
  };
};

const endOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const late = await Promise.race([closed, delay(limits.end, 'late', { ref: false })]);
  if (late !== 'late') return;
  child.kill('SIGKILL');
  child.stdout?.destroy();
};

/** Captures by a command that streams pcap or pcapng on its standard output, from its first bytes until what is under way has come. */
const byCommand =
  ({ command: [program = '', ...args], folder }: CommandSource): StartCapture =>
  async ({ file, comment }) => {
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const streamed = collect(child);
    const broken = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`cannot be run (${codeOf(error)})`));
      child.once('close', (code, signal) => resolve(`ended with ${code ?? signal}`));
    });
    const late = delay(limits.first, 'sent nothing in time', { ref: false });
    const state = await Promise.race([streamed.first, broken, late]);
    if (state !== 'streaming') {
      await endOf(child);
      return fault(
        'file',
        -1,
        `the capture command ${program} ${state}; run it by hand to see why`,
      );
    }
    return ok({
      async stop({ tlsKeyLog }) {
        const died = () => child.exitCode !== null || child.signalCode !== null;
        const begun = performance.now();
        while (
          !died() &&
          streamed.silentFor() < limits.silence &&
          performance.now() - begun < limits.silenceAtMost
        )
          await delay(50);
        if (died()) throw new Error(`the capture command ${program} ended during the activity`);
        await endOf(child);
        const kept = keepCapture(streamed.bytes(), tlsKeyLog, comment);
        if (!kept.ok)
          throw new Error(`what the capture command ${program} sent: ${kept.error.detail ?? ''}`);
        const { bytes, packets, dropped } = kept.value;
        await writeFile(file, bytes);
        return { packets, dropped, bytes: bytes.length, files: [file] };
      },
    });
  };

/** Beside where a capture would lie: the TLS secrets that go into it. */
export const keyLogName = 'capture.keylog';

/** No capture yet: the secrets are kept for the one that is added to the finished run. */
const byFiles: StartCapture = async ({ file }) => {
  const begun = new Date().toISOString();
  return ok({
    async stop({ tlsKeyLog }) {
      await writeFile(
        join(dirname(file), keyLogName),
        tlsKeyLog.map((line) => `${line}\n`).join(''),
      );
      throw new Error(
        `it is to be added: discretio judge RUN --add-capture ACTIVITY=FILE, with what passed from ${begun} to ${new Date().toISOString()}`,
      );
    },
  });
};

/** How the packets of an external target are captured; nothing where the run captures them itself. */
export const captureStarter = (
  place: ExternalPlace | undefined,
): { readonly capture?: StartCapture } => {
  if (place?.capture.from === 'command') return { capture: byCommand(place.capture) };
  return place?.capture.from === 'files' ? { capture: byFiles } : {};
};

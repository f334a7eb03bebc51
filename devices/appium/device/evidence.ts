import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adbBytes, adbShell } from './adb-server.ts';
import type { DeviceFacts, PackageFacts } from './device-facts.ts';
import { readLog, type DeviceLink } from './link.ts';

/** Seconds after which Android itself ends a recording. */
const longestVideo = 180;

const videoPath = '/data/local/tmp/discretio-evidence.mp4';

/** What is kept of a phone beside the run's own evidence: what it is, pictures of its screen, its application's log, a video where it makes one. */
export interface DeviceEvidence {
  /** Begins the video, where one is wanted; once secrets are typed no more. */
  film(): void;
  /** A picture of the screen, numbered; what could not be pictured is told in the notes. */
  picture(title: string): Promise<void>;
  /** Ends the video, reads the log and writes what was noted. */
  close(): Promise<void>;
}

/** What evidence of a phone is kept with. */
export interface DeviceEvidenceOptions {
  readonly link: DeviceLink;
  readonly facts: DeviceFacts;
  readonly application: { readonly name: string; readonly installed: PackageFacts | null };
  /** Every secret that was typed so far. */
  readonly typed: () => ReadonlySet<string>;
  /** Of this phone alone; made where it is missing. */
  readonly folder: string;
  /** A PNG of the screen as base64. */
  readonly screenshot: () => Promise<string>;
  readonly video: boolean;
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40);

/** A recording on the phone; the file is read off it at the end. */
const startVideo = ({ adb, server, serial }: DeviceLink) => {
  const words = ['-H', server.host, '-P', String(server.port), '-s', serial];
  const command = `screenrecord --time-limit ${longestVideo} ${videoPath}`;
  const child = spawn(adb, [...words, 'shell', command], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  return {
    async stop(): Promise<Uint8Array> {
      // Android completes the file when screenrecord is interrupted, not when its shell is cut off.
      await adbShell(server, serial, 'pkill -INT screenrecord');
      await ended;
      const bytes = await adbBytes(server, serial, `cat ${videoPath}`, 60_000);
      await adbShell(server, serial, `rm -f ${videoPath}`);
      return bytes;
    },
  };
};

const isVideo = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'ftyp';

/** A log without the lines that hold a secret, and how many those were. */
export const withoutSecrets = (
  log: string,
  secrets: ReadonlySet<string>,
): { readonly log: string; readonly left: number } => {
  const forms = [...secrets]
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const lines = log.split('\n');
  const clean = lines.filter((line) => !forms.some((form) => line.includes(form)));
  return { log: clean.join('\n'), left: lines.length - clean.length };
};

/** Opens the evidence of one phone: what it is stands there at once. */
export const openDeviceEvidence = async (
  options: DeviceEvidenceOptions,
): Promise<DeviceEvidence> => {
  const { link, facts, application, folder } = options;
  const begun = Date.now() / 1000;
  const notes: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => {
      const reason =
        error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
      notes.push(`${what}: ${reason}`);
    });
  };
  await mkdir(folder, { recursive: true });
  const { installed, name } = application;
  await writeFile(
    join(folder, 'device.json'),
    `${JSON.stringify(
      {
        ...facts,
        application: {
          name,
          versionName: installed?.versionName ?? null,
          versionCode: installed?.versionCode ?? null,
          isDebuggable: installed?.isDebuggable ?? null,
        },
      },
      null,
      2,
    )}\n`,
  );
  let video: ReturnType<typeof startVideo> | null = null;
  let pictures = 0;
  const writeLog = async (): Promise<void> => {
    if (installed === null) throw new Error(`${name} has none of its own that can be read`);
    const { uid } = installed;
    const { log, left } = withoutSecrets(
      await readLog(link, { name, uid }, begun),
      options.typed(),
    );
    await writeFile(join(folder, 'logcat.txt'), log);
    if (left > 0) throw new Error(`${left} lines that hold a secret that was typed were left out`);
  };
  return {
    film() {
      if (options.video) video ??= startVideo(link);
    },
    async picture(title) {
      pictures += 1;
      const file = `${String(pictures).padStart(2, '0')}-${slug(title)}.png`;
      await attempt(`picture ${file}`, async () => {
        await writeFile(join(folder, file), Buffer.from(await options.screenshot(), 'base64'));
      });
    },
    async close() {
      const running = video;
      if (running)
        await attempt('video', async () => {
          const bytes = await running.stop();
          if (!isVideo(bytes)) throw new Error('this phone makes none');
          await writeFile(join(folder, 'screen.mp4'), bytes);
        });
      await attempt('logcat', writeLog);
      if (notes.length > 0) await writeFile(join(folder, 'notes.txt'), `${notes.join('\n')}\n`);
    },
  };
};

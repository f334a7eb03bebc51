import { stat } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { fromHex, latin1 } from '../reference/core/bytes.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import type { Run } from '../reports/model/run.ts';
import { exitCodeOf } from '../reports/model/verdict.ts';
import { renderHtml } from '../reports/render/html.ts';
import { summaryLines } from '../reports/render/terminal.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { claimTexts } from '../scenarios/campaign/claim-texts.ts';
import { inspectionDocuments } from '../scenarios/inspect/documents.ts';
import { judgeInspection } from '../scenarios/inspect/judge.ts';
import { captureObservations, type Given } from '../scenarios/inspect/observations.ts';
import type { CaptureNote } from '../scenarios/wire/capture-item.ts';
import { createCaptureScanner } from '../scenarios/wire/capture-scanner.ts';
import { captureChunks } from '../scenarios/wire/capture-source.ts';
import { gatherFacts } from '../scenarios/wire/facts.ts';
import type { SrtpKey, WireFacts } from '../scenarios/wire/facts-model.ts';
import { createAudioFiles, type AudioFiles } from './audio-files.ts';
import { CommandProblem } from './command-problem.ts';
import { readUpTo } from './input-file.ts';
import { makeRunFolder } from './run-folder.ts';
import { version } from './version.ts';
import { readBySchema } from '../reference/core/read-by-schema.ts';

interface InspectOptions {
  readonly keylog?: string;
  readonly srtpKeys?: string;
  readonly sipPort: readonly number[];
  readonly registrationPort: readonly number[];
  readonly out?: string;
  readonly json?: boolean;
}

const defaultPorts = { sip: [5061], registration: [443] } as const;

/** Bytes by which a format is known. */
const longestMagic = 4;

/** Bytes that a key file may have. */
const longestKeyFile = 16 * 1024 * 1024;

const parsePorts = (text: string, before: readonly number[] | undefined): readonly number[] => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535.');
  return [...(before ?? []), port];
};

/** The ports that are named, or the defaults; a default gives way to a name, but two names for one port contradict each other. */
const portsOf = ({ sipPort, registrationPort }: Partial<InspectOptions>) => {
  const both = sipPort?.find((port) => registrationPort?.includes(port) === true);
  if (both !== undefined)
    throw new CommandProblem(
      `--sip-port ${both}: it is named as --registration-port too; a port has one service`,
    );
  const left = (ports: readonly number[], others: readonly number[] | undefined) =>
    ports.filter((port) => others?.includes(port) !== true);
  return {
    sipPort: sipPort ?? left(defaultPorts.sip, registrationPort),
    registrationPort: registrationPort ?? left(defaultPorts.registration, sipPort),
  };
};

const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`), `hexadecimal of ${bytes} bytes`);

const srtpKeysSchema = z.array(
  z.strictObject({
    ssrc: z.number().int().min(0).max(0xffff_ffff).optional(),
    masterKey: hexOf(16),
    masterSalt: hexOf(14),
  }),
);

const parseJson = (text: string, thing: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandProblem(
      `${thing}: it is no JSON; give an array of { ssrc?, masterKey, masterSalt }`,
    );
  }
};

const bytesOf = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  return bytes.ok ? bytes.value : new Uint8Array();
};

const readSrtpKeys = async (file: string): Promise<readonly SrtpKey[]> => {
  const thing = `--srtp-keys ${file}`;
  const wayOut = 'name a file with a JSON array of keys';
  const text = latin1(await readUpTo(file, longestKeyFile, { thing, wayOut }));
  const parsed = readBySchema(srtpKeysSchema, parseJson(text, thing));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandProblem(
      `${thing}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong shape'}; masterKey has 16 bytes, masterSalt 14, in hexadecimal`,
    );
  }
  return parsed.data.map(({ ssrc, masterKey, masterSalt }) => ({
    ...(ssrc === undefined ? {} : { ssrc }),
    masterKey: bytesOf(masterKey),
    masterSalt: bytesOf(masterSalt),
  }));
};

const readKeyLog = async (file: string): Promise<readonly string[]> => {
  const thing = `--keylog ${file}`;
  const text = latin1(
    await readUpTo(file, longestKeyFile, { thing, wayOut: 'name a key log in the NSS format' }),
  );
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  if (!lines.some((line) => /^[A-Z0-9_]+ [0-9a-fA-F]{64} (?:[0-9a-fA-F]{2})+\s*$/.test(line)))
    throw new CommandProblem(
      `${thing}: it holds no line of the NSS key log format; give what SSLKEYLOGFILE or -keylogfile wrote`,
    );
  return lines;
};

/** Problems of a file that is no capture at all. */
const refusals: Readonly<Record<string, string>> = {
  'capture-empty': 'it is empty',
  'capture-format': 'it is no capture',
};

/** Why a file is no capture, from its first bytes; null where it begins like one. */
const formatRefusal = async (capture: string): Promise<string | null> => {
  const codes: string[] = [];
  const note = (taken: CaptureNote): void => {
    if (taken.kind === 'problem') codes.push(taken.problem.code);
  };
  const scanner = createCaptureScanner({ packet: () => {}, note });
  let length = 0;
  for await (const chunk of captureChunks(capture, note)) {
    const head = chunk.subarray(0, longestMagic - length);
    scanner.push(head);
    length += head.length;
    if (length >= longestMagic || scanner.stopped) break;
  }
  if (length === 0 && codes.length === 0) scanner.end();
  const [code] = codes;
  if (length > 0 && length < longestMagic && codes.length === 0) return 'it is no capture';
  if (length === 0 && code !== undefined) return refusals[code] ?? `it cannot be read: ${code}`;
  return code === undefined ? null : (refusals[code] ?? null);
};

const requireFile = async (capture: string): Promise<void> => {
  const found = await stat(capture).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    throw new CommandProblem(
      `${capture}: ${found.code === 'ENOENT' ? 'there is no such file' : found.message}; name a capture (pcap or pcapng)`,
    );
  if (found.isDirectory())
    throw new CommandProblem(`${capture}: it is a folder; name a capture (pcap or pcapng)`);
  const refusal = await formatRefusal(capture).catch((error: unknown) => messageOf(error));
  if (refusal !== null)
    throw new CommandProblem(`${capture}: ${refusal}; name a capture (pcap or pcapng)`);
};

const runOf = (capture: string, facts: WireFacts, given: Given): Run => {
  const verdicts = judgeInspection({ facts, keys: given.srtpKeys });
  const selected = verdicts.map(({ claim }) => claim);
  const { claims, interpretations } = claimTexts('en');
  return {
    schema: 1,
    tool: 'discretio',
    version,
    run: `inspect ${capture}`,
    startedAt: new Date(facts.startedAt ?? 0).toISOString(),
    language: 'en',
    status: 'complete',
    environment: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      platform: `${process.platform} ${process.arch}`,
      capture,
      codec: 'not used',
    },
    plan: {
      seed: 0,
      profile: 'quick',
      lab: 'loopback',
      target: capture,
      selected,
      byPerson: [],
      leftOut: claims.flatMap(({ id }) =>
        selected.includes(id) ? [] : [{ claim: id, reason: 'a capture alone cannot show it' }],
      ),
      scenarios: [],
    },
    claims,
    interpretations,
    activities: [],
    judgements: [],
    verdicts: [...verdicts],
    observations: [...captureObservations(facts, given)],
    documents: [],
    replay: {},
    exit: exitCodeOf(verdicts.map(({ kind }) => kind)),
  };
};

const writeReport = async (run: Run, folder: string, audio: AudioFiles): Promise<void> => {
  const store = await createEvidenceStore(folder);
  await store.write('run.json', run);
  await store.write('report.html', renderHtml(run));
  for (const { name, wav } of audio.files()) await store.write(`audio/${name}.wav`, wav);
  await store.sealManifest();
};

const inspect = async (
  capture: string,
  options: InspectOptions,
): Promise<{ readonly run: Run; readonly folder?: string }> => {
  await requireFile(capture);
  const tlsKeyLog = options.keylog === undefined ? [] : await readKeyLog(options.keylog);
  const srtpKeys = options.srtpKeys === undefined ? [] : await readSrtpKeys(options.srtpKeys);
  const folder = options.out === undefined ? undefined : await makeRunFolder(options.out, '');
  const audio = createAudioFiles();
  const facts = await gatherFacts(capture, {
    sipPorts: options.sipPort,
    registrationPorts: options.registrationPort,
    tlsKeyLog,
    srtpKeys,
    keptBytes: 0,
    ...(folder === undefined ? {} : { audio }),
  });
  const run = runOf(capture, facts, { tlsKeyLog, srtpKeys: srtpKeys.length });
  if (folder === undefined) return { run };
  // Documents repeat every message: made only where a report shows them.
  await writeReport({ ...run, documents: [...inspectionDocuments(facts)] }, folder, audio);
  return { run, folder };
};

/** `discretio inspect CAPTURE`: the wire claims from a capture file alone. */
export const addInspectCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('inspect')
    .description('judge the wire claims from a capture file alone')
    .argument('<capture>', 'pcap or pcapng, also gzipped')
    .option('--keylog <file>', 'TLS secrets in the NSS key log format, beside those in the capture')
    .option('--srtp-keys <file>', 'JSON array of { ssrc?, masterKey, masterSalt } in hexadecimal')
    .option('--sip-port <port>', 'SIP over TLS; repeatable (default: 5061)', parsePorts)
    .option(
      '--registration-port <port>',
      'registration over HTTPS; repeatable (default: 443)',
      parsePorts,
    )
    .option('--out <dir>', 'write an HTML report and decoded audio there')
    .option('--json', 'print one JSON object')
    .action(async (capture: string, given: Partial<InspectOptions>) => {
      const { run, folder } = await inspect(capture, { ...given, ...portsOf(given) });
      const { tool, verdicts, observations, exit } = run;
      if (given.json === true)
        console.log(
          JSON.stringify({ tool, version, input: capture, verdicts, observations, exit }, null, 2),
        );
      else
        console.log(
          summaryLines(run, {
            colour: process.stdout.isTTY,
            ...(folder === undefined ? {} : { folder }),
          }).join('\n'),
        );
      finish(exit);
    });
};

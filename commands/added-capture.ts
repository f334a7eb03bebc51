import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyLogName } from '../devices/external/capture.ts';
import { keepCapture } from '../devices/external/capture-file.ts';
import type { EvidenceStore } from '../reports/evidence/store.ts';
import { CommandProblem } from './command-problem.ts';
import { readUpTo } from './input-file.ts';

/** Bytes of a capture that may be added. */
const largest = 512 * 1024 * 1024;

const wordsOf = (words: string): readonly [activity: string, file: string] => {
  const [, activity, file] = /^([a-z0-9][a-z0-9-]{0,63})=(.+)$/.exec(words) ?? [];
  if (activity === undefined || file === undefined)
    throw new CommandProblem(
      `--add-capture ${words}: give it as ACTIVITY=FILE, such as call=call.pcap`,
    );
  return [activity, file];
};

/** What became of the activity's own capture. */
const recordedKind = async (folder: string, activity: string): Promise<unknown> => {
  try {
    const text = await readFile(join(folder, 'evidence', activity, 'capture.json'), 'utf8');
    const recorded: unknown = JSON.parse(text);
    return typeof recorded === 'object' && recorded !== null && 'kind' in recorded
      ? recorded.kind
      : undefined;
  } catch {
    return undefined;
  }
};

/** Adds a capture that was made elsewhere to the activity of a run that was to be captured and was not, with the TLS secrets that the run kept for it. */
export const addCapture = async (store: EvidenceStore, words: string): Promise<void> => {
  const [activity, file] = wordsOf(words);
  const kind = await recordedKind(store.folder, activity);
  if (kind !== 'missing')
    throw new CommandProblem(
      kind === 'captured'
        ? `--add-capture ${words}: ${activity} of this run was captured already; nothing was changed`
        : `--add-capture ${words}: this run has no activity ${activity} that waits for a capture; its folder evidence/ has those it has`,
    );
  const bytes = await readUpTo(file, largest + 1, {
    thing: `--add-capture ${words}`,
    wayOut: 'give a capture in pcap or pcapng',
  });
  if (bytes.length > largest)
    throw new CommandProblem(
      `--add-capture ${words}: it has more than 512 MiB; cut it to the activity's time`,
    );
  const place = join(store.folder, 'evidence', activity, keyLogName);
  const keyLog = await readFile(place, 'utf8').catch(() => '');
  const lines = keyLog.split('\n').filter((line) => line !== '');
  const kept = keepCapture(bytes, lines, `discretio: ${activity}, added to the finished run`);
  if (!kept.ok)
    throw new CommandProblem(
      `--add-capture ${words}: ${kept.error.detail ?? kept.error.code} (at byte ${kept.error.offset}); give a capture in pcap or pcapng`,
    );
  const { packets, dropped } = kept.value;
  await store.write(`evidence/${activity}/capture.pcapng`, kept.value.bytes);
  await store.write(`evidence/${activity}/capture.json`, { kind: 'captured', packets, dropped });
};

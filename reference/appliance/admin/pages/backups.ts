import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../../core/bytes.ts';
import { databaseFileName } from '../../store/backup.ts';
import {
  badForm,
  doneAt,
  page,
  type AdminContext,
  type Answer,
  type Route,
  type SignedVisit,
  type Visit,
} from '../context.ts';
import { html, type Html } from '../html.ts';
import { definitions, postForm, refusal, table, time } from '../parts.ts';
import { fill } from '../texts/language.ts';

/** How long the answer waits for a backup to end, in milliseconds; longer ones go on without it. */
const patience = 10_000;

/** What became of the backups of this process. */
interface Progress {
  running: Promise<void> | null;
  /** Name of the folder being written. */
  writing: string | null;
  failure: string | null;
}

interface Backup {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

const backupName = /^backup-\d{8}T\d{6}Z-[0-9a-f]{8}$/;

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((total, file) => total + statSync(join(folder, file)).size, 0);

/** The backups in a folder, newest first; none where it cannot be read. */
const backupsIn = (folder: string, writing: string | null): readonly Backup[] => {
  const read = (name: string): readonly Backup[] => {
    try {
      const path = join(folder, name);
      // The database comes last: without it the backup failed.
      if (!existsSync(join(path, databaseFileName))) return [];
      return [{ name, at: statSync(path).mtimeMs, bytes: sizeOf(path) }];
    } catch {
      return [];
    }
  };
  try {
    return readdirSync(folder)
      .filter((name) => backupName.test(name) && name !== writing)
      .toSorted()
      .toReversed()
      .slice(0, 200)
      .flatMap(read);
  } catch {
    return [];
  }
};

const list = (visit: Visit, folder: string, progress: Progress, status = 200): Answer => {
  const { text } = visit;
  const rows = backupsIn(folder, progress.writing).map(
    ({ name, at, bytes }) => [name, time(at), bytes] as const,
  );
  const columns = [text['backups.name'], text.time, text['backups.bytes']];
  const caption = text['backups.caption'];
  const { running, failure } = progress;
  const note: Html | null =
    running !== null
      ? html`<p class="note quiet">${text['backups.running']}</p>`
      : refusal(failure === null ? undefined : fill(text['backups.failed'], { reason: failure }));
  return page(
    text['nav.backups'],
    html`<p>${text['backups.note']}</p>${note}${definitions([[text['backups.folder'], html`<code>${folder}</code>`]])}
${running === null && postForm(visit, { action: '/backups', submit: text['backups.start'] })}
${table({ caption, columns, rows, empty: text['backups.empty'] })}`,
    status,
  );
};

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

const start = async (
  visit: SignedVisit,
  { store, now, randomBytes }: AdminContext,
  folder: string,
  progress: Progress,
): Promise<Answer> => {
  if (progress.running !== null) return doneAt('/backups', 'backup-running');
  const at = now();
  const stamp = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const name = `backup-${stamp}-${toHex(randomBytes(4))}`;
  progress.failure = null;
  progress.writing = name;
  const running = store
    .backup(join(folder, name), visit.user.name, at)
    .catch((error: unknown) => {
      progress.failure = messageOf(error);
    })
    .finally(() => {
      progress.running = null;
      progress.writing = null;
    });
  progress.running = running;
  const deadline = AbortSignal.timeout(patience);
  await Promise.race([
    running,
    new Promise<void>((resolve) => {
      deadline.addEventListener('abort', () => resolve());
    }),
  ]);
  if (progress.failure !== null) return list(visit, folder, progress, 503);
  return doneAt('/backups', progress.writing === name ? 'backup-running' : 'backup');
};

/** Making and listing backups. */
export const backupsRoutes = (context: AdminContext): readonly Route[] => {
  const progress: Progress = { running: null, writing: null, failure: null };
  const folder = context.backupFolder;
  return [
    {
      method: 'GET',
      path: '/backups',
      access: 'signed-in',
      answer: (visit) =>
        folder === null
          ? page(visit.text['nav.backups'], html`<p>${visit.text['backups.none']}</p>`)
          : list(visit, folder, progress),
    },
    {
      method: 'POST',
      path: '/backups',
      access: 'signed-in',
      answer: (visit) => (folder === null ? badForm : start(visit, context, folder, progress)),
    },
  ];
};

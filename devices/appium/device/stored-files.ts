import { toBase64 } from '../../../reference/core/bytes.ts';
import type { StoredFile } from '../../contract.ts';
import { DeviceProblem } from '../problem.ts';
import { adbBytes, adbShell } from './adb-server.ts';
import type { DeviceLink } from './link.ts';

/** Files of an application that are read at most, and bytes of one. */
const mostFiles = 500;
const mostBytes = 4 * 1024 * 1024;

/** How a build lets its files be read: a debuggable one by run-as, any on a rooted phone. */
export type StoredFilesBy = 'run-as' | 'root';

/** Names that need no quoting; others are none of an application's keys. */
const isPlain = (path: string): boolean =>
  /^[\w@%+=:,./-]{1,400}$/.test(path) && !path.includes('..');

/** Paths that `find . -type f` prints. */
export const parseFiles = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('./'))
    .map((line) => line.slice(2))
    .filter(isPlain)
    .slice(0, mostFiles);

const words = (by: StoredFilesBy, name: string) =>
  by === 'run-as'
    ? { before: `run-as ${name} `, folder: '.' }
    : { before: 'su 0 ', folder: `/data/data/${name}` };

/** The files of an application on a phone. Throws a {@link DeviceProblem} where its build or the phone does not allow it. */
export const readStoredFiles = async (
  link: DeviceLink,
  name: string,
  by: StoredFilesBy,
): Promise<readonly StoredFile[]> => {
  const { before, folder } = words(by, name);
  const said = await adbShell(link.server, link.serial, `${before}find ${folder} -type f`);
  const listed = parseFiles(said.replaceAll(`/data/data/${name}/`, './'));
  if (listed.length === 0)
    throw new DeviceProblem(
      'application-missing',
      `phone ${link.phone}: no file of ${name} can be read by ${by}; its build must be debuggable for run-as, or the phone rooted; else set application.storedFiles to no`,
    );
  const files: StoredFile[] = [];
  for (const path of listed) {
    const at = by === 'run-as' ? path : `${folder}/${path}`;
    const bytes = await adbBytes(link.server, link.serial, `${before}cat ${at}`);
    if (bytes.length <= mostBytes) files.push({ path, base64: toBase64(bytes) });
  }
  return files;
};

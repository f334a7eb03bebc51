import { fault, ok, type Result } from '../../reference/core/result.ts';

/** The file that names all others of a run folder, at its top. */
export const manifestName = 'manifest.json';

/** Why a path cannot name a file of a run folder. */
export type PathFault = 'evidence-path';

/** Whether a path stays inside the folder it is relative to: `/` between names, no empty, `.` or `..` name, no backslash, no control character. */
export const checkEvidencePath = (
  path: string,
): Result<string, { code: PathFault; offset: number; detail?: string }> => {
  const bad = /[\\\p{Cc}]/u.exec(path);
  if (bad)
    return fault(
      'evidence-path',
      bad.index,
      `${JSON.stringify(path)} has a backslash or control character`,
    );
  const names = path.split('/');
  const index = names.findIndex((name) => name === '' || name === '.' || name === '..');
  if (index === -1) return ok(path);
  const offset = names.slice(0, index).join('/').length;
  return fault('evidence-path', offset, `${JSON.stringify(path)} leaves the run folder`);
};

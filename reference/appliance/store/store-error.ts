import type { StoreError, StoreErrorCode } from './contract.ts';

const texts: Readonly<Record<StoreErrorCode, string>> = {
  'store/in-use': 'another instance works on this state; stop it first',
  'store/full': 'the disk is full; free space and try again',
  'store/read-only':
    'the disk or folder cannot be written; mount it writable or mend its permissions',
  'store/corrupt': 'the database is damaged; restore a backup into a new folder',
  'store/disk':
    'the disk failed, so it is unknown what it holds; check it, then start the appliance again',
  'store/foreign': 'the database is not a store of this appliance; choose another folder',
  'store/too-new': 'the store was written by a newer version; install that version',
  'store/not-empty': 'the folder is not empty; choose a new one',
  'store/missing': 'there is no store here; check the folder',
  'store/no-folder': 'it is no folder, or lies in none; name another',
  'store/closed': 'the store is closed; open it again',
};

/** An error about the store in `place`, with what was found when there is more to say than the code does. */
export const storeError = (
  place: string,
  code: StoreErrorCode,
  found?: string,
  cause?: unknown,
): StoreError =>
  Object.assign(
    new Error(
      `store ${place}: ${found === undefined ? '' : `${found}; `}${texts[code]}`,
      cause === undefined ? {} : { cause },
    ),
    { code },
  );

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const primaryCodes: Readonly<Record<number, StoreErrorCode>> = {
  5: 'store/in-use',
  6: 'store/in-use',
  8: 'store/read-only',
  10: 'store/disk',
  11: 'store/corrupt',
  13: 'store/full',
  14: 'store/read-only',
  26: 'store/corrupt',
};

const systemCodes: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'store/full',
  EDQUOT: 'store/full',
  EROFS: 'store/read-only',
  EACCES: 'store/read-only',
  EPERM: 'store/read-only',
  ENOENT: 'store/missing',
  EEXIST: 'store/no-folder',
  ENOTDIR: 'store/no-folder',
  EIO: 'store/disk',
};

const codeOf = (error: Error): StoreErrorCode | undefined => {
  if ('errcode' in error && typeof error.errcode === 'number') {
    return primaryCodes[error.errcode & 0xff];
  }
  return 'code' in error && typeof error.code === 'string' ? systemCodes[error.code] : undefined;
};

/** The store's error for one of SQLite or the system; any other (a fault of the program) as it is. */
export const translateError = (place: string, error: unknown): unknown => {
  const code = error instanceof Error ? codeOf(error) : undefined;
  return code === undefined ? error : storeError(place, code, undefined, error);
};

/** Runs something that touches the disk, translating what it throws. */
export const translating = <Value>(place: string, work: () => Value): Value => {
  try {
    return work();
  } catch (error) {
    throw translateError(place, error);
  }
};

import { concat, latin1, utf8 } from '../../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** A file as the host's file service asks about it. */
export interface SyncFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** POSIX mode with the file type. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

/** What the file service reads and writes. */
export interface SyncStorage {
  read(path: string): SyncFile | null;
  isFolder(path: string): boolean;
  list(path: string): readonly SyncFile[];
  /** Stores a file; a reason where it may not. */
  write(file: SyncFile): string | null;
}

/** Longest path and largest chunk of data that adb sends. */
const limits = { path: 1024, data: 64 * 1024 } as const;

const numbers = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return bytes;
};

const failure = (reason: string): Uint8Array =>
  concat(utf8('FAIL'), numbers(utf8(reason).length), utf8(reason));

const folderMode = 0o040755;
const noEntry = 2;

const describe = (storage: SyncStorage, path: string) => {
  const file = storage.read(path);
  if (file) return { mode: file.mode, size: file.bytes.length, modified: file.modified };
  return storage.isFolder(path) ? { mode: folderMode, size: 4096, modified: 0 } : null;
};

const stat = (storage: SyncStorage, path: string): Uint8Array => {
  const { mode, size, modified } = describe(storage, path) ?? { mode: 0, size: 0, modified: 0 };
  return concat(utf8('STAT'), numbers(mode, size, modified));
};

/** The longer answer that the feature `stat_v2` announces. */
const stat2 = (id: string, storage: SyncStorage, path: string): Uint8Array => {
  const found = describe(storage, path);
  const { mode, size, modified } = found ?? { mode: 0, size: 0, modified: 0 };
  const status = found ? 0 : noEntry;
  const device = [1, 0, 1, 0];
  const rest = [mode, 1, 2000, 2000, size, 0, modified, 0, modified, 0, modified, 0];
  return concat(utf8(id), numbers(status, ...device, ...rest));
};

const list = (storage: SyncStorage, path: string): Uint8Array => {
  const entries = storage.list(path).map((file) => {
    const name = utf8(file.path.slice(file.path.lastIndexOf('/') + 1));
    return concat(
      utf8('DENT'),
      numbers(file.mode, file.bytes.length, file.modified, name.length),
      name,
    );
  });
  return concat(...entries, utf8('DONE'), numbers(0, 0, 0, 0));
};

const receive = (storage: SyncStorage, path: string): Uint8Array => {
  const file = storage.read(path);
  if (!file) return failure('No such file or directory');
  const parts: Uint8Array[] = [];
  for (let at = 0; at < file.bytes.length; at += limits.data) {
    const part = file.bytes.subarray(at, at + limits.data);
    parts.push(utf8('DATA'), numbers(part.length), part);
  }
  return concat(...parts, utf8('DONE'), numbers(0));
};

/** One use of the service `sync:`: bytes of the host in, bytes for it out. */
export interface SyncSession {
  /** The answer, and whether the host has finished. */
  push(bytes: Uint8Array): Result<{ readonly answer: Uint8Array; readonly isFinished: boolean }>;
}

/** The file service over a storage. Pure: nothing is read or written but through it. */
export const createSyncSession = (storage: SyncStorage): SyncSession => {
  let held: Uint8Array = new Uint8Array();
  let sending: { path: string; mode: number; parts: Uint8Array[] } | null = null;
  let isFinished = false;

  const store = (modified: number): Uint8Array => {
    if (!sending) return failure('DONE without SEND');
    const { path, mode, parts } = sending;
    sending = null;
    const refused = storage.write({
      path,
      mode: 0o100000 | mode,
      modified,
      bytes: concat(...parts),
    });
    return refused === null ? concat(utf8('OKAY'), numbers(0)) : failure(refused);
  };
  const begin = (argument: string): Uint8Array => {
    const comma = argument.lastIndexOf(',');
    const path = comma === -1 ? argument : argument.slice(0, comma);
    const mode = comma === -1 ? 0o644 : Number.parseInt(argument.slice(comma + 1), 10) & 0o777;
    sending = { path, mode: Number.isNaN(mode) ? 0o644 : mode, parts: [] };
    return new Uint8Array();
  };
  const answer = (id: string, argument: string): Result<Uint8Array> => {
    switch (id) {
      case 'STAT':
        return ok(stat(storage, argument));
      case 'STA2':
      case 'LST2':
        return ok(stat2(id, storage, argument));
      case 'LIST':
        return ok(list(storage, argument));
      case 'RECV':
        return ok(receive(storage, argument));
      case 'SEND':
        return ok(begin(argument));
      case 'QUIT':
        isFinished = true;
        return ok(new Uint8Array());
      default:
        return fault('sync/request', 0, id);
    }
  };
  /** The next request that has arrived whole, null while none has. */
  const step = (): Result<Uint8Array | null> => {
    if (held.length < 8 || isFinished) return ok(null);
    const id = latin1(held.subarray(0, 4));
    const length = new DataView(held.buffer, held.byteOffset).getUint32(4, true);
    if (id === 'DONE') {
      held = held.subarray(8);
      return ok(store(length));
    }
    if (length > (id === 'DATA' ? limits.data : limits.path)) return fault('sync/length', 4, id);
    if (held.length < 8 + length) return ok(null);
    const body = held.slice(8, 8 + length);
    held = held.subarray(8 + length);
    if (id !== 'DATA') return answer(id, new TextDecoder().decode(body));
    if (!sending) return fault('sync/request', 0, 'DATA without SEND');
    sending.parts.push(body);
    return ok(new Uint8Array());
  };
  return {
    push(bytes) {
      held = concat(held, bytes);
      const answers: Uint8Array[] = [];
      for (;;) {
        const next = step();
        if (!next.ok) return next;
        if (next.value === null) return ok({ answer: concat(...answers), isFinished });
        answers.push(next.value);
      }
    },
  };
};

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, latin1, utf8 } from '../../../reference/core/bytes.ts';
import { createSyncSession, type SyncFile, type SyncStorage } from './sync.ts';

const memory = (): SyncStorage & { readonly files: Map<string, SyncFile> } => {
  const files = new Map<string, SyncFile>();
  return {
    files,
    read: (path) => files.get(path) ?? null,
    isFolder: (path) => path === '/sdcard',
    list: () => [...files.values()],
    write(file) {
      if (!file.path.startsWith('/sdcard/')) return 'Permission denied';
      files.set(file.path, file);
      return null;
    },
  };
};

const request = (id: string, body: Uint8Array | string): Uint8Array => {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const header = new Uint8Array(8);
  header.set(utf8(id));
  new DataView(header.buffer).setUint32(4, bytes.length, true);
  return concat(header, bytes);
};

const done = (modified: number): Uint8Array => {
  const bytes = request('DONE', '');
  new DataView(bytes.buffer).setUint32(4, modified, true);
  return bytes;
};

const answerOf = (storage: SyncStorage, ...requests: readonly Uint8Array[]): string => {
  const result = createSyncSession(storage).push(concat(...requests));
  return result.ok ? latin1(result.value.answer) : result.error.code;
};

describe('the file service', () => {
  test.prop([fc.uint8Array({ maxLength: 2000 }), fc.array(fc.integer({ min: 1, max: 90 }))])(
    'stores what was sent and gives it back, however the bytes arrive',
    (bytes, cuts) => {
      const storage = memory();
      const session = createSyncSession(storage);
      const halves = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
      const stream = concat(
        request('SEND', '/sdcard/a,b,33188'),
        ...halves.map((half) => request('DATA', half)),
        done(1234),
        request('RECV', '/sdcard/a,b'),
        request('QUIT', ''),
      );
      let at = 0;
      let isFinished = false;
      let answer: Uint8Array = new Uint8Array();
      for (const cut of [...cuts, stream.length]) {
        const step = session.push(stream.subarray(at, at + cut));
        if (step.ok) {
          answer = concat(answer, step.value.answer);
          isFinished = step.value.isFinished;
        }
        at += cut;
      }
      expect(isFinished).toBe(true);
      expect(storage.files.get('/sdcard/a,b')).toEqual({
        path: '/sdcard/a,b',
        bytes,
        mode: 0o100644,
        modified: 1234,
      });
      const data = bytes.length > 0 ? request('DATA', bytes) : new Uint8Array();
      expect(answer).toEqual(concat(request('OKAY', ''), data, request('DONE', '')));
    },
  );

  test.prop([fc.array(fc.uint8Array({ maxLength: 40 }))])('takes any bytes', (parts) => {
    const session = createSyncSession(memory());
    for (const part of parts) expect([true, false]).toContain(session.push(part).ok);
  });

  it('describes files, folders and what is not there', () => {
    const storage = memory();
    storage.write({ path: '/sdcard/x', bytes: utf8('abc'), mode: 0o100600, modified: 9 });
    const numbers = (text: string): number[] => {
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
      const view = new DataView(bytes.buffer);
      return [4, 8, 12].map((offset) => view.getUint32(offset, true));
    };
    expect(numbers(answerOf(storage, request('STAT', '/sdcard/x')))).toEqual([0o100600, 3, 9]);
    expect(numbers(answerOf(storage, request('STAT', '/sdcard')))[0]).toBe(0o040755);
    expect(numbers(answerOf(storage, request('STAT', '/none')))).toEqual([0, 0, 0]);
    expect(answerOf(storage, request('STA2', '/sdcard/x')).length).toBe(72);
    expect(answerOf(storage, request('LIST', '/sdcard'))).toMatch(/^DENT.{16}xDONE.{16}$/s);
  });

  it.each([
    ['a file that is not there', [request('RECV', '/sdcard/none')], /^FAIL.{4}No such file/s],
    [
      'a place that may not be written',
      [request('SEND', '/system/x,420'), done(0)],
      /^FAIL.{4}Permission/s,
    ],
    ['an end of nothing', [done(0)], /^FAIL.{4}DONE without SEND$/s],
    ['data of nothing', [request('DATA', 'x')], /^sync\/request$/],
    ['an unknown request', [request('ZZZZ', '')], /^sync\/request$/],
    ['a path that is too long', [request('STAT', 'x'.repeat(1025))], /^sync\/length$/],
  ])('refuses %s', (_what, requests, expected) => {
    expect(answerOf(memory(), ...requests)).toMatch(expected);
  });
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAuditLogIn } from './backup.ts';
import type { ApplianceStore } from './contract.ts';
import { createMemoryStore, openStore } from './open.ts';
import { newFolder, start } from './testing/fixtures.ts';

describe('the audit log', () => {
  let folder: string;
  let store: ApplianceStore;
  const fill = (count: number, into = store): void => {
    for (let entry = 0; entry < count; entry += 1) {
      const subject = entry % 2 === 0 ? '+33612345678' : '+33687654321';
      into.audit.append({
        at: start + entry,
        actor: entry % 3 === 0 ? 'alice' : 'system',
        action: entry % 2 === 0 ? 'number/released' : 'certificate/issued',
        subject,
        detail: { entry, text: 'é "quoted" \u2028 \n' },
      });
    }
  };
  /** Changes the file behind the store's back, triggers removed, as who owns the disk can. */
  const forge = (sql: string): void => {
    store.close();
    const database = new DatabaseSync(join(folder, 'store.sqlite'));
    database.exec(
      'DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order',
    );
    database.exec(sql);
    database.close();
    store = openStore(folder, start);
  };
  beforeEach(() => {
    folder = newFolder();
    store = openStore(folder, start);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  it('verifies, also from another connection while the store is open', () => {
    expect(store.audit.verify()).toEqual({ ok: true, entries: 0, head: '0'.repeat(64) });
    fill(25);
    const last = store.audit.find({}, 1)[0];
    expect(store.audit.verify()).toEqual({ ok: true, entries: 25, head: last?.hash });
    expect(verifyAuditLogIn(folder, last?.hash)).toEqual({
      ok: true,
      entries: 25,
      head: last?.hash,
    });
  });

  it.each([
    ['changed text', `UPDATE audit SET actor = 'mallory' WHERE sequence = 3`, 3, 'hash'],
    ['changed time', 'UPDATE audit SET at = at + 1 WHERE sequence = 4', 4, 'hash'],
    ['a removed entry', 'DELETE FROM audit WHERE sequence = 2', 2, 'gap'],
    [
      'a removed entry whose gap is closed',
      'DELETE FROM audit WHERE sequence = 5; UPDATE audit SET sequence = sequence - 1 WHERE sequence > 5',
      5,
      'hash',
    ],
    [
      'two entries in each other’s place',
      'UPDATE audit SET sequence = 99 WHERE sequence = 6; UPDATE audit SET sequence = 6 WHERE sequence = 7; UPDATE audit SET sequence = 7 WHERE sequence = 99',
      6,
      'hash',
    ],
  ])('shows %s', (_, sql, sequence, reason) => {
    fill(10);
    forge(sql);
    expect(store.audit.verify()).toEqual({ ok: false, sequence, reason });
  });

  it('shows an end cut off to who noted the head', () => {
    fill(10);
    const head = store.audit.find({}, 1)[0]?.hash ?? '';
    forge('DELETE FROM audit WHERE sequence > 8');
    expect(store.audit.verify()).toMatchObject({ ok: true, entries: 8 });
    expect(store.audit.verify(head)).toEqual({ ok: false, sequence: 8, reason: 'head' });
  });

  it.each([
    `UPDATE audit SET actor = 'x' WHERE sequence = 1`,
    'DELETE FROM audit WHERE sequence = 2',
    'INSERT INTO audit SELECT 7, at, clock_behind, actor, action, subject, detail, hash FROM audit WHERE sequence = 1',
    'INSERT OR REPLACE INTO audit SELECT sequence, at, clock_behind, actor, action, subject, detail, hash FROM audit WHERE sequence = 1',
    `UPDATE OR REPLACE audit SET sequence = 1 WHERE sequence = 2`,
  ])('refuses %s', (sql) => {
    fill(3);
    const database = new DatabaseSync(join(folder, 'store.sqlite'));
    expect(() => database.exec(sql)).toThrow('the audit log is append-only');
    database.close();
    expect(store.audit.verify()).toMatchObject({ ok: true, entries: 3 });
  });

  it('notes by how much the clock is behind the latest time logged', () => {
    const at = (time: number) =>
      store.audit.append({ at: time, actor: 'a', action: 'b/c', subject: '', detail: {} })
        .clockBehind;
    expect([at(start), at(start - 5000), at(start - 1000), at(start), at(start + 1)]).toEqual([
      0, 5000, 1000, 0, 0,
    ]);
  });

  it('filters and pages, newest first', () => {
    const memory = createMemoryStore();
    fill(30, memory);
    const { audit } = memory;
    const sequences = (filter: Parameters<typeof audit.find>[0], limit = 100): readonly number[] =>
      audit.find(filter, limit).map(({ sequence }) => sequence);
    expect(sequences({}, 3)).toEqual([30, 29, 28]);
    expect(sequences({ before: 28 }, 2)).toEqual([27, 26]);
    expect(sequences({ action: 'certificate/' })).toHaveLength(15);
    expect(sequences({ action: 'certificate/issued', actor: 'alice' })).toHaveLength(5);
    expect(sequences({ action: 'certificat' })).toEqual([]);
    expect(sequences({ subject: '+33687654321', from: start + 1, until: start + 5 })).toEqual([
      4, 2,
    ]);
    expect(audit.count({ actor: 'alice' })).toBe(10);
    expect([...audit.all()].map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    expect(audit.find({}, 1)[0]?.detail).toEqual({ entry: 29, text: 'é "quoted" \u2028 \n' });
    memory.close();
  });
});

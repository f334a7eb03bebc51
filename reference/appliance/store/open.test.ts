import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restoreStore, verifyAuditLogIn } from './backup.ts';
import type { ApplianceStore } from './contract.ts';
import { openStore } from './open.ts';
import { migrate, migrations } from './schema.ts';
import { begin, enrol, newFolder, start } from './testing/fixtures.ts';

const program = (name: string): string =>
  fileURLToPath(new URL(`testing/${name}`, import.meta.url));

describe('a store in a folder', () => {
  let folder: string;
  let store: ApplianceStore | undefined;
  beforeEach(() => {
    folder = newFolder();
    store = undefined;
  });
  afterEach(() => {
    store?.close();
    rmSync(folder, { recursive: true });
  });
  const file = (name: string): string => join(folder, name);
  const open = (of = folder): ApplianceStore => {
    store = openStore(of, start);
    return store;
  };
  const codeOf = (work: () => unknown): unknown => {
    try {
      work();
      return 'done';
    } catch (error) {
      expect((error as Error).message).toMatch(/^store [^\n]+; [^\n]+$/);
      return (error as { code?: unknown }).code;
    }
  };

  it('is readable to its owner only, and durable at every commit', () => {
    open();
    for (const name of ['store.sqlite', 'store.key'])
      expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    const database = new DatabaseSync(file('store.sqlite'));
    const pragma = (name: string) =>
      Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect([pragma('journal_mode'), pragma('user_version')]).toEqual(['wal', migrations.length]);
    database.close();
  });

  it('says in one line that its folder is a file, or lies in one', () => {
    writeFileSync(file('plain'), 'a file');
    for (const place of [file('plain'), file('plain/inside')]) {
      expect(codeOf(() => openStore(place, start))).toBe('store/no-folder');
      expect(() => openStore(place, start)).toThrow(
        `store ${place}: it is no folder, or lies in none; name another`,
      );
    }
  });

  it('knows administrators whose TOTP secret another key has encrypted, and lets the others work', () => {
    const first = open();
    for (const name of ['alice', 'bob'])
      first.administrators.add({ name, passwordHash: 'h', mustChangePassword: false }, 'x', start);
    first.administrators.change('alice', { totpSecret: Uint8Array.of(7) }, 'alice', start);
    first.close();
    writeFileSync(file('store.key'), new Uint8Array(32).fill(1));
    const { administrators } = open();
    expect(administrators.list()).toMatchObject([
      { name: 'alice', totpSecret: 'unreadable' },
      { name: 'bob', totpSecret: null },
    ]);
    expect(administrators.get('alice')?.totpSecret).toBe('unreadable');
    administrators.change('alice', { totpSecret: null }, 'shell:x', start);
    expect(administrators.get('alice')?.totpSecret).toBeNull();
  });

  it('refuses a second instance, in this process and another, and lets go when closed', () => {
    const first = open();
    expect(codeOf(() => openStore(folder, start))).toBe('store/in-use');
    const elsewhere = spawnSync(process.execPath, [program('hold-store.ts'), folder], {
      encoding: 'utf8',
    });
    expect([elsewhere.status, elsewhere.stdout.trim()]).toEqual([1, 'store/in-use']);
    first.close();
    expect(() => open()).not.toThrow();
  });

  it('is free again after kill -9 of its holder', async () => {
    const holder = spawn(process.execPath, [program('hold-store.ts'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(codeOf(() => openStore(folder, start))).toBe('store/in-use');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(open().audit.verify()).toMatchObject({ ok: true, entries: 1 });
  });

  it('throws after it was closed, and may be closed twice', () => {
    const closed = open();
    closed.close();
    closed.close();
    expect(codeOf(() => closed.audit.verify())).toBe('store/closed');
    expect(codeOf(() => begin(closed, 'a'))).toBe('store/closed');
  });

  it.each<[string, string, () => void]>([
    ['no database', 'store/corrupt', () => writeFileSync(file('store.sqlite'), 'x'.repeat(8192))],
    [
      'a damaged page',
      'store/corrupt',
      () => {
        const bytes = readFileSync(file('store.sqlite'));
        bytes.fill(0xff, 4096, 3 * 4096);
        writeFileSync(file('store.sqlite'), bytes);
      },
    ],
    [
      'cut short',
      'store/corrupt',
      () =>
        writeFileSync(file('store.sqlite'), readFileSync(file('store.sqlite')).subarray(0, 8192)),
    ],
    ['its key missing', 'store/corrupt', () => rmSync(file('store.key'))],
    ['its key cut short', 'store/corrupt', () => writeFileSync(file('store.key'), 'short')],
    [
      'another program’s database',
      'store/foreign',
      () => {
        rmSync(file('store.sqlite'));
        const database = new DatabaseSync(file('store.sqlite'));
        database.exec('CREATE TABLE t (x)');
        database.close();
      },
    ],
    [
      'a newer version',
      'store/too-new',
      () => {
        const database = new DatabaseSync(file('store.sqlite'));
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
    ],
  ])('refuses %s with %s and changes nothing', (_, code, damage) => {
    enrol(open(), 'a');
    store?.close();
    damage();
    const before = readFileSync(file('store.sqlite'));
    expect(codeOf(() => openStore(folder, start))).toBe(code);
    expect(readFileSync(file('store.sqlite')).equals(before)).toBe(true);
    expect(codeOf(() => openStore(folder, start))).toBe(code);
  });

  it('migrates step by step, and a step that fails leaves the version before it', () => {
    const database = new DatabaseSync(':memory:');
    const second = 'ALTER TABLE settings ADD COLUMN note TEXT';
    migrate(database, 'x', 1);
    const failing = () =>
      migrate(database, 'x', 2, [...migrations, second, 'CREATE TABLE settings (x)']);
    expect(failing).toThrow('table settings already exists');
    const versions = () =>
      database
        .prepare('SELECT * FROM migrations')
        .all()
        .map((row) => ({ ...row }));
    expect(versions()).toEqual([
      { version: 1, applied_at: 1 },
      { version: 2, applied_at: 2 },
    ]);
    migrate(database, 'x', 3, [...migrations, second]);
    expect(versions()).toHaveLength(2);
    expect(() => migrate(database, 'x', 3)).toThrow(/version 2, 1 is known/);
    database.close();
  });

  it('backs up while it works, and a restored copy has all but pending enrolments and sessions', async () => {
    const running = open();
    const serial = enrol(running, 'a');
    const pending = begin(running, 'b', { number: '+33687654321' });
    running.administrators.add(
      { name: 'alice', passwordHash: 'h', mustChangePassword: false },
      'system',
      start,
    );
    running.administrators.change('alice', { totpSecret: Uint8Array.of(7) }, 'alice', start);
    running.sessions.create('a session', {
      administrator: 'alice',
      at: start,
      expiresAt: start + 1000,
    });
    const [backup, restored] = [file('backup'), file('restored')];
    const done = running.backup(backup, 'alice', start);
    const later = enrol(running, 'c', { number: '+33600000003' });
    await done;
    expect(running.audit.find({ action: 'store/backed-up' }, 9)).toMatchObject([
      { actor: 'alice' },
    ]);
    await expect(running.backup(backup, 'alice', start)).rejects.toMatchObject({
      code: 'store/not-empty',
    });
    restoreStore({ from: backup, folder: restored, by: 'bob', at: start + 5 });
    const copy = openStore(restored, start);
    expect(copy.certificates.statusOf(serial)).toBe('valid');
    expect(copy.enrolments.get(pending)).toMatchObject({ state: 'dead', end: 'restored' });
    expect(copy.administrators.get('alice')?.totpSecret).toEqual(Uint8Array.of(7));
    expect(copy.sessions.use('a session', start, 600_000)).toBeUndefined();
    expect(copy.audit.find({}, 1)).toMatchObject([{ action: 'store/restored', actor: 'bob' }]);
    expect(copy.audit.verify()).toMatchObject({ ok: true });
    expect(running.certificates.statusOf(later)).toBe('valid');
    copy.close();
    expect(codeOf(() => restoreStore({ from: backup, folder: restored, by: 'b', at: start }))).toBe(
      'store/not-empty',
    );
  });

  it.each<[string, string, (backup: string) => void]>([
    ['without a database', 'store/missing', (backup) => rmSync(join(backup, 'store.sqlite'))],
    ['without its key', 'store/corrupt', (backup) => rmSync(join(backup, 'store.key'))],
    [
      'with a forged log',
      'store/corrupt',
      (backup) => {
        const database = new DatabaseSync(join(backup, 'store.sqlite'));
        database.exec(
          `DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'mallory' WHERE sequence = 1`,
        );
        database.close();
      },
    ],
    [
      'with a damaged page',
      'store/corrupt',
      (backup) => {
        const bytes = readFileSync(join(backup, 'store.sqlite'));
        bytes.fill(0xee, 5 * 4096, 8 * 4096);
        writeFileSync(join(backup, 'store.sqlite'), bytes);
      },
    ],
    [
      'with a broken reference',
      'store/corrupt',
      (backup) => {
        const database = new DatabaseSync(join(backup, 'store.sqlite'));
        database.exec(`PRAGMA foreign_keys = OFF; UPDATE enrolments SET serial = 'ff'`);
        database.close();
      },
    ],
  ])('refuses to restore a backup %s, and leaves nothing behind', async (_, code, damage) => {
    const running = open();
    enrol(running, 'a');
    const [backup, restored] = [file('backup'), file('restored')];
    await running.backup(backup, 'alice', start);
    damage(backup);
    expect(
      codeOf(() => restoreStore({ from: backup, folder: restored, by: 'bob', at: start })),
    ).toBe(code);
    for (const path of [restored, `${restored}.partial`])
      expect(() => statSync(path)).toThrow('ENOENT');
  });

  it('gives no token to who has the database without the key', () => {
    const running = open();
    const id = begin(running, 'a', { token: '424242' });
    running.close();
    const stray = file('stray');
    mkdirSync(stray);
    copyFileSync(file('store.sqlite'), join(stray, 'store.sqlite'));
    writeFileSync(join(stray, 'store.key'), new Uint8Array(32));
    const copy = openStore(stray, start);
    const attempt = { id, token: '424242', at: start, lifetime: 600_000, tries: 5 };
    expect(copy.enrolments.tryToken(attempt).kind).toBe('wrong');
    copy.close();
    expect(open().enrolments.tryToken(attempt).kind).toBe('right');
  });

  it('names a folder without a store', () => {
    expect(codeOf(() => verifyAuditLogIn(file('none')))).toBe('store/missing');
  });
});

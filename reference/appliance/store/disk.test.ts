import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { newFolder } from './testing/fixtures.ts';

const trial = fileURLToPath(new URL('testing/disk-trial.ts', import.meta.url));
const folder = newFolder();
const disk = join(folder, 'disk');

/** Runs shell lines as root of a user and mount namespace of their own. */
const inNamespace = (script: string) =>
  spawnSync('unshare', ['-Urm', 'sh', '-ec', script, 'sh', disk, process.execPath, trial], {
    encoding: 'utf8',
  });

mkdirSync(disk);
const mount = 'mount -t tmpfs -o size=1m none "$1"';
const isPossible = inNamespace(mount).status === 0;

describe(`a disk that does not take it${isPossible ? '' : ' (skipped: no mount namespace here)'}`, () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(!isPossible)(
    'full: one line, nothing half done, and goes on when there is room',
    () => {
      const { stdout, stderr } = inNamespace(`${mount}; "$2" "$3" "$1"`);
      expect(stderr).toBe('');
      const text = /^store\/full: store \/[^\n]+: the disk is full; free space and try again$/;
      expect(JSON.parse(stdout)).toEqual({
        full: expect.stringMatching(text),
        revoked: expect.stringMatching(text),
        during: {
          status: 'valid',
          isBlocked: false,
          enrolment: 'pending',
          log: true,
          added: 0,
        },
        again: 'done',
        status: 'revoked',
        log: true,
      });
    },
  );

  it.skipIf(!isPossible)('read-only: refused in one line', () => {
    const { stdout } = inNamespace(
      `${mount}; "$2" "$3" "$1" >/dev/null; mount -o remount,ro "$1"; "$2" "$3" "$1" read-only`,
    );
    expect(JSON.parse(stdout)).toEqual({
      opened: expect.stringMatching(
        /^store\/read-only: store [^\n]+ cannot be written; mount it writable/,
      ),
    });
  });
});

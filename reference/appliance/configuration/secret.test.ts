import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSecret } from './secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, content: string, mode: number): string => {
  const file = join(folder, name);
  writeFileSync(file, content, { mode });
  return file;
};

describe('a secret', () => {
  it('is the first line of its file', () => {
    const file = fileOf('good', 'correct horse\r\nbattery\n', 0o600);
    expect(readSecret('passphrase', { file })).toEqual({ value: 'correct horse', warning: null });
  });

  it('is a credential of systemd', () => {
    fileOf('authorities', 'correct horse\n', 0o400);
    const environment = { CREDENTIALS_DIRECTORY: folder };
    expect(readSecret('passphrase', { credential: 'authorities' }, environment).value).toBe(
      'correct horse',
    );
    expect(() => readSecret('passphrase', { credential: 'authorities' }, {})).toThrow(
      /^passphrase: systemd gave no credentials; add LoadCredential=authorities:PATH/,
    );
  });

  it('that its group may read is taken with a warning', () => {
    const file = fileOf('shared', 'correct horse', 0o640);
    expect(readSecret('passphrase', { file }).warning).toBe(
      `passphrase ${file}: its group may open it; chmod 0600`,
    );
  });

  it.each([
    [
      'open',
      'correct horse',
      0o644,
      'every user of this system may open it (mode 644); chmod 0600',
    ],
    ['empty', '\ncorrect horse', 0o600, 'its first line is empty; write'],
  ])('that is %s is refused, unshown', (name, content, mode, reason) => {
    const file = fileOf(name, content, mode);
    expect(() => readSecret('passphrase', { file })).toThrow(`passphrase ${file}: ${reason}`);
    expect(() => readSecret('passphrase', { file })).not.toThrow(/correct horse/);
  });

  it('that is missing is named', () => {
    const file = join(folder, 'none');
    expect(() => readSecret('passphrase', { file })).toThrow(
      `passphrase ${file}: there is no such file; make it, with mode 0600`,
    );
  });
});

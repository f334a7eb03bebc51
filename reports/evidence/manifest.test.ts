import { fc, test } from '@fast-check/vitest';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyManifest } from './manifest.ts';
import { createEvidenceStore } from './store.ts';

let folder = '';
const contents: Readonly<Record<string, string>> = {
  'a.txt': 'alpha',
  'empty.bin': '',
  'wire/streams.json': '[]',
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
  const store = await createEvidenceStore(folder);
  for (const [path, content] of Object.entries(contents)) await store.write(path, content);
  await store.sealManifest();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const problems = async () => {
  const result = await verifyManifest(folder);
  if (result.ok) return 'ok';
  const { code, missing, altered, additional } = result.error;
  return { code, missing, altered, additional };
};
const mismatch = { code: 'manifest-mismatch', missing: [], altered: [], additional: [] };

describe('verifying a run folder', () => {
  it('accepts it unchanged', async () => {
    expect(await problems()).toBe('ok');
  });

  it('lists every file but itself, with length and SHA-256', async () => {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ schema: 1, algorithm: 'sha256' });
    expect(manifest).toHaveProperty('files.length', 3);
    expect(manifest).toHaveProperty('files.1', {
      path: 'empty.bin',
      bytes: 0,
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
  });

  it('names a missing file', async () => {
    await rm(join(folder, 'a.txt'));
    expect(await problems()).toEqual({ ...mismatch, missing: ['a.txt'] });
  });

  it('names an altered file, of the same length or not', async () => {
    await writeFile(join(folder, 'a.txt'), 'alphA');
    await writeFile(join(folder, 'wire/streams.json'), '[ ]');
    expect(await problems()).toEqual({ ...mismatch, altered: ['a.txt', 'wire/streams.json'] });
  });

  it('names an additional file, also a hidden or left-over one', async () => {
    await writeFile(join(folder, 'wire/.hidden'), '');
    await writeFile(join(folder, 'a.txt.part'), '');
    expect(await problems()).toEqual({
      ...mismatch,
      additional: ['a.txt.part', 'wire/.hidden'],
    });
  });

  it('names a renamed file on both sides', async () => {
    await rename(join(folder, 'a.txt'), join(folder, 'b.txt'));
    expect(await problems()).toEqual({ ...mismatch, missing: ['a.txt'], additional: ['b.txt'] });
  });

  it('takes a symbolic link for no file, even with the right content behind it', async () => {
    await rename(join(folder, 'a.txt'), `${folder}.outside`);
    await symlink(`${folder}.outside`, join(folder, 'a.txt'));
    expect(await problems()).toEqual({ ...mismatch, missing: ['a.txt'], additional: ['a.txt'] });
    await rm(`${folder}.outside`);
  });

  it('says the names in one line', async () => {
    await rm(join(folder, 'a.txt'));
    await writeFile(join(folder, 'empty.bin'), 'x');
    const result = await verifyManifest(folder);
    expect(result.ok ? '' : result.error.detail).toBe('missing: a.txt; altered: empty.bin');
  });

  it('refuses a folder without manifest', async () => {
    await rm(join(folder, 'manifest.json'));
    expect(await problems()).toMatchObject({ code: 'manifest-missing' });
  });

  it.each([
    'not json',
    '{}',
    '{"schema":2,"algorithm":"sha256","files":[]}',
    '{"schema":1,"algorithm":"sha256","files":[{"path":"../x","bytes":0,"sha256":"00"}]}',
    `{"schema":1,"algorithm":"sha256","files":[${Array.from({ length: 2 }, () => `{"path":"a","bytes":0,"sha256":"${'0'.repeat(64)}"}`).join(',')}]}`,
  ])('refuses the malformed manifest %s', async (text) => {
    await writeFile(join(folder, 'manifest.json'), text);
    expect(await problems()).toMatchObject({ code: 'manifest-malformed' });
  });

  test.prop(
    [fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 })],
    {
      numRuns: 40,
    },
  )('finds any changed byte', async (bytes, position, change) => {
    const store = await createEvidenceStore(folder);
    await store.write('a.txt', bytes);
    await store.sealManifest();
    const index = position % bytes.length;
    await writeFile(
      join(folder, 'a.txt'),
      bytes.map((byte, at) => (at === index ? byte ^ change : byte)),
    );
    expect(await problems()).toEqual({ ...mismatch, altered: ['a.txt'] });
  });
});

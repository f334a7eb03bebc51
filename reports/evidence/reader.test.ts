import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEvidence } from './reader.ts';
import { createEvidenceStore } from './store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const store = await createEvidenceStore(join(folder, 'run'));
  await store.write('facts.json', { packets: 3 });
  await store.write('broken.json', '{"packets":');
  await store.write('latin.json', new Uint8Array([0x22, 0xe9, 0x22]));
  await store.write('raw.bin', new Uint8Array([1, 2]));
  await writeFile(join(folder, 'outside.json'), '{"packets":4}');
  await symlink(join(folder, 'outside.json'), join(folder, 'run', 'link.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema = z.strictObject({ packets: z.number() });
const open = () => openEvidence(join(folder, 'run'));

describe('reading evidence', () => {
  it('gives the data of a JSON file by its schema', async () => {
    const facts = await open().readJson('facts.json', schema);
    expect(facts).toEqual({ ok: true, value: { packets: 3 } });
  });

  it('gives bytes', async () => {
    expect(await open().readBytes('raw.bin')).toEqual({ ok: true, value: new Uint8Array([1, 2]) });
  });

  it.each([
    ['absent.json', 'evidence-missing'],
    ['facts.json/x', 'evidence-missing'],
    ['../outside.json', 'evidence-path'],
    ['link.json', 'evidence-path'],
    ['broken.json', 'evidence-json'],
    ['latin.json', 'evidence-json'],
  ])('refuses %s with %s', async (path, code) => {
    expect(await open().readJson(path, schema)).toMatchObject({ ok: false, error: { code } });
  });

  it('names the field of an unexpected shape', async () => {
    const result = await open().readJson('facts.json', z.object({ packets: z.string() }));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'evidence-shape', detail: expect.stringMatching(/^facts\.json: packets: /) },
    });
  });

  it('lists regular files only', async () => {
    expect(await open().list()).toEqual(['broken.json', 'facts.json', 'latin.json', 'raw.bin']);
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostImageBytes } from '../../reports/model/document.ts';
import { pictureDocuments } from './pictures.ts';

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4);
let run = '';
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'pictures-'));
});
afterEach(() => rm(run, { recursive: true, force: true }));

const put = async (path: string, content: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(join(run, path)), { recursive: true });
  await writeFile(join(run, path), content);
};
const paths = async () =>
  (await pictureDocuments(run)).map((document) => 'path' in document && document.path);

it('shows the PNG files of the evidence in the order of their paths, and no other', async () => {
  await put('evidence/call/b.png', png);
  await put('evidence/call/a.PNG', png);
  await put('evidence/admin/z.png', png);
  await put('evidence/call/text.png', 'no picture');
  await put(
    'evidence/call/large.png',
    new Uint8Array(mostImageBytes + 1).map((_, i) => png[i] ?? 0),
  );
  await put('evidence/call/a.json', '{}');
  await put('outside.png', png);
  expect(await paths()).toEqual([
    'evidence/admin/z.png',
    'evidence/call/a.PNG',
    'evidence/call/b.png',
  ]);
});

it('shows twelve at most', async () => {
  for (let number = 10; number < 30; number += 1) await put(`evidence/x/${number}.png`, png);
  expect((await paths()).at(-1)).toBe('evidence/x/21.png');
  expect(await paths()).toHaveLength(12);
});

it('shows none where there is no evidence', async () => {
  expect(await paths()).toEqual([]);
});

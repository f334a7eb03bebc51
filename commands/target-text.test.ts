import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSchema, type Run } from '../reports/model/run.ts';
import { CommandProblem } from './command-problem.ts';
import { readTargetText } from './target-text.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

const copy = `A security target of ours, for this test.

2.1 Description
It is described.

5.1 Encryption
Section 5.1 says <b>what</b> it says.

5.2 Authentication
More is said.
`;

let bench: Bench;
const place = (name: string): string => join(bench.folder, name);
const readRun = async (name: string): Promise<Run> =>
  runSchema.parse(JSON.parse(await readFile(join(place(name), 'run.json'), 'utf8')));

beforeAll(async () => {
  bench = await openBench();
  await writeFile(place('copy.txt'), copy);
  await writeFile(place('other.txt'), copy.replace('Section 5.1 says', 'Elsewhere 5.1 says'));
  await writeFile(place('letter.txt'), 'Dear evaluator,\n');
  await writeFile(place('target.pdf'), '%PDF-1.4\n5.1 Encryption\nx\n');
  await writeFile(place('latin.txt'), Uint8Array.of(0x35, 0x2e, 0x31, 0x20, 0xc9, 0x0a));
  await writeFile(place('large.txt'), '5.1 Encryption\n'.padEnd(2 ** 20 + 1, 'x'));
});
afterAll(() => bench.close());

describe('a file that cannot be quoted', () => {
  it.each<[string, string, string]>([
    ['missing.txt', 'there is no such file', 'give the security target as plain text'],
    ['.', 'it is a folder', 'give the security target as plain text'],
    ['letter.txt', 'no section of the security target was found', 'such as 5.1'],
    ['target.pdf', 'it is a PDF file', 'pdftotext'],
    ['latin.txt', 'no UTF-8 text', 'save it as UTF-8'],
    ['large.txt', 'more than 1 MiB', 'give the security target alone'],
  ])('is named with the reason and the way out: %s', async (file, reason, wayOut) => {
    const refusal = await readTargetText(place(file)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CommandProblem);
    const message = String(refusal);
    expect(message).toContain(`--target-text ${place(file)}: `);
    expect(message).toContain(reason);
    expect(message).toContain(wayOut);
  });

  it('ends the command with 64 before anything is written', async () => {
    const words = ['evaluate', '--only', '2.1.i', '--out', 'out', '--target-text', 'letter.txt'];
    const { code, stdout, stderr } = await bench.run(words);
    expect(stderr).toMatch(oneLine('--target-text letter.txt', 'no section'));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    await expect(readFile(join(place('out'), 'plan.json'))).rejects.toThrow('ENOENT');
  });
});

describe('--target-text of a security target', () => {
  it('is quoted beside the claims, stays in the run, and is judged again to the same bytes', async () => {
    const first = await bench.run([
      'evaluate',
      '--only',
      '2.1.i',
      '--out',
      'quoted',
      '--target-text',
      'copy.txt',
    ]);
    expect(first.code).toBe(0);
    expect((await readRun('quoted')).passages).toEqual([
      { section: '2.1', text: 'It is described.' },
      { section: '5.1', text: 'Section 5.1 says <b>what</b> it says.' },
      { section: '5.2', text: 'More is said.' },
    ]);
    const html = () => readFile(join(place('quoted'), 'report.html'), 'utf8');
    expect(await html()).toContain('says &lt;b&gt;what&lt;/b&gt; it says.</blockquote>');
    expect(await readFile(join(place('quoted'), 'security-target.txt'), 'utf8')).toBe(copy);
    const manifest = await readFile(join(place('quoted'), 'manifest.json'), 'utf8');
    expect(manifest).toContain('security-target.txt');
    expect((await bench.run(['judge', 'quoted'])).code).toBe(0);
    expect(await readFile(join(place('quoted'), 'manifest.json'), 'utf8')).toBe(manifest);
  });

  it('can be given to a stored run, which then keeps it', async () => {
    await bench.run(['evaluate', '--only', '2.1.i', '--out', 'bare']);
    expect(await readRun('bare')).not.toHaveProperty('passages');
    const added = await bench.run(['judge', 'bare', '--target-text', 'other.txt']);
    expect(added.code).toBe(0);
    expect((await readRun('bare')).passages?.[1]?.text).toMatch(/^Elsewhere/);
    const refused = await bench.run(['judge', 'bare', '--target-text', 'letter.txt']);
    expect(refused.code).toBe(64);
    expect((await bench.run(['judge', 'bare'])).code).toBe(0);
    expect((await readRun('bare')).passages?.[1]?.text).toMatch(/^Elsewhere/);
  });
});

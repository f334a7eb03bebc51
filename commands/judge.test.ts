import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
let original = '';
let printed = '';
beforeAll(async () => {
  bench = await openBench();
  original = join(bench.folder, 'original');
  const words = ['5.1.k', '2.1.i', 'attacks/P3/guessing', '--out', original];
  const { stdout } = await bench.run(['evaluate', '--only', ...words]);
  printed = stdout;
});
afterAll(() => bench.close());

const reports = ['run.json', 'report.html', 'junit.xml', 'manifest.json'] as const;
const contents = (folder: string) =>
  Promise.all(reports.map((name) => readFile(join(folder, name), 'utf8')));

const copy = async (name: string): Promise<string> => {
  const folder = join(bench.folder, name);
  await cp(original, folder, { recursive: true });
  return folder;
};

describe('judging stored evidence again', () => {
  it('gives the same bytes, the same summary and the same exit code, wherever the folder is', async () => {
    const folder = await copy('moved');
    const { code, stdout, stderr } = await bench.run(['judge', folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await contents(folder)).toEqual(await contents(original));
    expect(stdout.replaceAll(folder, original)).toBe(printed);
  });

  it('with --json prints the object that evaluate prints', async () => {
    const { stdout } = await bench.run(['judge', original, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ tool: 'discretio', exit: 0, run: original });
  });

  it('finds in the evidence of a run, be it of a version that did not look, what was observed', async () => {
    const folder = await copy('old');
    const { seen, ...old } = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'));
    await writeFile(join(folder, 'run.json'), JSON.stringify(old));
    await (await createEvidenceStore(folder)).sealManifest();
    const { code, stdout } = await bench.run(['judge', folder, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).observations[0]).toMatchObject({
      id: 'P3/guess-cost',
      scenarios: ['attacks/P3/guessing'],
    });
    expect(seen).toMatchObject([{ id: 'P3/guess-cost' }]);
    expect(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')).seen).toEqual(seen);
  });

  it('compares a run of a version that did not look, and finds no difference in that', async () => {
    const folder = await copy('older');
    const { seen: _seen, ...old } = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'));
    await writeFile(join(folder, 'run.json'), JSON.stringify(old));
    await (await createEvidenceStore(folder)).sealManifest();
    const { code, stdout } = await bench.run(['diff', original, folder]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it.each([
    [
      'altered',
      (folder: string) => appendFile(join(folder, 'evidence/scan/sip.json'), ' '),
      'altered: evidence/scan/sip.json',
    ],
    [
      'missing',
      (folder: string) => rm(join(folder, 'evidence/scan/sip.json')),
      'missing: evidence/scan/sip.json',
    ],
    [
      'additional',
      (folder: string) => writeFile(join(folder, 'evidence/more.json'), ''),
      'additional: evidence/more.json',
    ],
  ])('names an %s file, ends with 2 and writes nothing', async (how, change, named) => {
    const folder = await copy(how);
    await change(folder);
    const before = await contents(folder);
    const { code, stdout, stderr } = await bench.run(['judge', folder]);
    expect(stderr).toMatch(oneLine(folder, named, 'unaltered copy'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(await contents(folder)).toEqual(before);
  });

  it('names a file of scenarios that its plan has and that is gone, and no option that judge lacks', async () => {
    const folder = await copy('scenarios-gone');
    const planned = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8'));
    planned.plan.scenarioFiles = [join(folder, 'gone.ts')];
    await writeFile(join(folder, 'plan.json'), JSON.stringify(planned));
    await (await createEvidenceStore(folder)).sealManifest();
    const { code, stdout, stderr } = await bench.run(['judge', folder]);
    expect(stderr).toMatch(
      oneLine('scenarios of the run', 'gone.ts', 'cannot be read', 'put it back'),
    );
    expect(stderr).not.toContain('--scenarios');
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });

  it('refuses a folder that is not of a run, or is not there', async () => {
    const empty = join(bench.folder, 'empty');
    await mkdir(empty);
    for (const folder of [empty, join(bench.folder, 'nowhere')]) {
      const { code, stdout, stderr } = await bench.run(['judge', folder]);
      expect(stderr).toMatch(oneLine(folder, 'not the folder of a finished run', 'name one'));
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    }
  });
});

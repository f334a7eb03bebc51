import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

const adb = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, 'adb'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

const farm = (fault: string, more = ''): string => `name: trial
target: ${join(import.meta.dirname, 'farm/simulated-target.yaml')}
phones:
  one: { simulated: {} }
  two: { simulated: { ${fault} } }
${more}`;

const limit = 240_000;

describe.skipIf(!adb)(`phones on their screens${adb ? '' : ' (skipped: no adb here)'}`, () => {
  let folder = '';
  const devices = async (name: string, text: string) => {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, text);
    const out = join(folder, name);
    const words = [join(root, 'commands/devices.ts'), '--farm', file, '--out', out];
    const ended = await run(process.execPath, words, { cwd: root, timeout: limit }).then(
      () => 0,
      (error: unknown) =>
        error instanceof Error && 'code' in error ? Number(error.code) : Number.NaN,
    );
    const text_ = await readFile(join(out, 'devices.json'), 'utf8');
    return { code: ended, out, results: JSON.parse(text_) };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'discretio-devices-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(
    'enrol, call and show the right identifiers: 5.2.e passes, and no secret is kept beside the capture',
    { timeout: limit },
    async () => {
      const { code, out, results } = await devices('right', farm(''));
      expect(results.cells).toMatchObject([
        { device: 'one', outcome: 'pass' },
        { device: 'two', outcome: 'pass' },
      ]);
      expect(code).toBe(0);
      const evidence = join(out, 'runs/one-two-wifi-1/evidence/devices');
      const kept = await readdir(evidence, { recursive: true, withFileTypes: true });
      const names = kept.filter((entry) => entry.isFile()).map((entry) => entry.name);
      expect(names).toEqual(expect.arrayContaining(['device.json', 'logcat.txt', '02-audio.png']));
      for (const entry of kept.filter((each) => each.isFile()))
        expect(await readFile(join(entry.parentPath, entry.name), 'latin1')).not.toContain(
          'test passphrase',
        );
      expect(results.devices[0].facts).toMatchObject({ nature: 'simulated', android: '14' });
    },
  );

  it(
    'are ended by Ctrl-C, and the results say that the run was interrupted',
    { timeout: limit },
    async () => {
      const file = join(folder, 'cut.yaml');
      await writeFile(file, farm(''));
      const out = join(folder, 'cut');
      const words = [join(root, 'commands/devices.ts'), '--farm', file, '--out', out];
      // A process group of its own, as a shell gives to each command: Ctrl-C reaches all of it.
      const child = spawn(process.execPath, words, {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      await expect.poll(() => said, { timeout: 60_000 }).toContain('one calls two');
      process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
      const [code] = (await once(child, 'close')) as [number | null];
      expect(said).toContain(
        `discretio devices: the run was interrupted (SIGINT); what was done until then is in ${out}`,
      );
      expect(said).not.toContain('made no report');
      const results = JSON.parse(await readFile(join(out, 'devices.json'), 'utf8'));
      expect(results.cells[0]).toMatchObject({
        outcome: 'inconclusive',
        reason: expect.stringMatching(/interrupted/) as string,
      });
      expect(code).toBe(2);
    },
  );

  it(
    'that show a wrong identifier make 5.2.e fail, and trying again does not help',
    { timeout: limit },
    async () => {
      const { code, results } = await devices(
        'wrong',
        farm('fault: wrong-identifier', 'retries: 1'),
      );
      expect(results.cells[0]).toMatchObject({
        outcome: 'fail',
        reason: 'the callee shows other identifiers, 2 attempts',
      });
      expect(code).toBe(1);
    },
  );
});

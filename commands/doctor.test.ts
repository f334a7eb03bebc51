import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** A folder with programs that say or do what a test wants. */
const folderOf = async (programs: Readonly<Record<string, string>>): Promise<string> => {
  const folder = join(bench.folder, 'programs');
  await mkdir(folder);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
};

describe('discretio doctor', () => {
  it('names each part in one line, and ends with 0 only where all are there', async () => {
    const { code, stdout, stderr } = await bench.run(['doctor']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1).every((line) => /^[✓–] \S/.test(line))).toBe(true);
    expect(lines[0]).toMatch(new RegExp(`^✓ node +${process.versions.node}$`));
    const missing = lines.filter((line) => line.startsWith('–')).length;
    expect(lines.at(-1)).toMatch(
      missing === 0
        ? /^Everything is there\.$/
        : new RegExp(`^${missing} of 13 are not there; ./setup`),
    );
    expect({ code, stderr }).toEqual({ code: missing === 0 ? 0 : 2, stderr: '' });
  });

  it('says the version of what runs, and what is lost without what does not', async () => {
    const PATH = await folderOf({
      tshark: 'echo "Running as root 1." >&2; echo "TShark (Wireshark) 9.8.7 (Git)"',
      openssl: 'exit 3',
      chromium: 'echo no number',
    });
    const { code, stdout } = await bench.run(['doctor', '--json'], { env: { PATH } });
    expect(code).toBe(2);
    const { parts, ...rest } = JSON.parse(stdout);
    expect(rest).toMatchObject({ tool: 'discretio', exit: 2 });
    const named = (name: string) =>
      parts.find((part: { readonly name: string }) => part.name === name);
    expect(named('tshark')).toMatchObject({ found: '9.8.7', problem: null });
    expect(named('openssl')).toMatchObject({ found: null, problem: 'does not run (3)' });
    expect(named('chromium')).toMatchObject({ found: null, problem: 'says no version' });
    expect(named('adb')).toEqual({
      name: 'adb',
      found: null,
      problem: 'not found',
      without: 'no Android phone, real or simulated',
    });
    expect(named('netns lab').problem).toMatch(/unshare .* was not found/);
    expect(await bench.leftovers()).toEqual([]);
  });
});

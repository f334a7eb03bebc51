import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities } from '../../../reference/appliance/authorities/authorities.ts';

const root = join(import.meta.dirname, '../../..');
const example = join(root, 'docs/targets/device-farm.yaml');
let folder = '';
let page = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'discretio-farm-page-'));
  page = await readFile(join(root, 'docs/device-farm.md'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A block of the page that is YAML and has such a line, without its indentation. */
const blockWith = (line: RegExp): string => {
  const blocks = [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^\1```/gm)].map(
    ([, indentation = '', text = '']) => text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  );
  return blocks.find((block) => line.test(block)) ?? '';
};

describe('the steps of docs/device-farm.md', () => {
  it('show the whole of an example of docs/targets', async () => {
    const [, ...shown] = (await readFile(example, 'utf8')).split(/^(?=name:)/m);
    expect(blockWith(/^appliance:/m)).toBe(shown.join(''));
  });

  it('lead to a farm and a target that a run can be planned on', async () => {
    await mkdir(join(folder, 'trust'));
    const made = await createAuthorities({
      now: Date.now,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
    });
    for (const [name, { pem }] of Object.entries({
      root: made.root,
      'client-authority': made.clientAuthority,
      'server-authority': made.serverAuthority,
    }))
      await writeFile(join(folder, `trust/${name}.pem`), pem);
    const phones = join(root, 'devices/appium/phones.ts');
    const target = join(folder, 'our-target.yaml');
    await writeFile(
      target,
      blockWith(/^appliance:/m).replace(/path: \S+phones\.ts/, `path: ${phones}`),
    );
    const farm = join(folder, 'farm.yaml');
    await writeFile(farm, blockWith(/^# farm\.yaml/m));
    const words = ['evaluate', `--target=${target}`, '--plan-only', '--only', '5.2/identifiers'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'cli.ts'), ...words],
      { env: { ...process.env, DISCRETIO_FARM: farm, DISCRETIO_ROLES: 'alice=a52,bob=xcover' } },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      plan: { scenarios: [{ id: '5.2/identifiers' }], selected: ['5.2.e'] },
      capabilities: expect.arrayContaining(['show-identifiers']) as string[],
    });
  });
});

import { writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeServiceFolder,
  type ServiceFolder,
} from '../reference/appliance/service/testing/world.ts';
import { lacks, oneLine, openBench, type Bench } from './testing/cli.ts';

const example = join(import.meta.dirname, '../docs/appliance/appliance.example.yaml');

let bench: Bench;
let place: ServiceFolder;
beforeAll(async () => {
  [bench, place] = await Promise.all([openBench(), makeServiceFolder()]);
  await writeFile(join(bench.folder, 'wrong.yaml'), `${place.text()}colour: red\n`);
});
afterAll(async () => {
  place.remove();
  await bench.close();
});

const at = (name: string): string => join(place.folder, name);

describe('wrong usage and wrong configurations end with 64 and one line', () => {
  it.concurrent.each<[readonly string[], ...string[]]>([
    [['appliance', 'start'], '--config', 'discretio appliance start --help'],
    [
      ['appliance', 'check', '--config', 'wrong.yaml'],
      'wrong.yaml:1',
      'unknown field colour',
      'example.yaml',
    ],
    [['appliance', 'firewall', '--config', 'wrong.yaml'], 'give --print or --load'],
    [['admin', 'list'], 'whose state is not said', 'give --config FILE or --state FOLDER'],
    [['admin', 'list', '--state', 'a', '--config', 'b'], '--state', '--config'],
    [
      ['admin', 'revoke', '+33612345678', '--reason', 'spite', '--state', 'a'],
      'spite',
      'keyCompromise',
    ],
  ])('%j', async (words, ...parts) => {
    const { code, stdout, stderr } = await bench.run(words);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

it('everything that an appliance needs is looked at', async () => {
  const { code, stdout } = await bench.run(['appliance', 'check', '--config', place.file]);
  expect(stdout).toContain('✓ authorities and their passphrase\n✓ state folder\n');
  expect(stdout).toMatch(/^! texts reach nobody/m);
  expect(code).toBe(0);
});

it('the firewall’s rules follow from the configuration', async () => {
  const { code, stdout, stderr } = await bench.run([
    'appliance',
    'firewall',
    '--print',
    '--config',
    example,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('iifname "eth0" tcp dport 5061 accept');
  expect(stdout).toContain('iifname "eth0" udp dport 20000-29999 accept');
  expect(stdout).toContain('iifname "eth1" tcp dport 8443 accept');
});

/** The program that the commands become, without the time that loading the commands takes. */
const program = join(import.meta.dirname, '../reference/appliance/service/program.ts');
const become = (...words: readonly string[]) => bench.run(words, { program });

describe('the appliance as a process', () => {
  it('runs, shows the first password once, keeps a second one out, survives kill -9, and stops clean', async () => {
    const first = bench.start(['appliance', 'start', '--config', place.file]);
    await first.says('the appliance is ready');
    const [second, revoked] = await Promise.all([
      become('start', place.file, '0'),
      bench.run(['admin', 'revoke', '+33612345678', '--config', place.file]),
    ]);
    expect(second.stderr).toMatch(oneLine(at('state'), 'another instance works on this state'));
    expect(second.code).toBe(2);
    expect(revoked).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/is blocked: .* lists published\n$/),
    });
    first.child.kill('SIGKILL');
    const killed = await first.ended;
    expect(killed.stderr).toMatch(
      /as administrator with the one-time password (\w{4}-){4}\w{4} \(shown this once\)/,
    );
    expect(killed.stdout).not.toContain('password');

    const again = bench.start(['start', place.file, '0'], { program });
    await again.says('the appliance is ready');
    again.child.kill('SIGTERM');
    const stopped = await again.ended;
    expect(stopped.code).toBe(0);
    expect(stopped.stderr).not.toContain('password');
    const codes = stopped.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { code: string }).code);
    expect(codes.slice(-2)).toEqual(['appliance/stopping', 'appliance/stopped']);
  }, 90_000);

  it('leaves a log that verifies, a backup that restores, and notices what was cut off or changed', async () => {
    const [backup, restored] = [at('backup'), at('restored')];
    const kept = await bench.run(['admin', 'backup', backup, '--config', place.file]);
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    const verified = await become('verify-log', 'config', place.file, '');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const head = /head ([0-9a-f]{64})\n$/.exec(verified.stdout)?.[1] ?? '';
    const [same, other, made] = await Promise.all([
      become('verify-log', 'config', place.file, head),
      become('verify-log', 'config', place.file, '0'.repeat(64)),
      become('restore', backup, restored),
    ]);
    expect([same.code, other.code, made.code]).toEqual([0, 1, 0]);
    expect(other.stderr).toMatch(
      oneLine('does not verify', 'the given head is not among its entries'),
    );
    const listed = await become('operation', 'state', restored, '{"operation":"list"}');
    expect(listed.stdout).toContain('"number":"+33612345678","blocked":true');
    const file = join(restored, 'store.sqlite');
    const text = (await readFile(file)).toString('latin1');
    await writeFile(file, text.replaceAll('number/revoked', 'number/thanked'), 'latin1');
    const tampered = await bench.run(['admin', 'verify-log', '--state', restored]);
    expect(tampered.stderr).toMatch(oneLine('does not verify', 'is not what was written'));
    expect(tampered.code).toBe(1);
  }, 90_000);
});

const noMounts = lacks('unshare', '--user', '--map-root-user', '--mount', 'true');

describe('a disk that cannot be written', () => {
  it.skipIf(noMounts !== '').each([
    ['full', 'size=60k', 'the disk is full; free space'],
    ['read-only', 'ro', 'cannot be written; mount it writable'],
  ])(`%s, is named in one line${noMounts}`, async (name, options, reason) => {
    const state = at(`state-${name}`);
    const file = at(`${name}.yaml`);
    await mkdir(state);
    writeFileSync(file, place.text('state: state', `state: state-${name}`));
    const mount = `mount -t tmpfs -o ${options} none '${state}' && exec "$@"`;
    const through = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh'];
    const { code, stderr } = await bench.run(['start', file, '0'], { through, program });
    expect(stderr).toMatch(oneLine(state, reason));
    expect(code).toBe(2);
    await rm(state, { recursive: true });
  });
});

it('nothing is left of any of them', async () => {
  expect(await bench.leftovers()).toEqual([]);
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counted, startFakeAdb } from '../devices/appium/testing/fake-adb.ts';
import { freePorts } from '../devices/appium/session/ports.ts';
import type { Judgement } from '../reports/model/verdict.ts';
import { attemptIn, attemptPair } from './device-attempt.ts';
import { runMatrix } from './device-matrix.ts';

const judgement = (claim: string, scenario: string, kind: Judgement['kind']): Judgement => ({
  claim,
  scenario,
  kind,
  reason: `${kind} of ${scenario}`,
});

const run = {
  judgements: [
    judgement('5.2.e', '5.2/identifiers', 'pass'),
    judgement('2.2.a', '2.2/request', 'pass'),
    judgement('3.1.b', '3.1/secrets-not-sent', 'pass'),
    judgement('2.2.f', '3.1/secrets-not-sent', 'fail'),
  ],
};

describe('what a run on phones says', () => {
  it('is what its judges say', () => {
    expect(attemptIn(run, '5.2/identifiers', ['elsewhere']).kind).toBe('pass');
    expect(attemptIn(run, '5.2.e', ['elsewhere']).kind).toBe('pass');
    expect(attemptIn(run, '6.1.a', ['this-device'])).toEqual({
      kind: 'skipped',
      reason: 'no scenario of the run judges 6.1.a',
    });
  });

  it.each(['2.2.a', '2.2/request', '2.3.c', '2.3.2.a', '3.1.a', '5.3.a'])(
    'is unsupported for %s where a client runs elsewhere, whatever a judge saw',
    (id) => {
      expect(attemptIn(run, id, ['this-device', 'elsewhere'])).toMatchObject({
        kind: 'unsupported',
        reason: expect.stringContaining('its screen is no evidence') as string,
      });
    },
  );

  it('of a scenario for several claims counts those that the wire shows', () => {
    expect(attemptIn(run, '3.1/secrets-not-sent', ['elsewhere'])).toMatchObject({
      kind: 'fail',
    });
    expect(attemptIn(run, '2.2/request', ['this-device', 'this-device']).kind).toBe('pass');
  });
});

describe('an evaluation that is aborted', () => {
  it('is waited for until it has ended: it stops what it started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'discretio-attempt-'));
    const program = join(folder, 'slow-to-end.mjs');
    writeFileSync(
      program,
      `import { writeFileSync } from 'node:fs';
const ending = () => setTimeout(() => { writeFileSync(${JSON.stringify(join(folder, 'ended'))}, ''); process.exit(0); }, 300);
process.once('SIGTERM', ending);
writeFileSync(${JSON.stringify(join(folder, 'begun'))}, '');
setInterval(() => undefined, 1000);
`,
    );
    const abort = new AbortController();
    const attempted = attemptPair({
      program,
      pair: { caller: 'a', callee: 'b', network: 'wifi' },
      farm: 'farm.yaml',
      target: 'target.yaml',
      scenarios: ['x'],
      folder: join(folder, 'run'),
      isAuthorised: false,
      places: new Map(),
      signal: abort.signal,
    });
    await expect.poll(() => existsSync(join(folder, 'begun')), { timeout: 20_000 }).toBe(true);
    abort.abort('SIGINT');
    expect((await attempted).byScenario.get('x')).toEqual({
      kind: 'inconclusive',
      reason: 'the run was interrupted (SIGINT)',
    });
    expect(existsSync(join(folder, 'ended'))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

describe('a matrix', () => {
  const pair = { caller: 'a', callee: 'b', network: 'wifi' } as const;
  const performed = (...kinds: readonly ('pass' | 'fail' | 'unsupported')[]) => {
    const asked: (readonly string[])[] = [];
    const attempt: typeof attemptPair = async ({ scenarios }) => {
      const kind = kinds[asked.length] ?? 'pass';
      asked.push(scenarios);
      return { took: 5, byScenario: new Map(scenarios.map((id) => [id, { kind, reason: kind }])) };
    };
    return { asked, attempt };
  };
  const matrix = (attempt: typeof attemptPair, retries: number) => {
    const folder = mkdtempSync(join(tmpdir(), 'discretio-matrix-'));
    return runMatrix(
      { batches: [[pair]] },
      {
        attempt,
        retries,
        folder,
        farm: 'farm.yaml',
        target: 'target.yaml',
        scenarios: ['x'],
        isAuthorised: false,
        places: new Map(),
        signal: new AbortController().signal,
        say: () => undefined,
      },
    ).finally(() => rmSync(folder, { recursive: true }));
  };

  it('gives both phones the call’s result', async () => {
    const { attempt } = performed('pass');
    expect(
      (await matrix(attempt, 1)).map(({ device, role, outcome }) => [device, role, outcome]),
    ).toEqual([
      ['a', 'caller', 'pass'],
      ['b', 'callee', 'pass'],
    ]);
  });

  it('calls flaky what passes only when tried again', async () => {
    const { attempt, asked } = performed('fail', 'pass');
    const [cell] = await matrix(attempt, 2);
    expect(asked).toHaveLength(2);
    expect(cell).toMatchObject({ outcome: 'flaky', attempts: [{ run: 'runs/a-b-wifi-1' }, {}] });
  });

  it('tries nothing again that a target lacks', async () => {
    const { attempt, asked } = performed('unsupported');
    expect((await matrix(attempt, 3))[0]?.outcome).toBe('unsupported');
    expect(asked).toHaveLength(1);
  });
});

describe('npm run devices without a phone', () => {
  let folder = '';
  let farm = '';
  const devices = async (name: string, environment: Record<string, string>, file = farm) => {
    const out = join(folder, name);
    const words = [join(import.meta.dirname, 'devices.ts'), '--farm', file, '--out', out];
    const { REQUIRE_DEVICES: _, ...env } = process.env;
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...env, ...environment },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, stderr, out };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'discretio-no-phones-'));
    farm = join(folder, 'farm.yaml');
    const [port = 0] = await freePorts(1);
    const target = join(import.meta.dirname, '../devices/appium/farm/simulated-target.yaml');
    writeFileSync(
      farm,
      `name: absent\ntarget: ${target}\nadb: { port: ${port} }\nphones:\n  a: { serial: A1 }\n  b: { serial: B1 }\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('whose adb server lists none of them says so in one line, leaves a record and ends with 0', async () => {
    const adb = await startFakeAdb(() => `OKAY${counted('')}`);
    const listed = join(folder, 'listed.yaml');
    writeFileSync(listed, readFileSync(farm, 'utf8').replace(/port: \d+/, `port: ${adb.port}`));
    const { status, stderr, out } = await devices('skipped', {}, listed);
    await adb.close();
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^skipped: not there of the farm absent: phone a.*A1/);
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'devices.json'), 'utf8'))).toMatchObject({
      skipped: expect.any(String) as string,
      cells: [],
    });
    expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toContain('skipped="1"');
  });

  it('whose adb server does not answer does not know whether they are there, and ends with 2', async () => {
    const { status, stderr, out } = await devices('unknown', {});
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(
      /^discretio devices: not there of the farm absent: the adb server .* does not answer \(ECONNREFUSED\); start it/,
    );
    expect(status).toBe(2);
    expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toContain('skipped="1"');
  });

  it('fails where REQUIRE_DEVICES=1 asks for them', async () => {
    expect((await devices('required', { REQUIRE_DEVICES: '1' })).status).toBe(1);
  });

  it('refuses what no phone and no label is called, before anything is made', () => {
    const words = ['--farm', farm, '--only', 'nobody', '--out', join(folder, 'nobody')];
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'devices.ts'), ...words],
      { encoding: 'utf8' },
    );
    expect(stderr).toMatch(
      /^discretio devices: --only nobody: farm .* has no phone and no label of that name; there are a, b\n$/,
    );
    expect(status).toBe(64);
  });

  it('explains itself', () => {
    const words = [join(import.meta.dirname, 'devices.ts'), '--help'];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toContain('REQUIRE_DEVICES=1');
  });

  it('says why nothing is run, where only one phone of the simulated two is chosen', () => {
    const words = [join(import.meta.dirname, 'devices.ts'), '--only', 'one'];
    const { status, stderr } = spawnSync(
      process.execPath,
      [...words, '--out', join(folder, 'alone')],
      { encoding: 'utf8' },
    );
    expect(stderr).toMatch(/nobody is there to call; nothing was judged|no adb/);
    expect(status).toBe(2);
  });

  it('tells a farm file that cannot be read in one line', async () => {
    const { status, stderr } = await devices('none', {}, join(folder, 'no.yaml'));
    expect(status).toBe(64);
    expect(stderr).toMatch(
      /^discretio devices: farm .*no\.yaml: cannot be read \(ENOENT\); give the path of a farm file\n$/,
    );
  });
});

describe('npm run devices by a Node that is too old', () => {
  it('says so in one line with the way out, before anything else is loaded', () => {
    const older = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.18.0'}})`;
    const words = ['--import', older, join(import.meta.dirname, 'devices.ts'), '--help'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect(stderr).toBe(
      'discretio devices: Node 22.18.0 is too old; run ./setup, then npm run devices, which finds Node 24\n',
    );
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  });
});

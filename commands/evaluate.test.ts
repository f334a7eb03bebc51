import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile, rm, mkdir, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestSchema } from '../reports/evidence/manifest.ts';
import { runSchema, type Run } from '../reports/model/run.ts';
import { captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import { lacks, oneLine, openBench, withoutProgress, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const isRoot = process.getuid?.() === 0;
const out = () => join(bench.folder, 'run');
const evaluate = (...words: readonly string[]) => ['evaluate', '--out', out(), ...words];
const readRun = async (): Promise<Run> =>
  runSchema.parse(JSON.parse(await readFile(join(out(), 'run.json'), 'utf8')));

describe('a run', () => {
  it('says where the time goes, then the folder, the hash to keep elsewhere and the result', async () => {
    const { code, stdout, stderr } = await bench.run(evaluate('--only', '5.1.k'));
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-3)).toBe(`Run folder: ${out()}`);
    expect(lines.at(-2)).toMatch(/^SHA-256 of manifest\.json: [0-9a-f]{64}$/);
    expect(lines.at(-1)).toBe('Every selected claim holds. 1 pass. Exit code: 0');
    expect(stderr).toMatch(/^(✓ .* \d+\.\d s\n)+$/);
    expect(stderr).toMatch(/✓ total \d+\.\d s\n$/);
    expect(code).toBe(0);
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(join(out(), 'manifest.json'), 'utf8')),
    );
    expect(manifest.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['run.json', 'report.html', 'junit.xml', 'plan.json']),
    );
    expect(await bench.leftovers()).toEqual([]);
  });

  it('with --json prints one object of the public shape alone, progress on standard error', async () => {
    const { code, stdout, stderr } = await bench.run(
      evaluate('--json', '--lang', 'fr', '--only', '5.1.k', '2.1.i'),
    );
    const printed: unknown = JSON.parse(stdout);
    expect(printed).toEqual({
      tool: 'discretio',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      input: 'reference',
      verdicts: expect.any(Array),
      observations: expect.any(Array),
      exit: 0,
      run: out(),
    });
    expect(printed).toHaveProperty(
      'verdicts',
      expect.arrayContaining([
        expect.objectContaining({ claim: '5.1.k', kind: 'pass', evidence: expect.any(Array) }),
        expect.objectContaining({ claim: '2.1.i', kind: 'skipped', reason: expect.any(String) }),
      ]),
    );
    expect(stderr).toMatch(/SHA-256 de manifest\.json\u00a0: [0-9a-f]{64}\n$/);
    expect(code).toBe(0);
  });

  it("of a person's claim alone lists it as such and ends with 0", async () => {
    const { code, stdout } = await bench.run(evaluate('--only', '2.1.i'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/2\.1\.i.*\n.*only a person can judge it/);
    expect((await readRun()).plan.byPerson).toEqual(['2.1.i']);
  });

  it('of a claim that this lab cannot show is unsupported with the reason, and ends with 2', async () => {
    const { code, stdout } = await bench.run(evaluate('--only', '2.1.f'));
    expect(code).toBe(2);
    expect(stdout).toMatch(/2\.1\.f unsupported/);
    expect((await readRun()).verdicts).toMatchObject([
      { claim: '2.1.f', kind: 'unsupported', reason: expect.stringContaining('--lab netns') },
    ]);
  });
});

const noCapture = captureSupport().ok ? '' : ' (skipped: capturing is not permitted here)';
const asNobody = isRoot
  ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
  : [];
const program = join(import.meta.dirname, '../cli.ts');
const whyNoUser = (): string => {
  const [setpriv, ...words] = asNobody;
  if (setpriv === undefined) return '';
  const readable = ['test', '-r', program, '-a', '-x', process.execPath];
  if (lacks(setpriv, ...words, 'true') !== '')
    return ' (skipped: setpriv is missing or not permitted)';
  return lacks(setpriv, ...words, ...readable) === ''
    ? ''
    : ' (skipped: this checkout is closed to ordinary users)';
};
const noUser = whyNoUser();

describe('without the program unshare', () => {
  it.skipIf(!isRoot || noCapture !== '')(
    `root captures on the shared loopback interface, and the run says so${isRoot ? noCapture : ' (skipped: not root)'}`,
    async () => {
      const { code } = await bench.run(evaluate('--only', '5.1.k'), { env: { PATH: '/nowhere' } });
      expect((await readRun()).environment.capture).toBe(
        'packet socket, on the shared loopback interface: the program unshare (package util-linux) was not found',
      );
      expect(code).toBe(0);
    },
  );

  it.skipIf(noUser !== '')(
    `an ordinary user captures nothing: the wire claims are inconclusive with the reason${noUser}`,
    async () => {
      await mkdir(out());
      await chmod(out(), 0o777);
      const through = asNobody.length > 0 ? [...asNobody, 'env', 'PATH=/nowhere'] : [];
      const { code, stdout } = await bench.run(evaluate('--only', '5.1/sip-tls/suite'), {
        through,
        env: through.length > 0 ? {} : { PATH: '/nowhere' },
      });
      const run = await readRun();
      expect(run.environment.capture).toMatch(/^none: .*EPERM.*; the program unshare/);
      expect(new Set(run.activities.map(({ status }) => status))).toEqual(new Set(['done']));
      expect(run.verdicts).toMatchObject([{ claim: '5.1.b', kind: 'inconclusive' }]);
      expect(stdout).toMatch(/Reason: the wire was not captured: .*EPERM/);
      expect(code).toBe(2);
    },
  );
});

describe('output that goes nowhere', () => {
  it.each([
    [['claims'], 0],
    [['evaluate', '--only', '5.1.k', '--json'], 0],
  ] as const)('%j does not mind a reader that has gone', async (words, expected) => {
    const { child, ended } = bench.start(words);
    child.stdout?.destroy();
    const { code, stderr } = await ended;
    expect(withoutProgress(stderr).replace(/^SHA-256.*\n/, '')).toBe('');
    expect(code).toBe(expected);
  });

  const noFull = existsSync('/dev/full') ? '' : ' (skipped: no /dev/full here)';
  it.skipIf(noFull !== '')(
    `on a full disk is said in one line, and is not clean${noFull}`,
    async () => {
      const full = openSync('/dev/full', 'w');
      try {
        const { code, stderr } = await bench.run(['claims'], { stdout: full });
        expect(stderr).toMatch(oneLine('standard output could not be written (ENOSPC)', 'another'));
        expect(code).toBe(2);
      } finally {
        closeSync(full);
      }
    },
  );
});

describe('a run folder on a full disk', () => {
  const [namespace, why] = isRoot
    ? [['unshare', '--mount'], lacks('unshare', '--mount', 'true')]
    : [
        ['unshare', '--user', '--map-root-user', '--mount'],
        lacks('unshare', '--user', '--map-root-user', '--mount', 'true'),
      ];

  it.skipIf(why !== '')(
    `ends the run with one line that names the folder and the reason, and 2${why}`,
    async () => {
      const disk = join(bench.folder, 'disk');
      await mkdir(disk);
      const script = `mount -t tmpfs -o size=1m tmpfs '${disk}' && head -c 950k /dev/zero > '${disk}/old' && exec "$@"`;
      const { code, stdout, stderr } = await bench.run(
        ['evaluate', '--only', '5.1/sip-tls/suite', '--out', join(disk, 'run')],
        { through: [...namespace, 'sh', '-c', script, 'sh'] },
      );
      expect(withoutProgress(stderr)).toMatch(
        oneLine(`cannot write evidence to ${join(disk, 'run')}: the disk is full`, '--out DIR'),
      );
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(await bench.leftovers()).toEqual([]);
      await rm(disk, { recursive: true });
    },
  );
});

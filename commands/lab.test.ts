import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { usualTopology } from '../simulators/lab/topology/standard.ts';
import { oneLine, openBench, type Bench, type Running } from './testing/cli.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const file = (name: string): string => join(bench.folder, name);

describe('lab draw', () => {
  it('prints hosts and segments as text', async () => {
    const { code, stdout, stderr } = await bench.run(['lab', 'draw', '--translation', 'symmetric']);
    expect(stdout).toMatch(/^standard: 17 hosts on 9 segments\n/);
    expect(stdout).toMatch(/\n {2}alice +10\.1\.0\.2 +by router-alice\n/);
    expect(stdout).toMatch(/\n {2}router-bob +203\.0\.113\.102 +translates addresses, symmetric\n/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('prints JSON that --topology takes back, and writes a drawing', async () => {
    const first = await bench.run(['lab', 'draw', '--json', '--svg', file('lab.svg')]);
    expect(JSON.parse(first.stdout)).toEqual(usualTopology());
    expect(await readFile(file('lab.svg'), 'utf8')).toMatch(/^<svg [\s\S]*>router-alice<\/text>/);
    await writeFile(file('lab.json'), first.stdout);
    const again = await bench.run(['lab', 'draw', '--json', '--topology', file('lab.json')]);
    expect({ ...again, stdout: JSON.parse(again.stdout) }).toEqual({
      code: 0,
      stdout: usualTopology(),
      stderr: '',
    });
  });

  it.each<[string, () => readonly string[], readonly string[]]>([
    [
      'a file that is not there',
      () => ['--topology', file('none')],
      ['none', 'ENOENT', 'lab draw --json prints one'],
    ],
    [
      'a topology chosen twice',
      () => ['--topology', file('x'), '--family', 'ipv6'],
      ['--family', '--topology', 'discretio lab draw --help'],
    ],
    ['an unknown option', () => ['--colour'], ['--colour', 'discretio lab draw --help']],
    [
      'a place where nothing can be written',
      () => ['--svg', '/nowhere/x.svg'],
      ['--svg /nowhere/x.svg'],
    ],
  ])('refuses %s in one line, and ends with 64', async (_, words, parts) => {
    const { code, stdout, stderr } = await bench.run(['lab', 'draw', ...words()]);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

/** What the lab says on its standard output once it is up. */
const upText = async ({ child }: Running): Promise<string> => {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('Ctrl-C ends the lab.')) return text;
  }
  throw new Error(`the lab ended: ${text}`);
};

/** The words that the lab gives for entering a host. */
const wordsFor = (host: string, text: string): readonly string[] =>
  (new RegExp(`^ {2}${host} +(nsenter .*)$`, 'm').exec(text)?.[1] ?? 'false').split(' ');

describe.skipIf(problem !== null)(`lab up${why}`, () => {
  it('is up in under a second or says how long it took, can be entered, and leaves nothing after SIGINT', async () => {
    const running = bench.start(['lab', 'up']);
    const text = await upText(running);
    expect(text).toMatch(/\nUp in \d+ ms\. To enter a host, from another terminal:\n/);
    const [command = '', ...rest] = wordsFor('alice', text);
    const inside = (...words: readonly string[]) =>
      spawnSync(command, [...rest, ...words], { encoding: 'utf8' }).stdout;
    expect(inside('ip', '-oneline', 'address', 'show', 'dev', 'eth0')).toContain('10.1.0.2/24');
    expect(inside('getent', 'hosts', 'appliance.example')).toMatch(/^203\.0\.113\.10 /);
    expect(inside('sh', '-c', 'echo $$')).toMatch(/^\d{1,4}\n$/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await bench.leftovers()).toEqual([]);
  });

  it('ends what was left open in a host', async () => {
    const running = bench.start(['lab', 'up']);
    const [command = '', ...rest] = wordsFor('bob', await upText(running));
    const shell = bench.start([], {
      through: [command, ...rest, 'sh', '-c', 'echo in >&2; exec sleep 600'],
    });
    await shell.says('in\n');
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    expect((await shell.ended).code).not.toBe(0);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('knows nothing of another lab that is up', async () => {
    const labs = [bench.start(['lab', 'up']), bench.start(['lab', 'up', '--family', 'ipv6'])];
    const [first = '', second = ''] = await Promise.all(labs.map(upText));
    expect(first).toContain('203.0.113.10');
    expect(second).toContain('2001:db8::10');
    for (const { child } of labs) child.kill('SIGINT');
    const ends = await Promise.all(labs.map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await bench.leftovers()).toEqual([]);
  });
});

/** A folder with these programs alone, each a link or, where a text is given, a script. */
const pathOf = async (programs: Readonly<Record<string, string | null>>): Promise<string> => {
  const folder = file('path');
  await mkdir(folder);
  for (const [name, script] of Object.entries(programs)) {
    if (script !== null) {
      await writeFile(join(folder, name), script);
      await chmod(join(folder, name), 0o755);
      continue;
    }
    const places = (process.env['PATH'] ?? '').split(':').map((place) => join(place, name));
    await symlink(places.find((place) => existsSync(place)) ?? '', join(folder, name));
  }
  return folder;
};

/** The tools are sought in /usr/sbin too. */
const isMerged = ['ip', 'tc', 'nft', 'nsenter', 'mount'].every((tool) =>
  existsSync(join('/usr/sbin', tool)),
);

const forbidden =
  '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n';

describe('where no lab of hosts can be had', () => {
  it.each([
    ['evaluate', ['evaluate', '--lab', 'netns', '--only', '5.1.k'], '--lab loopback'],
    ['lab up', ['lab', 'up'], '--lab loopback'],
  ] as const)(
    '%s says what forbids it, and what loopback can still do, and ends with 2',
    async (_, words, wayOut) => {
      const PATH = await pathOf({ unshare: forbidden });
      const { code, stdout, stderr } = await bench.run(words, { env: { PATH } });
      expect(stderr).toMatch(oneLine('forbids', 'Operation not permitted', wayOut));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(await readdir(bench.folder)).toEqual(['path']);
    },
  );

  it('names a missing program with its package', async () => {
    const without = await bench.run(['lab', 'up'], { env: { PATH: '/nowhere' } });
    expect(without.stderr).toMatch(oneLine('unshare (package util-linux)', '--lab loopback'));
    expect(without.code).toBe(2);
  });

  it.skipIf(problem !== null || isMerged)(
    `names a missing tool of the lab with its package${isMerged ? ' (skipped: /usr/sbin has them all)' : why}`,
    async () => {
      const PATH = await pathOf({ unshare: null, true: null });
      const { code, stderr } = await bench.run(['lab', 'up'], { env: { PATH } });
      expect(stderr).toMatch(oneLine('the program ', ' (package ', './setup', '--lab loopback'));
      expect(code).toBe(2);
    },
  );
});

describe('a topology of one’s own', () => {
  const change = async (alter: (topology: ReturnType<typeof usualTopology>) => unknown) => {
    const path = file('topology.json');
    await writeFile(path, JSON.stringify(alter(usualTopology())));
    return path;
  };

  it.skipIf(problem !== null)(
    `that cannot be built is refused before a run folder is made${why}`,
    async () => {
      const path = await change(({ testbed, ...rest }) => ({
        ...rest,
        testbed: { ...testbed, segment: 'moon' },
      }));
      const words = ['evaluate', '--lab', 'netns', '--topology', path, '--out', file('run')];
      const { code, stderr } = await bench.run(words);
      expect(stderr.replace(/^✓.*\n/gm, '')).toMatch(
        oneLine('--topology', path, 'there is no segment moon'),
      );
      expect(code).toBe(64);
      expect(await readdir(bench.folder)).toEqual(['topology.json']);
    },
  );

  it.skipIf(problem !== null)(
    `that is not there is named with the way to one, before a run folder is made${why}`,
    async () => {
      const words = [
        'evaluate',
        '--lab',
        'netns',
        '--topology',
        file('none'),
        '--out',
        file('run'),
      ];
      const { code, stderr } = await bench.run(words);
      expect(stderr.replace(/^✓.*\n/gm, '')).toMatch(
        oneLine('--topology', 'none cannot be read (ENOENT)', 'lab draw --json prints one'),
      );
      expect(code).toBe(64);
      expect(await readdir(bench.folder)).toEqual([]);
    },
  );

  it.skipIf(problem !== null)(
    `with a delay is refused: nothing here would delay${why}`,
    async () => {
      const path = await change(({ hosts, ...rest }) => ({
        ...rest,
        hosts: hosts.map((host) =>
          host.name === 'alice'
            ? {
                ...host,
                attachments: host.attachments.map((each) => ({
                  ...each,
                  link: { up: { delay: 40 } },
                })),
              }
            : host,
        ),
      }));
      const { code, stderr } = await bench.run(['lab', 'up', '--topology', path]);
      expect(stderr).toMatch(
        oneLine(path, 'hosts.alice.attachments.access-alice.link.up.delay', 'rate of a link only'),
      );
      expect(code).toBe(64);
    },
  );

  it('is not for the loopback lab', async () => {
    const { code, stderr } = await bench.run(['evaluate', '--topology', 'x.json']);
    expect(stderr).toMatch(oneLine('--topology', 'loopback lab has but one host', '--lab netns'));
    expect(code).toBe(64);
  });
});

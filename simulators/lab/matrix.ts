import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespaceProblem } from './own-namespace.ts';
import { startProgram } from './testing/program.ts';
import { standardPhones, standardTopology, type StandardOptions } from './topology/standard.ts';

/**
 * `node simulators/lab/matrix.ts [CLAIM…]`: the main job in the loopback lab, then in the netns lab with every translation,
 * both families, as root and as an ordinary user; a line each. Ends with 1 when any verdict differs from loopback's, with 2
 * where there can be no lab.
 */

interface Combination {
  readonly translation: StandardOptions['translation'];
  readonly family: StandardOptions['family'];
  /** Words that make an ordinary user of root; none where this process runs as the user. */
  readonly through: readonly string[];
  readonly user: string;
}

/** Verdicts by claim, and seconds. */
interface Evaluated {
  readonly verdicts: ReadonlyMap<string, string>;
  readonly reasons: ReadonlyMap<string, string>;
  readonly took: number;
  readonly said: string;
}

const claims = process.argv.slice(2);
const only = claims.length === 0 ? [] : ['--only', ...claims];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const root = await mkdtemp(join(tmpdir(), 'lab-matrix-'));
const temporary = join(root, 'tmp');
await mkdir(temporary);
for (const folder of [root, temporary]) await chmod(folder, 0o777);

let runs = 0;
const evaluate = async (
  words: readonly string[],
  through: readonly string[],
): Promise<Evaluated> => {
  const before = performance.now();
  const out = join(root, `run-${(runs += 1)}`);
  const running = startProgram(['evaluate', '--json', '--out', out, ...only, ...words], {
    mark: randomUUID(),
    temporary,
    through,
  });
  const { stdout, stderr } = await running.ended;
  const took = (performance.now() - before) / 1000;
  if (stdout === '') return { verdicts: new Map(), reasons: new Map(), took, said: stderr };
  const { verdicts } = JSON.parse(stdout) as {
    readonly verdicts: readonly {
      readonly claim: string;
      readonly kind: string;
      readonly reason?: string;
    }[];
  };
  return {
    verdicts: new Map(verdicts.map(({ claim, kind }) => [claim, kind])),
    reasons: new Map(verdicts.map(({ claim, reason = '' }) => [claim, reason])),
    took,
    said: stderr,
  };
};

const counts = (verdicts: ReadonlyMap<string, string>): string =>
  [...Map.groupBy(verdicts.values(), (kind) => kind)]
    .map(([kind, all]) => `${all.length} ${kind}`)
    .toSorted()
    .join(', ');

const differing = (
  expected: ReadonlyMap<string, string>,
  { verdicts: found, reasons }: Evaluated,
): readonly string[] =>
  [...new Set([...expected.keys(), ...found.keys()])]
    .filter((claim) => expected.get(claim) !== found.get(claim))
    .map(
      (claim) =>
        `${claim} ${found.get(claim) ?? 'none'} not ${expected.get(claim) ?? 'none'} (${reasons.get(claim) ?? ''})`,
    );

const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

const users = (): readonly Pick<Combination, 'through' | 'user'>[] => {
  if (process.getuid?.() !== 0) return [{ through: [], user: 'user' }];
  const [command = '', ...rest] = nobody;
  const able = spawnSync(command, [...rest, 'test', '-r', import.meta.filename]).status === 0;
  if (!able) say('as an ordinary user: left out, setpriv or this folder is closed to him');
  const asRoot = { through: [], user: 'root' };
  return able ? [asRoot, { through: nobody, user: 'ordinary user' }] : [asRoot];
};

// IPv6 networks are routed, not translated.
const networks = [
  { family: 'ipv4', translation: 'none' },
  { family: 'ipv4', translation: 'port-restricted' },
  { family: 'ipv4', translation: 'symmetric' },
  { family: 'ipv6', translation: 'none' },
] as const;

const compare = async (): Promise<number> => {
  const loopback = await evaluate([], []);
  say(
    `loopback: ${counts(loopback.verdicts) || loopback.said.trim()}, ${loopback.took.toFixed(1)} s`,
  );
  if (loopback.verdicts.size === 0) return 1;
  let bad = 0;
  for (const { through, user } of users())
    for (const { family, translation } of networks) {
      const file = join(root, `${family}-${translation}.json`);
      const topology = standardTopology({ phones: standardPhones, translation, family });
      await writeFile(file, JSON.stringify(topology));
      const found = await evaluate(['--lab', 'netns', '--topology', file], through);
      const others = differing(loopback.verdicts, found);
      if (others.length > 0) bad += 1;
      const problems = found.said.split('\n').filter((line) => /^(✗|discretio:)/.test(line));
      const ending = others.length === 0 ? '' : `: ${[...others, ...problems].join('; ')}`;
      say(
        `netns ${family} ${translation} ${user}: ${counts(found.verdicts)}, ${found.took.toFixed(1)} s${ending}`,
      );
    }
  return bad === 0 ? 0 : 1;
};

const problem = namespaceProblem('lab');
try {
  if (problem !== null) process.stderr.write(`matrix: ${problem}\n`);
  process.exitCode = problem === null ? await compare() : 2;
} finally {
  await rm(root, { recursive: true, force: true });
}

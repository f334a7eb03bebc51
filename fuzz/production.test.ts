import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

const { dependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** What is imported before anything runs; what is asked for while it runs may be missing. */
const statements = /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^']+)'/gm;

/** Every package that loading these files needs, each with a file that imports it. */
const packagesOf = (first: readonly string[]): ReadonlyMap<string, string> => {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const waiting = [...first];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(statements)) {
      if (name.startsWith('.')) waiting.push(resolve(dirname(file), name));
      else if (!isBuiltin(name))
        packages.set(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name, relative(root, file));
    }
  }
  return packages;
};

const entries = [
  'catalogue.ts',
  'harness/campaign.ts',
  'services/worker.ts',
  'live/campaign.ts',
].map((name) => join(import.meta.dirname, name));

/** Loads as if no development package were there. */
const hooks = `
  import { registerHooks } from 'node:module';
  const left = ${JSON.stringify(Object.keys(devDependencies))};
  registerHooks({ resolve: (name, context, next) => {
    if (!left.some((each) => name === each || name.startsWith(each + '/'))) return next(name, context);
    const code = context.conditions.includes('import') ? 'ERR_MODULE_NOT_FOUND' : 'MODULE_NOT_FOUND';
    throw Object.assign(new Error(name), { code });
  } });`;

const discretio = (words: readonly string[]) =>
  promisify(execFile)(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(hooks)}`,
      join(root, 'cli.ts'),
      ...words,
      '--out',
      join(tmpdir(), 'fuzz-without-development-packages'),
    ],
    { cwd: root },
  );

describe('discretio fuzz without development packages', () => {
  it('needs nothing that npm ci --omit=dev leaves out', () => {
    expect(entries.every((file) => existsSync(file))).toBe(true);
    const packages = packagesOf(entries);
    expect(packages.has('fast-check')).toBe(true);
    expect(packages.has('fastify')).toBe(true);
    expect([...packages].filter(([name]) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });

  it(
    'runs, and says in the line of a target what it went without',
    { timeout: 120_000 },
    async () => {
      const { stdout: listed } = await discretio(['fuzz', '--list']);
      expect(listed).toContain('csl-headers');
      const { stdout } = await discretio(['fuzz', 'sip-message', '--runs', '5', '--seed', '1']);
      expect(stdout).toMatch(/^sip-message .*: no failure; without sip\.js: not installed$/m);
      const plain = await discretio(['fuzz', 'csl-info', '--runs', '5', '--seed', '1']);
      expect(plain.stdout).toMatch(/^csl-info .*: no failure$/m);
    },
  );
});

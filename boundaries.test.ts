import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const root = import.meta.dirname;

/** What a place may import, by path prefix; the longest matching place decides. Test files may import anything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'cli.ts': ['commands/'],
  'commands/': [
    'commands/',
    'fuzz/',
    'scenarios/',
    'devices/',
    'simulators/',
    'reports/',
    'reference/core/',
    'reference/appliance/authorities/',
    'reference/client/audio/',
    'package.json',
  ],
  'docs/': ['docs/', 'devices/'],
  'bench/': ['bench/', 'fuzz/', 'scenarios/', 'simulators/', 'devices/', 'reference/'],
  'fuzz/': ['fuzz/', 'scenarios/', 'simulators/', 'devices/', 'reference/'],
  'reference/core/': ['reference/core/'],
  'reference/': ['reference/'],
  'scenarios/': [
    'scenarios/',
    'devices/contract.ts',
    'simulators/',
    'reports/model/',
    'reports/evidence/',
    'reference/core/',
  ],
  'scenarios/claims/': ['scenarios/claims/', 'reports/model/'],
  'scenarios/wire/': ['scenarios/wire/', 'reports/model/', 'reference/core/'],
  'simulators/': ['simulators/', 'reference/core/'],
  'simulators/mutants/': ['simulators/', 'devices/', 'reference/'],
  'simulators/fleet/': ['simulators/', 'reference/'],
  'simulators/android/': ['simulators/', 'reference/'],
  'docs/examples/': ['scenarios/'],
  'devices/': ['devices/', 'simulators/', 'reference/'],
  'reports/': ['reports/', 'reference/core/result.ts'],
  'reports/model/': ['reports/model/'],
};

/** Exceptions inside an allowed place: these importers never import those. */
const forbidden: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'simulators/attackers/', to: 'reference/core/csl/' },
  { from: 'simulators/peers/', to: 'reference/core/csl/' },
  { from: 'simulators/peers/', to: 'reference/core/sip/' },
  { from: 'scenarios/', to: 'simulators/mutants/' },
];

const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || file.endsWith('.config.ts') || /\/(testing|fixtures)\//.test(file);

const sources = globSync('**/*.ts', {
  cwd: root,
  exclude: ['node_modules', 'dist', 'runs'],
}).filter(
  (file) =>
    !isTest(file) && (file.includes('/') || file === 'cli.ts') && !file.startsWith('node_modules/'),
);

/** Every module specifier of a file: static, re-exported, type-only and dynamic. */
const importsOf = (file: string): readonly string[] => {
  const text = readFileSync(join(root, file), 'utf8');
  const { module, errors } = parseSync(file, text);
  expect(errors, `${file} parses`).toEqual([]);
  const found = module.staticImports.map((entry) => entry.moduleRequest.value);
  for (const exported of module.staticExports)
    for (const entry of exported.entries)
      if (entry.moduleRequest) found.push(entry.moduleRequest.value);
  for (const entry of module.dynamicImports)
    found.push(
      text.slice(entry.moduleRequest.start, entry.moduleRequest.end).replace(/^['"]|['"]$/g, ''),
    );
  for (const [, specifier] of text.matchAll(/import\(\s*'([^']+)'\s*\)/g))
    if (specifier) found.push(specifier);
  return found;
};

const placeOf = (file: string): readonly string[] => {
  const place = Object.keys(allowed)
    .filter((prefix) => file.startsWith(prefix))
    .toSorted((left, right) => right.length - left.length)[0];
  expect(place, `${file} is in no place of boundaries.test.ts`).toBeDefined();
  return allowed[place ?? ''] ?? [];
};

/** Imports of a file that the house's rules do not allow. */
const violationsOf = (file: string): readonly string[] => {
  const places = placeOf(file);
  const pure = file.startsWith('reference/core/') && !file.startsWith('reference/core/primitives/');
  return importsOf(file).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      return pure && specifier.startsWith('node:') ? [`${file} imports ${specifier}`] : [];
    }
    const target = relative(root, join(root, dirname(file), specifier));
    const permitted =
      places.some((prefix) => target.startsWith(prefix)) &&
      !forbidden.some(({ from, to }) => file.startsWith(from) && target.startsWith(to));
    return permitted ? [] : [`${file} imports ${target}`];
  });
};

describe('the import rules of ARCHITECTURE.md', () => {
  it('sees the sources', () => {
    expect(sources).toEqual(expect.arrayContaining(['reference/core/bytes.ts', 'cli.ts']));
    expect(importsOf('reference/core/bytes.ts')).toEqual(['./result.ts']);
  });

  it('hold in every source file', () => {
    expect(sources.flatMap(violationsOf)).toEqual([]);
  });

  it('let primitives use node:crypto only, and nothing random from it', () => {
    const primitives = sources.filter((file) => file.startsWith('reference/core/primitives/'));
    for (const file of primitives) {
      const nodeModules = importsOf(file).filter((specifier) => specifier.startsWith('node:'));
      expect(nodeModules.filter((specifier) => specifier !== 'node:crypto')).toEqual([]);
      expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/random|generateKey/i);
    }
  });

  it('keep clocks, timers and randomness out of the core', () => {
    const impure =
      /\b(Date\.now|new Date\(\)|performance\.now|setTimeout|setInterval|Math\.random|getRandomValues|randomBytes|randomUUID)\b/;
    const core = sources.filter((file) => file.startsWith('reference/core/'));
    expect(core.filter((file) => impure.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});

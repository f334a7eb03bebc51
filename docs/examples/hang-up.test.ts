import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBench, type Bench } from '../../commands/testing/cli.ts';
import { utf8 } from '../../reference/core/bytes.ts';
import { judgeScenario, type Evidence } from '../../scenarios/campaign/scenario.ts';
import { withBytes } from '../../scenarios/testing/altered.ts';
import { scenarios } from './hang-up.ts';

const file = 'docs/examples/hang-up.ts';
const root = join(import.meta.dirname, '../..');

const nothing: Evidence = {
  outcome: (id) => ({ id, status: 'done', took: 0 }),
  wire: () => ({ kind: 'missing', reason: 'no capture' }),
  json: () => null,
  bytes: () => null,
  text: () => null,
};

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('the example of docs/writing-a-scenario.md', () => {
  it('is the file, and short', async () => {
    const text = await readFile(join(root, file), 'utf8');
    const page = await readFile(join(root, 'docs/writing-a-scenario.md'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${text}\`\`\``);
    expect(text.trimEnd().split('\n').length).toBeLessThan(40);
  });

  it('runs, and is judged again from the folder', { timeout: 120_000 }, async () => {
    const out = join(bench.folder, 'run');
    const words = [
      'evaluate',
      '--scenarios',
      join(root, file),
      '--only',
      '6.2.a',
      '--json',
      '--out',
      out,
    ];
    const first = await bench.run(words);
    // 2 where nothing may be captured: what the tool's own scenario of that claim needs.
    expect([0, 2], first.stderr).toContain(first.code);
    const judged = async () => {
      const text = await readFile(join(out, 'run.json'), 'utf8');
      const { judgements }: { judgements: { scenario: string; kind: string }[] } = JSON.parse(text);
      return { text, own: judgements.find(({ scenario }) => scenario === scenarios[0]?.id)?.kind };
    };
    const { text, own } = await judged();
    expect(own).toBe('pass');
    await bench.run(['judge', out]);
    expect((await judged()).text).toBe(text);
  });

  it.each([
    ['fail', { endedBy: 'csl/tag' }, 'the call ended otherwise'],
    ['inconclusive', null, 'what alice saw is not among the evidence'],
  ])('says %s where it must', (kind, report, reason) => {
    const bytes = report && utf8(JSON.stringify(report));
    const evidence = withBytes('callee-hangs-up', 'alice.json', bytes)(nothing);
    for (const scenario of scenarios)
      expect(judgeScenario(scenario, evidence)).toMatchObject([{ kind, reason }]);
  });
});

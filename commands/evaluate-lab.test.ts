import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runSchema } from '../reports/model/run.ts';
import { activitiesSchema, readEvidence } from '../scenarios/campaign/evidence-on-disk.ts';
import type { Evidence } from '../scenarios/campaign/scenario.ts';
import { accessCases } from '../scenarios/conformity/testing/access-cases.ts';
import { repertoire } from '../scenarios/repertoire.ts';
import { describeJudges } from '../scenarios/testing/judge-cases.ts';
import type { WireFacts } from '../scenarios/wire/facts-model.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { standardPhones, standardTopology } from '../simulators/lab/topology/standard.ts';
import { oneLine, openBench, withoutProgress } from './testing/cli.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

/** Milliseconds; an evaluation takes some seconds, more on a busy machine. */
const limit = 120_000;

const bench = await openBench();
afterAll(() => bench.close());

const claims = ['2.2.d', '2.2.g', '5.1.g'];
/** One scenario of each, all of them of the call alone. */
const scenarios = ['2.2/through-relay', '2.2/never-direct', '5.1/audio/tag'];

const evaluate = async (name: string, ...words: readonly string[]) => {
  const out = join(bench.folder, name);
  const ended = await bench.run(['evaluate', '--lab', 'netns', '--out', out, ...words]);
  return { ...ended, out };
};

const evidenceOf = async (out: string): Promise<Evidence> =>
  readEvidence(
    out,
    activitiesSchema.parse(JSON.parse(await readFile(join(out, 'activities.json'), 'utf8'))),
  );

const verdictsOf = async (out: string): Promise<readonly string[]> =>
  runSchema
    .parse(JSON.parse(await readFile(join(out, 'run.json'), 'utf8')))
    .verdicts.map(({ claim, kind, reason }) => `${claim} ${kind} ${reason ?? ''}`.trim());

/** The whole captured wire of the call on a segment. */
const factsOn = (evidence: Evidence, segment?: string): WireFacts => {
  const wire = evidence.wire('call', segment);
  if (wire.kind === 'missing') throw new Error(wire.reason);
  return wire.facts;
};

/** Pairs of hosts that exchanged audio, each pair once. */
const audioPairs = ({ udpFlows }: WireFacts): readonly string[] => [
  ...new Set(
    udpFlows
      .filter(({ protocol }) => protocol === 'rtp')
      .map(({ source, destination }) => [source.host, destination.host].toSorted().join(' ')),
  ),
];

const real = problem === null ? await evaluate('run', '--only', ...scenarios) : null;
const evidence = real === null ? null : await evidenceOf(real.out);

describe.skipIf(evidence === null)(`evaluate --lab netns${why}`, () => {
  const seen = (segment?: string): WireFacts => {
    if (evidence === null) throw new Error('skipped');
    return factsOn(evidence, segment);
  };

  it('judges as the loopback lab does, says when the lab was up, and leaves nothing', async () => {
    expect(await verdictsOf(real?.out ?? '')).toEqual(claims.map((claim) => `${claim} pass`));
    expect(real?.stderr).toMatch(/^✓ the lab standard of 17 hosts is up \d+\.\d s$/m);
    expect(real?.code).toBe(0);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('shows both legs of the relay, each phone at its own address, in the main capture', () => {
    expect(audioPairs(seen()).toSorted()).toEqual([
      '10.1.0.2 203.0.113.10',
      '10.2.0.2 203.0.113.10',
    ]);
    const clients = new Set(seen().tlsSessions.map(({ client }) => client.host));
    expect([...clients].toSorted()).toEqual(['10.1.0.2', '10.2.0.2']);
  });

  it.each([
    ['alice', '10.1.0.2'],
    ['bob', '10.2.0.2'],
  ])('shows %s with the appliance alone on its own segment', (phone, address) => {
    const { udpFlows, tlsSessions } = seen(`access-${phone}`);
    const pairs = [
      ...udpFlows.map(({ source, destination }) => [source.host, destination.host]),
      ...tlsSessions.map(({ client, server }) => [client.host, server.host]),
    ].map((pair) => pair.toSorted().join(' '));
    expect([...new Set(pairs)]).toEqual([`${address} 203.0.113.10`]);
  });

  it('shows nothing of a call on segments of others', () => {
    for (const segment of ['access-carol', 'access-dave', 'administration']) {
      const { udpFlows, tlsSessions } = seen(segment);
      expect({ udpFlows, tlsSessions }).toEqual({ udpFlows: [], tlsSessions: [] });
    }
  });
});

if (evidence !== null)
  describe('what the phones’ own segments show', () => {
    const scenarios = repertoire.scenarios.filter(({ id }) => id === '2.2/never-direct');
    describeJudges(evidence, scenarios, accessCases);
  });

describe.skipIf(problem !== null)(`phones behind symmetric translation${why}`, () => {
  it(
    'call each other with the same verdicts, seen from outside at their routers’ addresses',
    async () => {
      const topology = join(bench.folder, 'symmetric.json');
      const options = { phones: standardPhones, translation: 'symmetric', family: 'ipv4' } as const;
      await writeFile(topology, JSON.stringify(standardTopology(options)));
      const { out, code } = await evaluate('nat', '--topology', topology, '--only', ...scenarios);
      expect(await verdictsOf(out)).toEqual(claims.map((claim) => `${claim} pass`));
      expect(code).toBe(0);
      const translated = await evidenceOf(out);
      expect(audioPairs(factsOn(translated)).toSorted()).toEqual([
        '203.0.113.10 203.0.113.101',
        '203.0.113.10 203.0.113.102',
      ]);
      expect(audioPairs(factsOn(translated, 'access-alice'))).toEqual(['10.1.0.2 203.0.113.10']);
      expect(await bench.leftovers()).toEqual([]);
    },
    limit,
  );
});

describe.skipIf(problem !== null)(`a run on hosts whose terminal hangs up${why}`, () => {
  it(
    'keeps its evidence and a report, ends with 2, and leaves nothing',
    async () => {
      const out = join(bench.folder, 'interrupted');
      const target = join(import.meta.dirname, 'testing/waiting-target.ts');
      const words = [
        'evaluate',
        '--lab',
        'netns',
        '--only',
        '5.1/sip-tls/suite',
        '--target',
        target,
        '--out',
        out,
      ];
      const running = bench.start(words);
      await running.says('waiting for ever');
      process.kill(-(running.child.pid ?? Number.NaN), 'SIGHUP');
      const { code, stderr } = await running.ended;
      expect(withoutProgress(stderr)).toMatch(
        oneLine('the run was interrupted (SIGHUP)', 'evidence kept so far', out),
      );
      expect(code).toBe(2);
      expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('SIGHUP');
      expect(await bench.leftovers()).toEqual([]);
    },
    limit,
  );
});

import { describe, expect, it } from 'vitest';
import { renderJson } from './json.ts';
import { progressLine, summaryLines } from './terminal.ts';
import { poisonRun } from './testing/hostile.ts';
import { sampleRun } from './testing/sample-run.ts';

const escape = '\u001b';

describe('progress', () => {
  it.each([
    [{ id: 'call', status: 'done', took: 2310 }, '✓ call 2.3 s'],
    [
      { id: 'revoke', status: 'failed', reason: 'no\nanswer', took: 30_012 },
      '✗ revoke 30.0 s failed: no answer',
    ],
    [{ id: 'audio', status: 'unsupported', took: 0 }, '– audio 0.0 s unsupported'],
    [{ id: 'call', status: 'interrupted', took: 90 }, '! call 0.1 s interrupted'],
  ] as const)('on %j is one line', (activity, line) => {
    expect(progressLine(activity.id, activity)).toBe(line);
  });

  it('on an activity without outcome is none', () => {
    expect(progressLine('call', null)).toBeNull();
  });

  it('speaks French when told so', () => {
    const line = progressLine(
      'appel',
      { id: 'call', status: 'failed', reason: 'délai', took: 1 },
      { colour: false, language: 'fr' },
    );
    expect(line).toBe('✗ appel 0.0 s échouée\u00a0: délai');
  });
});

describe('the summary', () => {
  const lines = summaryLines(sampleRun, { colour: false });

  it('ends with the failures, each with reason and replay command, and one line of counts', () => {
    const heads = lines.filter((line) => /^[!–?✗] /.test(line)).map((line) => line.split('  ')[0]);
    expect(heads).toEqual([
      '! 5.1.c warning',
      '– 5.3.b skipped',
      '– 5.1.h unsupported',
      '? 2.1.h inconclusive',
      '✗ 4.d fail',
      '✗ 5.1.k fail',
    ]);
    expect(lines.slice(-5)).toEqual([
      '    Reason: the SIP port agreed to another suite',
      '    Expected: handshake_failure for each of 214 suites offered alone',
      '    Observed: ServerHello with DHE-RSA-AES128-GCM-SHA256 (0x009E)',
      '    Run it again: npx discretio evaluate --only 5.1.k --seed 20261123 --lab netns',
      'At least one claim fails. 6 pass, 1 warning, 1 skipped, 1 unsupported, 1 inconclusive, 2 fail. Exit code: 1',
    ]);
  });

  it('tells a reason that several claims share once', () => {
    const verdicts = ['5.1.a', '5.1.b', '5.1.c'].map((claim) => ({
      claim,
      kind: 'inconclusive' as const,
      reason: 'the wire was not captured',
    }));
    const plan = { ...sampleRun.plan, selected: ['5.1.a', '5.1.b', '5.1.c'] };
    const shared = summaryLines({ ...sampleRun, plan, verdicts }, { colour: false });
    expect(shared).toContain('? 3 inconclusive  5.1.a 5.1.b 5.1.c');
    expect(shared.filter((line) => line.includes('the wire was not captured'))).toHaveLength(1);
  });

  it('says why a run is incomplete', () => {
    const cut = summaryLines(
      { ...sampleRun, status: 'incomplete', ended: 'SIGINT', exit: 2 },
      { colour: false },
    );
    expect(cut.at(-1)).toMatch(/^Not conclusive\. The run is incomplete \(SIGINT\)\. /);
  });

  it('names the claims that wait for a person', () => {
    expect(lines[0]).toBe('For a person to judge: 2.1.i, 6.1.e');
  });

  it('names what was seen that is no verdict, and nothing where a run saw or sought nothing', () => {
    expect(lines).toContain('Seen on this target: T5/reused-value');
    const { seen: _seen, ...old } = sampleRun;
    for (const run of [old, { ...sampleRun, seen: [] }])
      expect(summaryLines(run, { colour: false }).join()).not.toContain('Seen on this target');
  });

  it('names the run folder before the last line', () => {
    const named = summaryLines(sampleRun, { colour: false, folder: 'runs/one' });
    expect(named.slice(-2)).toEqual(['Run folder: runs/one', lines.at(-1)]);
  });

  it('is coloured only when told so', () => {
    expect(lines.join('')).not.toContain(escape);
    expect(summaryLines(sampleRun, { colour: true }).join('')).toContain(`${escape}[31m`);
  });

  it('lets no text from the evidence steer the terminal or break a line', () => {
    const hostile = summaryLines(poisonRun(sampleRun, `${escape}[2J\n\u009b1m`), { colour: false });
    expect(hostile.join('\n')).not.toMatch(/[^\n\P{Cc}]/u);
    expect(hostile).toHaveLength(lines.length);
  });
});

describe('the public object', () => {
  it('has exactly the fields of the design', () => {
    const json = renderJson(sampleRun, 'runs/one');
    expect(Object.keys(json)).toEqual([
      'tool',
      'version',
      'input',
      'verdicts',
      'observations',
      'exit',
      'run',
    ]);
    expect(json).toMatchObject({ input: 'reference', exit: 1, run: 'runs/one' });
    expect(json.verdicts).toEqual(sampleRun.verdicts);
  });

  it('has what was seen on this target, with its evidence, before the standing observations', () => {
    const [seen, ...standing] = renderJson(sampleRun, 'runs/one').observations;
    expect(seen).toEqual(sampleRun.seen?.[0]);
    expect(standing).toEqual(sampleRun.observations.map(({ id, text }) => ({ id, text })));
    const { seen: _seen, ...old } = sampleRun;
    expect(renderJson(old, 'runs/one').observations).toEqual(standing);
  });

  it('has a verdict on every selected claim, also of an interrupted run', () => {
    const json = renderJson({ ...sampleRun, verdicts: [] }, 'runs/one');
    expect(json.verdicts.map((verdict) => [verdict.claim, verdict.kind])).toEqual(
      sampleRun.plan.selected.map((claim) => [claim, 'inconclusive']),
    );
  });
});

import { fc, test } from '@fast-check/vitest';
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { renderJunit } from './junit.ts';
import { hostileText, poisonRun } from './testing/hostile.ts';
import { sampleRun } from './testing/sample-run.ts';

/** A small check of well-formedness (XML 1.0): tags nest, attributes are quoted, references are known, characters are legal. */
const malformation = (xml: string): string | null => {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(xml)) return 'character';
  const open: string[] = [];
  const body = xml.replace(/^<\?xml [^?]*\?>/, '');
  const tag = /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/g;
  if (/[<>]|&(?!(amp|lt|gt|quot|#39);)/.test(body.replace(tag, ''))) return 'text';
  for (const [, end, name = '', attributes = '', empty] of body.matchAll(tag)) {
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(attributes)) return `attributes of ${name}`;
    if (end && open.pop() !== name) return `end of ${name}`;
    if (!end && !empty) open.push(name);
  }
  return open.length > 0 ? `${open.join()} is open` : null;
};

const xml = renderJunit(sampleRun);
const caseOf = (text: string, claim: string): string =>
  new RegExp(`<testcase [^>]*name="${claim} .*?</testcase>`, 's').exec(text)?.[0] ?? '';

describe('JUnit', () => {
  it('is well-formed, also with hostile texts', () => {
    expect(malformation(xml)).toBeNull();
    expect(malformation(renderJunit(poisonRun(sampleRun, hostileText)))).toBeNull();
    expect(malformation('<a><b></a>')).toBe('end of a');
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 30 })], { numRuns: 60 })(
    'is well-formed whatever characters the evidence holds',
    (text) => {
      expect(malformation(renderJunit(poisonRun(sampleRun, text)))).toBeNull();
    },
  );

  const parser = spawnSync('python3', ['-c', 'import xml.dom.minidom']).status === 0;
  it.skipIf(!parser)(
    `is read by an independent parser${parser ? '' : ' (skipped: no python3)'}`,
    () => {
      const script =
        'import sys, xml.dom.minidom as m\nprint(len(m.parse(sys.stdin.buffer).getElementsByTagName("testcase")))';
      const hostile = renderJunit(poisonRun(sampleRun, `${hostileText}\u0000\u001b\ufffe\ud800`));
      const { stdout } = spawnSync('python3', ['-c', script], { input: hostile });
      expect(stdout.toString().trim()).toBe(String(sampleRun.claims.length + 1));
    },
  );

  it('has a suite per section, with its counts, and a case per claim', () => {
    expect(xml).toContain(
      '<testsuite name="5.1" tests="7" failures="1" errors="1" skipped="0" timestamp="2026-11-23T10:07:39.120Z">',
    );
    expect(xml.match(/<testcase /g)).toHaveLength(sampleRun.claims.length + 1);
  });

  it.each([
    ['5.1.k', '<failure message="the SIP port agreed to another suite" type="fail">'],
    ['2.1.h', 'type="inconclusive">'],
    [
      '5.1.h',
      '<error message="the target cannot give its media keys (media-keys)" type="unsupported">',
    ],
    ['5.3.b', '<skipped message="no stored key was given"/>'],
    ['2.1.i', '<skipped message="for a person to judge"/>'],
    ['2.3.c', '<skipped message="needs a real phone, and none is connected"/>'],
    ['5.1.c', '<system-out>warn: the modulus has 2048 bits'],
  ])('shows %s as %s', (claim, part) => {
    expect(caseOf(xml, claim)).toContain(part);
  });

  it('leaves a passed case empty', () => {
    expect(caseOf(xml, '5.1.a')).toMatch(/"><\/testcase>$/);
  });

  it('never passes an interrupted run: unjudged claims and the run itself are errors', () => {
    const cut = renderJunit({ ...sampleRun, status: 'incomplete', ended: 'SIGINT', verdicts: [] });
    expect(caseOf(cut, '5.1.a')).toContain('type="inconclusive"');
    expect(cut).toContain('name="the run is complete"><error message="SIGINT" type="incomplete"/>');
  });
});

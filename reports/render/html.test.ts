import { fc, test } from '@fast-check/vitest';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Run } from '../model/run.ts';
import { renderHtml } from './html.ts';
import { labels } from './labels.ts';
import { hostileText, poisonRun } from './testing/hostile.ts';
import { sampleRun } from './testing/sample-run.ts';

const tagsOf = (html: string): readonly string[] =>
  html.match(/<\/?[a-zA-Z][a-zA-Z0-9]*|<!/g) ?? [];
const hrefsOf = (html: string): readonly string[] =>
  [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '');
const sample = renderHtml(sampleRun);

describe('a report that opens anywhere', () => {
  it('loads nothing: no script, no source, no address of a style', () => {
    expect(sample).not.toMatch(/<script|\bsrc=|<link|@import|url\(|\son\w+=/i);
    expect(sample).not.toContain('style="');
  });

  it('allows its own style sheet by hash, and nothing else', () => {
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(sample) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    const [, policy = ''] =
      /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(sample) ?? [];
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(style).toContain('prefers-color-scheme:dark');
    expect(style).toContain('@media print');
  });

  it('links only inside itself and its run folder', () => {
    const others = hrefsOf(sample).filter((href) => !/^(#|\.\/)/.test(href));
    expect(others).toEqual([]);
    expect(hrefsOf(sample)).toContain('./probe/sip/suites.json');
  });

  it('has a target for each of its own links, and each id once', () => {
    const ids = [...sample.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? '');
    expect(ids).toHaveLength(new Set(ids).size);
    const lost = hrefsOf(sample).filter(
      (href) => href.startsWith('#') && !ids.includes(href.slice(1)),
    );
    expect(lost).toEqual([]);
  });

  it('is the same text for the same run', () => {
    expect(renderHtml(structuredClone(sampleRun))).toBe(sample);
  });
});

describe('hostile evidence', () => {
  it('adds no element, whichever text it is in', () => {
    const hostile = renderHtml(poisonRun(sampleRun, hostileText));
    expect(hostile).not.toContain('<script');
    expect(hostile).not.toContain('<img');
    expect(tagsOf(hostile)).toEqual(tagsOf(sample));
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 30 })], { numRuns: 40 })(
    'of any characters changes no element but links',
    (text) => {
      const noLinks: Run = {
        ...sampleRun,
        verdicts: sampleRun.verdicts.map(({ evidence: _evidence, ...verdict }) => verdict),
      };
      const hostile = renderHtml(poisonRun(noLinks, text));
      expect(tagsOf(hostile)).toEqual(tagsOf(renderHtml(noLinks)));
    },
  );

  it.each(['../../etc/passwd', '/etc/passwd', 'a/../../b', 'a\\b', 'a\u0000', ''])(
    'with the path %j becomes no link',
    (path) => {
      const html = renderHtml({
        ...sampleRun,
        verdicts: [{ claim: '5.1.a', kind: 'fail', reason: 'x', evidence: [path] }],
      });
      expect(hrefsOf(html).filter((href) => !href.startsWith('#'))).toEqual([]);
    },
  );

  it('cannot smuggle a scheme into a link', () => {
    const html = renderHtml({
      ...sampleRun,
      verdicts: [{ claim: '5.1.a', kind: 'fail', evidence: ['javascript:alert(1)'] }],
    });
    expect(hrefsOf(html)).toContain('./javascript%3Aalert(1)');
  });

  it('shows control characters and direction marks', () => {
    const html = renderHtml({ ...sampleRun, observations: [{ id: 'O1', text: 'a\u0000\u202eb' }] });
    expect(html).toContain('a␀[U+202E]b');
  });
});

describe('what the report says', () => {
  const positionOf = (id: string) => sample.indexOf(`<section id="${id}"`);

  it('has its parts in the order an evaluator reads them', () => {
    const ids = ['result', 'unsettled', 'claims', 'documents', 'person', 'left-out'];
    const rest = ['observations', 'interpretations', 'environment', 'how'];
    const positions = [...ids, ...rest].map(positionOf);
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((left, right) => left - right));
  });

  it('puts failures before what is inconclusive, each with grounds and replay command', () => {
    const part = sample.slice(positionOf('unsettled'), positionOf('claims'));
    expect(part.indexOf('Failed (2)')).toBeLessThan(part.indexOf('Inconclusive (1)'));
    for (const text of [
      'the SIP port agreed to another suite',
      'handshake_failure for each of 214 suites offered alone',
      'ServerHello with DHE-RSA-AES128-GCM-SHA256',
      'npx discretio evaluate --only 5.1.k --seed 20261123 --lab netns',
    ])
      expect(part).toContain(text);
  });

  it('says of a failed claim of ours that it is no non-conformity, and of no other', () => {
    const part = sample.slice(positionOf('unsettled'), positionOf('claims'));
    expect(part.split(labels.en.text.oursNote)).toHaveLength(2);
    expect(part.indexOf(labels.en.text.oursNote)).toBeLessThan(part.indexOf('claim-5.1.k'));
  });

  it('shows each message in full, line by line', () => {
    expect(sample).toContain('<pre>100 Trying SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.1:40312');
  });

  it('has a form for each claim that a person judges, and the reason of each one left out', () => {
    expect(sample.match(/<fieldset>/g)).toHaveLength(2);
    expect(sample.slice(positionOf('left-out'))).toContain('needs a real phone');
  });

  it('says that an interrupted run is incomplete, and counts its unjudged claims as inconclusive', () => {
    const html = renderHtml({
      ...sampleRun,
      status: 'incomplete',
      ended: 'interrupted (SIGINT)',
      verdicts: sampleRun.verdicts.slice(0, 2),
      exit: 2,
    });
    expect(html).toContain('<strong>The run is incomplete</strong>: interrupted (SIGINT)');
    expect(html).toContain(`Inconclusive (${sampleRun.plan.selected.length - 2})`);
  });

  it('speaks French when the run does', () => {
    const html = renderHtml({ ...sampleRun, language: 'fr' });
    expect(html).toContain('<html lang="fr">');
    expect(html).toContain('Une exigence au moins échoue');
    const long = Object.values(labels.en.text).filter((text) => text.length > 25);
    expect(long.filter((text) => html.includes(text))).toEqual([]);
    expect(Object.values(labels.fr.text).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('leaves out what a run does not have', () => {
    const html = renderHtml({
      ...sampleRun,
      documents: [],
      observations: [],
      verdicts: [{ claim: '5.1.a', kind: 'pass' }],
      plan: { ...sampleRun.plan, selected: ['5.1.a'], byPerson: [], leftOut: [] },
      exit: 0,
    });
    expect(html).toContain('Every selected claim holds');
    expect(html).not.toMatch(/id="(unsettled|documents|person|left-out|observations)"/);
  });
});

import { fc, test } from '@fast-check/vitest';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { imageDocument } from '../model/document.ts';
import type { Run } from '../model/run.ts';
import { combineJudgements } from '../model/verdict.ts';
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

describe('pictures among the evidence', () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3);
  const picture = imageDocument('evidence/call/screen "a".png', png);
  const html = renderHtml({ ...sampleRun, documents: picture ? [picture] : [] });

  it('stand inside the file, described and linked to the file of evidence', () => {
    const data = Buffer.from(png).toString('base64');
    expect([...html.matchAll(/src="([^"]*)"/g)].map(([, src]) => src)).toEqual([
      `data:image/png;base64,${data}`,
    ]);
    expect(html).toContain('<img alt="Picture: evidence/call/screen &quot;a&quot;.png"');
    expect(hrefsOf(html)).toContain('./evidence/call/screen%20%22a%22.png');
  });

  it('are the one thing more that the file allows, and only where there are some', () => {
    expect(html).toContain('img-src data:');
    expect(sample).not.toContain('img-src');
  });

  it('that are not base64 are no address', () => {
    const bad = { kind: 'image', title: 'x', path: 'x.png', png: '"onerror="alert(1)' } as const;
    const shown = renderHtml({ ...sampleRun, documents: [bad] });
    expect(shown).toContain('src="data:image/png;base64,"');
    expect(shown).not.toContain('onerror');
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
        seen: (sampleRun.seen ?? []).map((entry) => ({ ...entry, evidence: [] })),
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
        seen: [{ id: 'T5/x', text: 'x', scenarios: [], evidence: [path] }],
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
    const ids = ['result', 'unsettled', 'claims', 'documents', 'person', 'left-out', 'threats'];
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
    expect(sample.match(/<fieldset /g)).toHaveLength(2);
    expect(sample.slice(positionOf('left-out'))).toContain('needs a real phone');
  });

  it('asks what a form asks, with its reason and what to look at, each input labelled', () => {
    const part = sample.slice(sample.indexOf('<fieldset id="form-2.1.i"'), positionOf('left-out'));
    for (const text of ['Is all of it available', 'a program does not see', 'the licence of each'])
      expect(part).toContain(text);
    const inputs = part.match(/<(input|textarea)\b/g) ?? [];
    const labelled = part.match(/<label[^>]*>[^<]*<(input|textarea)\b|<label><input/g) ?? [];
    expect(labelled).toHaveLength(inputs.length);
    expect(sample).toContain('<a href="#form-2.1.i">Form</a>');
  });

  it('has the forms of claims that the plan leaves out, and none where there is neither', () => {
    const [form] = sampleRun.forms ?? [];
    const other = form ? [{ ...form, claim: '2.3.c' }] : [];
    const nobody: Run = { ...sampleRun, plan: { ...sampleRun.plan, byPerson: [] } };
    expect(renderHtml({ ...nobody, forms: other })).toContain('<fieldset id="form-2.3.c">');
    expect(renderHtml({ ...nobody, forms: [] })).not.toContain('<fieldset');
  });

  it('quotes the section of the evaluator’s own copy beside each of its claims, and no other', () => {
    const quotes = [...sample.matchAll(/<summary>Your copy[^<]*<\/summary><blockquote>([^<]*)/g)];
    const ofSection = sampleRun.claims.filter(({ section }) => section === '5.1');
    expect(quotes).toHaveLength(ofSection.length);
    expect(quotes[0]?.[0]).toContain('section 5.1, paragraph 1');
    expect(quotes[0]?.[1]).toBe('First paragraph.\n\nSecond paragraph.');
    const { passages: _passages, ...without } = sampleRun;
    expect(renderHtml(without)).not.toContain('<blockquote');
  });

  it('names section and paragraphs of a claim that it cannot quote', () => {
    expect(sample.slice(sample.indexOf('id="claim-4.d"'))).toContain('section 4, paragraph 1 · ');
    const printedIn: Run = {
      ...sampleRun,
      claims: sampleRun.claims.map((claim) =>
        claim.id === '2.3.c' ? { ...claim, printedIn: '2.3.1', paragraphs: [1, 2] } : claim,
      ),
    };
    expect(renderHtml(printedIn)).toContain('section 2.3.1, paragraph 1, 2');
  });

  it('says how binding a claim is, what it counters, and where the target has a gap', () => {
    expect(sample).toContain('<span class="basis">stated, binding</span>');
    expect(sample).toContain('Counters <a href="#threat-M1">M1</a>');
    const part = sample.slice(positionOf('threats'), positionOf('observations'));
    expect(part).toContain('<strong>Gap in the target:</strong> no function counters it');
    expect(part).toContain('Countered by: <a href="#claim-5.1.a">5.1.a</a>');
    expect(part).toContain('Countered by: none');
  });

  it('looks at an observation from 2014 and from now, with its references', () => {
    const part = sample.slice(positionOf('observations'), positionOf('interpretations'));
    expect(part).toContain('<dt>In 2014</dt><dd>both kinds were usual</dd>');
    expect(part).toContain('<dt>Now</dt><dd>it remains sound if compared once</dd>');
    expect(part).toContain('RFC 6189: ZRTP (2011)\nRFC 5280: X.509 (2008)');
    expect(sample).toContain('<h3>I-7 Revocation</h3>');
  });

  it('tells what was seen on this target apart from what is true of any, with its evidence', () => {
    const part = sample.slice(positionOf('observations'), positionOf('interpretations'));
    const seen = part.slice(part.indexOf('Seen on this target (1)'), part.indexOf('On the sec'));
    expect(seen).toContain('<h4>T5/reused-value</h4><p>The SIP port used 1');
    expect(seen).toContain('attacks/T5/sip-public-values');
    expect(hrefsOf(seen)).toEqual(['./evidence/tls-ports/sip.json']);
    expect(seen).not.toContain('<h4>O7</h4>');
  });

  it('says that nothing was seen where a run looked, and nothing of a run that did not', () => {
    const { seen: _seen, ...old } = sampleRun;
    expect(renderHtml({ ...sampleRun, seen: [] })).toContain(labels.en.text.nothingSeen);
    expect(renderHtml(old)).not.toContain(labels.en.text.nothingSeen);
    expect(renderHtml(old)).toContain('<h4>O7</h4>');
  });

  it('shows what was seen of a claim that passed', () => {
    const html = renderHtml({
      ...sampleRun,
      verdicts: [{ claim: '5.1.a', kind: 'pass', observed: '14 handshakes of TLS 1.2' }],
    });
    expect(html).toContain('<p class="why">14 handshakes of TLS 1.2</p>');
  });

  it('shows what each of two scenarios saw that pass one claim', () => {
    const both = ['a', 'b'].map((scenario) => ({
      claim: '5.1.a',
      scenario,
      kind: 'pass' as const,
      observed: `seen by ${scenario}`,
    }));
    const html = renderHtml({
      ...sampleRun,
      judgements: both,
      verdicts: [combineJudgements('5.1.a', both)],
    });
    expect(html).toContain('<p class="why">seen by a; seen by b</p>');
    expect(html).toContain('<code>a</code>: pass, seen by a');
    expect(html).toContain('<code>b</code>: pass, seen by b');
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
      seen: [],
      threats: [],
      forms: [],
      verdicts: [{ claim: '5.1.a', kind: 'pass' }],
      plan: { ...sampleRun.plan, selected: ['5.1.a'], byPerson: [], leftOut: [] },
      exit: 0,
    });
    expect(html).toContain('Every selected claim holds');
    expect(html).not.toMatch(/id="(unsettled|documents|person|left-out|threats|observations)"/);
  });
});

import type { Run } from '../model/run.ts';
import { evidenceLink } from './evidence-link.ts';
import type { Labels } from './labels.ts';
import { markup, type Markup } from './markup.ts';
import {
  headlineOf,
  rowsOf,
  unsettledKinds,
  verdictsOf,
  type ClaimRow,
  type Standing,
} from './standing.ts';

const tones: Readonly<Record<Standing, 'fail' | 'doubt' | 'good' | 'quiet'>> = {
  fail: 'fail',
  inconclusive: 'doubt',
  unsupported: 'doubt',
  skipped: 'doubt',
  warn: 'doubt',
  pass: 'good',
  person: 'quiet',
  'left-out': 'quiet',
  'not-planned': 'quiet',
};

const signs: Readonly<Record<Standing, string>> = {
  fail: '✗',
  inconclusive: '?',
  unsupported: '–',
  skipped: '–',
  warn: '!',
  pass: '✓',
  person: '✎',
  'left-out': '·',
  'not-planned': '·',
};

export const chip = (standing: Standing, labels: Labels): Markup =>
  markup`<span class="chip tone-${tones[standing]}">${signs[standing]} ${labels.standings[standing]}</span>`;

export const evidenceLinks = (paths: readonly string[] | undefined): Markup | null =>
  paths && paths.length > 0
    ? markup`<ul class="links">${paths.map((path) => markup`<li>${evidenceLink(path)}</li>`)}</ul>`
    : null;

const ground = (label: string, value: string | Markup | null | undefined): Markup | null =>
  value ? markup`<dt>${label}</dt><dd>${value}</dd>` : null;

const unsettledCase = (row: ClaimRow, labels: Labels): Markup => {
  const { text } = labels;
  const replay = row.replay === null ? null : markup`<code class="command">${row.replay}</code>`;
  const ours = row.standing === 'fail' && row.claim.basis === 'ours';
  return markup`<article class="case tone-${tones[row.standing]}">
<h4><a href="#claim-${row.claim.id}">${row.claim.id}</a>${row.claim.text}</h4>
${ours && markup`<p class="note">${text.oursNote}</p>`}
<dl class="grounds">${ground(text.reason, row.reason)}${ground(text.expected, row.verdict?.expected)}${ground(text.observed, row.verdict?.observed)}${ground(text.evidence, evidenceLinks(row.verdict?.evidence))}${ground(text.replay, replay)}</dl>
</article>`;
};

const unsettledGroup = (
  standing: keyof Labels['groups'],
  rows: readonly ClaimRow[],
  labels: Labels,
): Markup | null =>
  rows.length === 0
    ? null
    : markup`<h3>${labels.groups[standing]} (${rows.length})</h3>${rows.map((row) => unsettledCase(row, labels))}`;

/** Failures first, then every other verdict that keeps the exit code from 0; nothing when there is none. */
export const renderUnsettled = (rows: readonly ClaimRow[], labels: Labels): Markup | null => {
  const groups = unsettledKinds
    .filter((kind) => kind in labels.groups)
    .map((kind) => unsettledGroup(kind as keyof Labels['groups'], rowsOf(rows, kind), labels));
  if (groups.every((group) => group === null)) return null;
  return markup`<section id="unsettled"><h2>${labels.text.unsettled}</h2>${groups}</section>`;
};

/** The headline: the exit code in words, whether the run is complete, and the counts. */
export const renderResult = (run: Run, rows: readonly ClaimRow[], labels: Labels): Markup => {
  const { statuses, text } = labels;
  const order: readonly Standing[] = [...unsettledKinds, 'warn', 'pass', 'person', 'left-out'];
  const counts = order.map((standing) => {
    const count = rowsOf(rows, standing).length;
    return count === 0
      ? null
      : markup`<li class="tone-${tones[standing]}"><b>${count}</b>${labels.standings[standing]}</li>`;
  });
  const failures = verdictsOf(run).filter((verdict) => verdict.kind === 'fail');
  const ours = failures.filter((verdict) =>
    run.claims.some((claim) => claim.id === verdict.claim && claim.basis === 'ours'),
  );
  const { byScenario: partial = [] } = run.plan;
  const tone = run.exit === 0 ? 'good' : tones[run.exit === 1 ? 'fail' : 'inconclusive'];
  const ended = run.ended === undefined ? null : markup`${labels.text.colon} ${run.ended}`;
  return markup`<section id="result" class="result tone-${tone}"><h2>${headlineOf(run, labels)}</h2>
<p>${run.status === 'complete' ? statuses.complete : markup`<strong>${statuses.incomplete}</strong>${ended}`}. ${text.exitCode} <b>${run.exit}</b>.</p>
${ours.length > 0 && markup`<p>${text.oursCount} <b>${ours.length}</b>.</p>`}
${partial.length > 0 && markup`<p>${labels.text.partial}${labels.text.colon} ${partial.join(' ')}</p>`}
<ul class="counts">${counts}</ul></section>`;
};

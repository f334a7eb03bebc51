import type { Run } from '../model/run.ts';
import { checkEvidencePath } from '../evidence/paths.ts';
import type { Judgement } from '../model/verdict.ts';
import type { Labels } from './labels.ts';
import { markup, type Markup } from './markup.ts';
import {
  bySection,
  isUnjudged,
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

const chip = (standing: Standing, labels: Labels): Markup =>
  markup`<span class="chip tone-${tones[standing]}">${signs[standing]} ${labels.standings[standing]}</span>`;

/** A path of the run folder as a relative link; a path that would leave the folder stays plain text. */
const evidenceLink = (path: string): Markup => {
  const safe = checkEvidencePath(path).ok && path.isWellFormed();
  if (!safe) return markup`<code>${path}</code>`;
  return markup`<a href="./${path.split('/').map(encodeURIComponent).join('/')}">${path}</a>`;
};

const evidenceLinks = (paths: readonly string[] | undefined): Markup | null =>
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
  const { exits, statuses, text } = labels;
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
  const tone = run.exit === 0 ? 'good' : tones[run.exit === 1 ? 'fail' : 'inconclusive'];
  const ended = run.ended === undefined ? null : markup`${labels.text.colon} ${run.ended}`;
  const headline = isUnjudged(run) ? text.nothingJudged : exits[run.exit];
  return markup`<section id="result" class="result tone-${tone}"><h2>${headline}</h2>
<p>${run.status === 'complete' ? statuses.complete : markup`<strong>${statuses.incomplete}</strong>${ended}`}. ${text.exitCode} <b>${run.exit}</b>.</p>
${ours.length > 0 && markup`<p>${text.oursCount} <b>${ours.length}</b>.</p>`}
<ul class="counts">${counts}</ul></section>`;
};

const judgementItem = (judgement: Judgement, labels: Labels): Markup =>
  markup`<li><code>${judgement.scenario}</code>: ${labels.standings[judgement.kind]}${(judgement.reason ?? judgement.observed) !== undefined && markup`, ${judgement.reason ?? judgement.observed ?? ''}`}</li>`;

const claimLine = (row: ClaimRow, labels: Labels): Markup => {
  const { bases, text } = labels;
  const { claim, judgements } = row;
  const readings = claim.interpretations.map(
    (id, index) => markup`${index > 0 && ', '}<a href="#reading-${id}">${id}</a>`,
  );
  const ours = row.standing === 'fail' && claim.basis === 'ours';
  return markup`<tr id="claim-${claim.id}"><th scope="row">${claim.id}<span class="basis">${bases[claim.basis]}</span></th>
<td>${chip(row.standing, labels)}</td>
<td><p>${claim.text}</p>${(row.reason ?? row.verdict?.observed) !== undefined && markup`<p class="why">${row.reason ?? row.verdict?.observed ?? ''}</p>`}${ours && markup`<p class="why">${text.oursNote}</p>`}${evidenceLinks(row.verdict?.evidence)}${readings.length > 0 && markup`<p class="note">${text.restsOn} ${readings}</p>`}${judgements.length > 0 && markup`<details><summary>${text.judgements} (${judgements.length})</summary><ul class="judged">${judgements.map((judgement) => judgementItem(judgement, labels))}</ul></details>`}</td></tr>`;
};

/** Every claim of the run in one table, grouped by section. */
export const renderClaims = (rows: readonly ClaimRow[], labels: Labels): Markup => {
  const { text } = labels;
  const groups = [...bySection(rows)].map(
    ([section, members]) =>
      markup`<tbody><tr class="section"><th colspan="3" scope="rowgroup">${text.section} ${section}</th></tr>${members.map((row) => claimLine(row, labels))}</tbody>`,
  );
  return markup`<section id="claims"><h2>${text.claims}</h2><p class="note">${text.basisNote}</p>
<table class="claims"><caption>${text.claimsCaption}</caption><thead><tr><th scope="col">${text.claim}</th><th scope="col">${text.verdict}</th><th scope="col">${text.grounds}</th></tr></thead>${groups}</table></section>`;
};

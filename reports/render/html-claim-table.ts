import type { ClaimText, Run } from '../model/run.ts';
import type { Judgement } from '../model/verdict.ts';
import { chip, evidenceLinks } from './html-claims.ts';
import type { Labels } from './labels.ts';
import { markup, type Insertion, type Markup } from './markup.ts';
import { bySection, type ClaimRow } from './standing.ts';

const judgementItem = (judgement: Judgement, labels: Labels): Markup =>
  markup`<li><code>${judgement.scenario}</code>: ${labels.standings[judgement.kind]}${(judgement.reason ?? judgement.observed) !== undefined && markup`, ${judgement.reason ?? judgement.observed ?? ''}`}</li>`;

const judgementList = ({ judgements }: ClaimRow, labels: Labels): Markup | null =>
  judgements.length === 0
    ? null
    : markup`<details><summary>${labels.text.judgements} (${judgements.length})</summary><ul class="judged">${judgements.map((judgement) => judgementItem(judgement, labels))}</ul></details>`;

const links = (prefix: string, ids: readonly string[]): Insertion =>
  ids.map((id, index) => markup`${index > 0 && ', '}<a href="#${prefix}-${id}">${id}</a>`);

/** The section of the printed target that says it. */
const printedSection = (claim: ClaimText): string => claim.printedIn ?? claim.section;

/** Where the target says it, such as: section 5.1, paragraph 3. */
const placeOf = (claim: ClaimText, { text }: Labels): string => {
  const section = `${text.section.toLowerCase()} ${printedSection(claim)}`;
  const paragraphs = claim.paragraphs ?? [];
  return paragraphs.length === 0
    ? section
    : `${section}, ${text.paragraph} ${paragraphs.join(', ')}`;
};

const passageOf = (claim: ClaimText, run: Run) =>
  run.passages?.find(({ section }) => section === printedSection(claim));

const quotation = (claim: ClaimText, run: Run, labels: Labels): Markup | null => {
  const passage = passageOf(claim, run);
  if (!passage) return null;
  return markup`<details class="quoted"><summary>${labels.text.ownCopy}, ${placeOf(claim, labels)}</summary><blockquote>${passage.text}</blockquote></details>`;
};

const notes = (claim: ClaimText, run: Run, labels: Labels): Insertion => {
  const { text } = labels;
  const form = run.forms?.find((entry) => entry.claim === claim.id);
  const threats = (claim.counters ?? []).filter((id) =>
    run.threats?.some((entry) => entry.id === id),
  );
  const isQuoted = passageOf(claim, run) !== undefined;
  const parts = [
    claim.paragraphs === undefined || isQuoted ? null : markup`${placeOf(claim, labels)}`,
    claim.interpretations.length > 0
      ? markup`${text.restsOn} ${links('reading', claim.interpretations)}`
      : null,
    threats.length > 0 ? markup`${text.counters} ${links('threat', threats)}` : null,
    form ? markup`<a href="#form-${claim.id}">${text.form}</a>` : null,
  ].filter((part) => part !== null);
  return parts.length === 0
    ? null
    : markup`<p class="note">${parts.map((part, index) => markup`${index > 0 && ' · '}${part}`)}</p>`;
};

const nature = (claim: ClaimText, { bases, levels }: Labels): string =>
  claim.level === undefined ? bases[claim.basis] : `${bases[claim.basis]}, ${levels[claim.level]}`;

const claimLine = (row: ClaimRow, run: Run, labels: Labels, first: boolean): Markup => {
  const { claim } = row;
  const why = row.reason ?? row.verdict?.observed;
  const ours = row.standing === 'fail' && claim.basis === 'ours';
  return markup`<tr id="claim-${claim.id}"${first && markup` class="first"`}><th scope="row">${claim.id}<span class="basis">${nature(claim, labels)}</span></th>
<td>${chip(row.standing, labels)}</td>
<td><p>${claim.text}</p>${why !== undefined && markup`<p class="why">${why}</p>`}${ours && markup`<p class="why">${labels.text.oursNote}</p>`}${evidenceLinks(row.verdict?.evidence)}${notes(claim, run, labels)}${quotation(claim, run, labels)}${judgementList(row, labels)}</td></tr>`;
};

/** Whether a row is the first of its section of the printed target: on paper, a passage is quoted there alone. */
const beginsSection = (rows: readonly ClaimRow[], index: number): boolean => {
  const [row, before] = [rows[index], rows[index - 1]];
  return !before || !row || printedSection(row.claim) !== printedSection(before.claim);
};

/** Every claim of the run in one table, grouped by section. */
export const renderClaims = (run: Run, rows: readonly ClaimRow[], labels: Labels): Markup => {
  const { text } = labels;
  const groups = [...bySection(rows)].map(
    ([section, members]) =>
      markup`<tbody><tr class="section"><th colspan="3" scope="rowgroup">${text.section} ${section}</th></tr>${members.map((row, index) => claimLine(row, run, labels, beginsSection(members, index)))}</tbody>`,
  );
  const hasLevels = run.claims.some((claim) => claim.level !== undefined);
  return markup`<section id="claims"><h2>${text.claims}</h2><p class="note">${text.basisNote}${hasLevels && ` ${text.levelNote}`}</p>${run.passages !== undefined && markup`<p class="note">${text.ownCopyNote}</p>`}
<table class="claims"><caption>${text.claimsCaption}</caption><thead><tr><th scope="col">${text.claim}</th><th scope="col">${text.verdict}</th><th scope="col">${text.grounds}</th></tr></thead>${groups}</table></section>`;
};

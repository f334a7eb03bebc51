import type { EvidenceDocument } from '../model/document.ts';
import { evidenceLink } from './evidence-link.ts';
import type { Labels } from './labels.ts';
import { markup, type Markup } from './markup.ts';

type Ladder = Extract<EvidenceDocument, { kind: 'ladder' }>;
type Table = Extract<EvidenceDocument, { kind: 'table' }>;
type Facts = Extract<EvidenceDocument, { kind: 'facts' }>;
type Image = Extract<EvidenceDocument, { kind: 'image' }>;
type Message = Ladder['messages'][number];

const ladderMessage = (message: Message, lanes: readonly string[]): Markup => {
  const [from, to] = [lanes.indexOf(message.from), lanes.indexOf(message.to)];
  const across = from >= 0 && to >= 0 && from !== to;
  const place = across
    ? `from-${Math.min(from, to)} to-${Math.max(from, to)} ${from < to ? 'right' : 'left'}`
    : 'aside';
  const ends = `${message.from} → ${message.to}`;
  const label = across ? message.label : `${ends}: ${message.label}`;
  return markup`<details class="message"><summary><span class="at">${message.at.toFixed(1)}</span><span class="track lanes-${lanes.length}"><span class="arrow ${place}" title="${ends}"><span>${label}</span></span></span></summary><pre>${message.detail}</pre></details>`;
};

const renderLadder = (ladder: Ladder, labels: Labels): Markup =>
  markup`<p class="note">${labels.text.ladderNote}</p><div class="scroll" tabindex="0" role="group" aria-label="${ladder.title}"><div class="ladder"><div class="lanes"><span></span><ol class="lanes-${ladder.lanes.length}">${ladder.lanes.map((lane) => markup`<li>${lane}</li>`)}</ol></div>${ladder.messages.map((message) => ladderMessage(message, ladder.lanes))}</div></div>`;

/** Rows beyond which a table is folded. */
const longTable = 60;

const renderRows = (table: Table): Markup =>
  markup`<div class="scroll" tabindex="0" role="group" aria-label="${table.title}"><table><caption class="unseen">${table.title}</caption><thead><tr>${table.columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead><tbody>${table.rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;

const renderTable = (table: Table, { text }: Labels): Markup =>
  table.rows.length > longTable
    ? markup`<details><summary>${table.rows.length} ${text.rows}</summary>${renderRows(table)}</details>`
    : renderRows(table);

const renderFacts = (facts: Facts): Markup =>
  markup`<div class="pairs">${facts.groups.map((group) => markup`<section><h4>${group.name}</h4><dl class="grounds">${group.entries.map((entry) => markup`<dt>${entry.label}</dt><dd class="mono">${entry.value}</dd>`)}</dl></section>`)}</div>`;

/** The schema lets nothing but a PNG file in base64 through, which is checked again where it becomes an address. */
const renderImage = ({ path, png, title }: Image, { text }: Labels): Markup =>
  markup`<figure><img alt="${text.picture}${text.colon} ${title}" src="data:image/png;base64,${/^[A-Za-z0-9+/]+={0,2}$/.test(png) ? png : ''}"><figcaption>${evidenceLink(path)}</figcaption></figure>`;

const renderDocument = (document: EvidenceDocument, labels: Labels): Markup => {
  switch (document.kind) {
    case 'ladder':
      return renderLadder(document, labels);
    case 'table':
      return renderTable(document, labels);
    case 'facts':
      return renderFacts(document);
    case 'image':
      return renderImage(document, labels);
  }
};

/** The decoded documents, in order; nothing when there is none. */
export const renderDocuments = (
  documents: readonly EvidenceDocument[],
  labels: Labels,
): Markup | null =>
  documents.length === 0
    ? null
    : markup`<section id="documents"><h2>${labels.text.documents}</h2>${documents.map((document) => markup`<h3>${document.title}</h3>${renderDocument(document, labels)}`)}</section>`;

/** The columns that the ladders of these documents need: two per lane, arrows from the middle of one lane to that of another. */
export const ladderStyle = (documents: readonly EvidenceDocument[]): string => {
  const counts = documents.flatMap((document) =>
    document.kind === 'ladder' ? [document.lanes.length] : [],
  );
  const lanes = [...new Set(counts)].map(
    (count) =>
      `.lanes-${count}{grid-template-columns:repeat(${2 * count},minmax(0,1fr));background-size:calc(100%/${Math.max(1, count)}) 100%}`,
  );
  const places = Array.from(
    { length: Math.max(0, ...counts) },
    (_, lane) =>
      `.from-${lane}{grid-column-start:${2 * lane + 2}}.to-${lane}{grid-column-end:${2 * lane + 2}}`,
  );
  return [...lanes, ...places].join('\n');
};

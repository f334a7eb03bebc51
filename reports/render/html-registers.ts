import type { Run, SeenObservation } from '../model/run.ts';
import { evidenceLinks } from './html-claims.ts';
import type { Labels } from './labels.ts';
import { markup, type Insertion, type Markup } from './markup.ts';

type Entry = Run['observations'][number];

/** What was recommended in 2014, what is now, and where that is published. */
const lens = (entry: Entry, { text }: Labels): Markup | null => {
  const pairs = [
    [text.in2014, entry.in2014],
    [text.now, entry.now],
    [text.references, entry.references?.join('\n')],
  ].flatMap(([label, value]) =>
    label && value ? [markup`<dt>${label}</dt><dd>${value}</dd>`] : [],
  );
  return pairs.length === 0 ? null : markup`<dl class="grounds">${pairs}</dl>`;
};

const claimLinks = (claims: readonly { readonly id: string }[]): Insertion =>
  claims.map(({ id }, index) => markup`${index > 0 && ', '}<a href="#claim-${id}">${id}</a>`);

const seenEntry = ({ id, text, scenarios, evidence }: SeenObservation, labels: Labels): Markup =>
  markup`<article class="entry"><h4>${id}</h4><p>${text}</p><p class="note">${labels.text.scenarios}${labels.text.colon} ${scenarios.join(', ')}</p>${evidenceLinks(evidence)}</article>`;

/** What scenarios saw on this target; nothing in a run of a version that did not look. */
const renderSeen = (run: Run, labels: Labels): Markup | null => {
  if (run.seen === undefined) return null;
  const { text } = labels;
  return markup`<h3>${text.seenHere} (${run.seen.length})</h3>${run.seen.length === 0 ? markup`<p class="note">${text.nothingSeen}</p>` : run.seen.map((entry) => seenEntry(entry, labels))}`;
};

/** Observations, apart from conformity: on this target first, then on what it is built to; nothing when there is none. */
export const renderObservations = (run: Run, labels: Labels): Markup | null => {
  const { text } = labels;
  const { observations, seen = [] } = run;
  if (observations.length === 0 && seen.length === 0) return null;
  return markup`<section id="observations"><h2>${text.observations}</h2><p class="note">${text.observationsNote}</p>${renderSeen(run, labels)}${observations.length > 0 && markup`<h3>${text.onTarget} (${observations.length})</h3>`}${observations.map((entry) => markup`<article class="entry" id="observation-${entry.id}"><h4>${entry.id}</h4><p>${entry.text}</p>${lens(entry, labels)}</article>`)}</section>`;
};

/** The entries of the register that claims of this run rest on; nothing when there is none. */
export const renderInterpretations = (run: Run, labels: Labels): Markup | null => {
  const { text } = labels;
  const entries = run.interpretations.map((entry) => ({
    entry,
    claims: run.claims.filter((claim) => claim.interpretations.includes(entry.id)),
  }));
  const used = entries.filter(({ claims }) => claims.length > 0);
  if (used.length === 0) return null;
  return markup`<section id="interpretations"><h2>${text.interpretations}</h2><p class="note">${text.interpretationsNote}</p>${used.map(({ entry, claims }) => markup`<article class="entry" id="reading-${entry.id}"><h3>${entry.id}${entry.title !== undefined && markup` ${entry.title}`}</h3><p>${entry.text}</p>${lens(entry, labels)}<p class="note">${text.claimIds}${text.colon} ${claimLinks(claims)}</p></article>`)}</section>`;
};

/** The target's threats, what stands against each, and what the target lacks; nothing when none is named. */
export const renderThreats = (run: Run, { text }: Labels): Markup | null => {
  if (!run.threats || run.threats.length === 0) return null;
  const entries = run.threats.map((threat) => {
    const claims = run.claims.filter((claim) => claim.counters?.includes(threat.id));
    return markup`<article class="entry" id="threat-${threat.id}"><h3>${threat.id}</h3><p>${threat.text}</p>${threat.gap !== undefined && markup`<p><strong>${text.gap}${text.colon}</strong> ${threat.gap}</p>`}<p class="note">${text.counteredBy}${text.colon} ${claims.length === 0 ? text.none : claimLinks(claims)}</p></article>`;
  });
  return markup`<section id="threats"><h2>${text.threats}</h2><p class="note">${text.threatsNote}</p>${entries}</section>`;
};

import { notSelected, type Plan, type Run } from '../../reports/model/run.ts';
import { claims } from '../claims/catalogue.ts';
import { printedSection, type LocalText } from '../claims/claim.ts';
import { counteringOf, gapOf } from '../claims/gaps.ts';
import { formId, forms } from '../claims/forms.ts';
import { interpretations } from '../claims/interpretations.ts';
import { observations } from '../claims/observations.ts';
import { printedReference, type Dated } from '../claims/references.ts';
import { passagesOf } from '../claims/target-text.ts';

type Language = Run['language'];

interface Texts extends Pick<Run, 'claims' | 'interpretations' | 'observations'> {
  readonly threats: NonNullable<Run['threats']>;
}

const entryOf = (
  entry: Dated & { readonly id: string; readonly text: LocalText; readonly title?: LocalText },
  language: Language,
): Run['observations'][number] => ({
  id: entry.id,
  ...(entry.title === undefined ? {} : { title: entry.title[language] }),
  text: entry.text[language],
  in2014: entry.in2014[language],
  now: entry.now[language],
  references: entry.references.map(printedReference),
});

/** The catalogue's texts in one language, as every report carries them. */
export const claimTexts = (language: Language): Texts => ({
  claims: claims.map((claim) => ({
    id: claim.id,
    section: claim.section,
    text: claim.text[language],
    basis: claim.basis,
    level: claim.level,
    ...(claim.printedIn === undefined ? {} : { printedIn: claim.printedIn }),
    paragraphs: [...claim.paragraphs],
    shownBy: [...claim.shownBy],
    counters: [...claim.counters],
    interpretations: [...claim.interpretations],
  })),
  interpretations: interpretations.map((entry) => entryOf(entry, language)),
  observations: observations.map((entry) => entryOf(entry, language)),
  threats: counteringOf().map((countering) => {
    const { id, text } = countering.threat;
    const gap = gapOf(countering);
    return { id, text: text[language], ...(gap === null ? {} : { gap: gap[language] }) };
  }),
});

/** The forms that a run's report carries: of the claims left to a person, and in a run of the whole catalogue of every claim that needs one. */
export const formsOf = (plan: Plan, language: Language): NonNullable<Run['forms']> => {
  const selected = new Set(plan.selected);
  const whole = plan.leftOut.every(({ reason }) => reason !== notSelected);
  return forms
    .filter(({ claim }) => whole || selected.has(claim))
    .map((form) => ({
      id: formId(form),
      claim: form.claim,
      why: form.why[language],
      question: form.question[language],
      lookAt: form.lookAt.map((text) => text[language]),
    }));
};

/** What the evaluator's own copy of the security target says in the sections that claims stand in. */
export const passagesFor = (copy: string): NonNullable<Run['passages']> => {
  const wanted = new Set(claims.map(printedSection));
  return passagesOf(copy)
    .filter(({ section }) => wanted.has(section))
    .map((passage) => ({ ...passage }));
};

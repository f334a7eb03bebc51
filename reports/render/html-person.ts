import type { Run } from '../model/run.ts';
import type { Labels } from './labels.ts';
import { markup, type Markup } from './markup.ts';
import { rowsOf, type ClaimRow } from './standing.ts';

type Form = NonNullable<Run['forms']>[number];

const asked = (form: Form, { text }: Labels): Markup =>
  markup`<p class="question">${form.question}</p><p class="note">${text.formWhy}${text.colon} ${form.why}</p>${form.lookAt.length > 0 && markup`<p>${text.lookAt}${text.colon}</p><ul>${form.lookAt.map((item) => markup`<li>${item}</li>`)}</ul>`}`;

const personForm = (
  claim: string,
  statement: string,
  form: Form | undefined,
  labels: Labels,
): Markup => {
  const { text } = labels;
  const choice = (value: string, label: string) =>
    markup`<label><input type="radio" name="claim-${claim}" value="${value}"> ${label}</label>`;
  return markup`<fieldset id="form-${claim}"><legend>${claim}</legend><p>${statement}</p>${form !== undefined && asked(form, labels)}
<div class="choices">${choice('met', text.met)}${choice('not-met', text.notMet)}${choice('undecided', text.undecided)}</div>
<label class="field">${text.seen}<textarea rows="3"></textarea></label>
<div class="signed"><label class="field">${text.examiner}<input type="text"></label><label class="field">${text.date}<input type="text"></label></div></fieldset>`;
};

/** A form for each claim that the run leaves to a person or has a form for; nothing when there is none. */
export const renderPerson = (
  run: Run,
  rows: readonly ClaimRow[],
  labels: Labels,
): Markup | null => {
  const forms = run.forms ?? [];
  const waiting = new Set(rowsOf(rows, 'person'));
  const asking = rows.filter(
    (row) => waiting.has(row) || forms.some(({ claim }) => claim === row.claim.id),
  );
  if (asking.length === 0) return null;
  const printed = asking.map(({ claim: { id, text } }) =>
    personForm(
      id,
      text,
      forms.find(({ claim }) => claim === id),
      labels,
    ),
  );
  return markup`<section id="person"><h2>${labels.text.person}</h2><p class="note">${labels.text.personNote}</p>${printed}</section>`;
};

import type { Visit } from './context.ts';
import { html, type Html, type Insertion } from './html.ts';
import { formTokenField } from './layout.ts';

/** A time as people of all languages read it, to the second, in UTC. */
export const timeText = (at: number): string => {
  // Beyond 8.64e15 there is no date (ECMA-262 section 21.4.1.1).
  if (!(Math.abs(at) <= 8.64e15)) return String(at);
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');
};

/** {@link timeText} as an element; nothing for null. */
export const time = (at: number | null): Html | null =>
  at === null ? null : html`<time>${timeText(at)}</time>`;

/** A table; an empty one is only the sentence that says so. The first cell of a row is its header. */
export const table = (contents: {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [Insertion, ...Insertion[]])[];
  readonly empty: string;
}): Html => {
  const { caption, columns, rows, empty } = contents;
  if (rows.length === 0) return html`<p class="soft">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows.map(([head, ...cells]) => html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
};

/** Names and values; those that are null are left out. */
export const definitions = (entries: readonly (readonly [string, Insertion])[]): Html =>
  html`<dl>${entries.map(([name, value]) => value !== null && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

/** One input with its label and hint. */
export const field = (input: {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'password' | 'search' | 'datetime-local';
  readonly value?: string;
  readonly hint?: string;
  readonly autocomplete?:
    | 'username'
    | 'current-password'
    | 'new-password'
    | 'one-time-code'
    | 'off';
  readonly optional?: boolean;
}): Html => {
  const { name, label, type = 'text', value = '', hint, autocomplete = 'off', optional } = input;
  const attributes = html` name="${name}" id="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}"`;
  const described = hint !== undefined && html` aria-describedby="${name}-hint"`;
  const plain = type === 'text' && html` autocapitalize="none" spellcheck="false" maxlength="200"`;
  return html`<div class="field"><label for="${name}">${label}</label><input${attributes}${described}${plain}${optional !== true && html` required`}>${hint !== undefined && html`<span class="hint" id="${name}-hint">${hint}</span>`}</div>`;
};

/** A choice among values, with the label of each. */
export const select = (choice: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}): Html => {
  const { name, label, value, options } = choice;
  return html`<div class="field"><label for="${name}">${label}</label><select name="${name}" id="${name}">${options.map(([option, text]) => html`<option value="${option}"${option === value && html` selected`}>${text}</option>`)}</select></div>`;
};

/** A form that changes something; it carries the session's token. */
export const postForm = (
  visit: Visit,
  form: {
    readonly action: string;
    readonly contents?: Insertion;
    readonly submit: string;
    readonly danger?: boolean;
    readonly cancel?: string;
  },
): Html => {
  const { action, contents = null, submit, danger, cancel } = form;
  const back = cancel !== undefined && html`<a href="${cancel}">${visit.text.cancel}</a>`;
  return html`<form method="post" action="${action}">${formTokenField(visit)}${contents}<div class="actions"><button${danger === true && html` class="danger"`}>${submit}</button>${back}</div></form>`;
};

/** A sentence that something was refused. */
export const refusal = (text: string | undefined): Html | null =>
  text === undefined ? null : html`<p class="note bad" role="alert">${text}</p>`;

/** A small coloured word for a state. */
export const chip = (tone: 'good' | 'bad' | 'quiet', text: string): Html =>
  html`<span class="chip ${tone}">${text}</span>`;

/** Path with a query of those values that are not empty. */
export const withQuery = (
  path: string,
  values: Readonly<Record<string, string | undefined>>,
): string => {
  const given = Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
};

/** Links to the first and the next page of a list; nothing where all is shown. */
export const pager = (
  { text, query }: Visit,
  links: { readonly first: string; readonly next: string | undefined; readonly key: string },
): Html | null => {
  const begun = query.get(links.key) !== undefined;
  if (!begun && links.next === undefined) return null;
  return html`<p class="actions">${begun && html`<a href="${links.first}">${text.first}</a>`}${links.next !== undefined && html`<a href="${links.next}">${text.more}</a>`}</p>`;
};

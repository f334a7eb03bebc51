import { claims } from './claims/catalogue.ts';
import type { Claim } from './claims/claim.ts';
import { formId, forms } from './claims/forms.ts';
import { gapOf, counteringOf, type Countering } from './claims/gaps.ts';
import type { Scenario } from './campaign/scenario.ts';

/** How one claim is shown. */
export interface Coverage {
  readonly claim: Claim;
  /** Identifiers of scenarios in which the target does what it should. */
  readonly conformity: readonly string[];
  /** Identifiers of scenarios in which somebody attacks it. */
  readonly attacks: readonly string[];
  /** Identifier of the form that a person fills in. */
  readonly form?: string;
  /** Whether a run on a real device adds to it. */
  readonly device: boolean;
}

const isAttack = (id: string): boolean => id.startsWith('attacks/');

/** How every claim of the catalogue is shown by these scenarios and by the forms. */
export const coverageOf = (scenarios: readonly Scenario[]): readonly Coverage[] =>
  claims.map((claim) => {
    const own = scenarios.filter((scenario) => scenario.claims.includes(claim.id));
    const ids = own.map(({ id }) => id);
    const form = forms.find((entry) => entry.claim === claim.id);
    return {
      claim,
      conformity: ids.filter((id) => !isAttack(id)),
      attacks: ids.filter(isAttack),
      ...(form === undefined ? {} : { form: formId(form) }),
      device: claim.shownBy.includes('device'),
    };
  });

/** Threats that no security function of the target counters, each with what the target lacks, in English. */
export const targetGaps = (
  countering: readonly Countering[] = counteringOf(),
): readonly { readonly threat: string; readonly gap: string }[] =>
  countering.flatMap((entry) => {
    const gap = gapOf(entry);
    return gap === null ? [] : [{ threat: entry.threat.id, gap: gap.en }];
  });

/** Characters of a claim's wording in the table. */
const shortest = 90;

const brief = (text: string): string => {
  const words = text.replace(/ \([^()]*\)/g, '');
  if (words.length <= shortest) return words;
  return `${words.slice(0, words.lastIndexOf(' ', shortest)).replace(/[,;:]$/, '')} …`;
};

const count = (ids: readonly string[]): string => (ids.length === 0 ? '' : String(ids.length));

const cellsOf = ({ claim, conformity, attacks, form, device }: Coverage): readonly string[] => {
  const otherwise = [...(form === undefined ? [] : ['form']), ...(device ? ['device run'] : [])];
  const scenarios = [count(conformity), count(attacks)];
  return [claim.id, brief(claim.text.en), ...scenarios, otherwise.join(', ')];
};

const columns = ['claim', 'in short', 'conformity', 'attacks', 'otherwise'];

/** Lines of a table in Markdown, its columns padded as the formatter pads them. */
const paddedTable = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = columns.map((_, column) =>
    Math.max(...[columns, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
};

const start = '<!-- coverage: npm run docs:coverage -->';
const end = '<!-- end of coverage -->';

const tableOf = (rows: readonly Coverage[]): string => {
  const shown = rows.filter(({ conformity, attacks }) => conformity.length + attacks.length > 0);
  const withForm = rows.filter(({ form }) => form !== undefined);
  return [
    `${shown.length} of ${rows.length} claims have a scenario, ${withForm.length} a form for a person.`,
    '',
    ...paddedTable(rows.map(cellsOf)),
  ].join('\n');
};

/** A page with its coverage table, which stands between two markers, made anew; null where the page has no such markers. */
export const withCoverageTable = (page: string, rows: readonly Coverage[]): string | null => {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) return null;
  return `${page.slice(0, from + start.length)}\n\n${tableOf(rows)}\n\n${page.slice(to)}`;
};

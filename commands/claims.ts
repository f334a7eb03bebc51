import type { Command } from 'commander';
import { counteringOf } from '../scenarios/claims/gaps.ts';
import { interpretations } from '../scenarios/claims/interpretations.ts';
import { observations } from '../scenarios/claims/observations.ts';
import { printedReference, type Dated } from '../scenarios/claims/references.ts';
import type { Coverage } from '../scenarios/coverage.ts';

const scenariosOf = ({ conformity, attacks }: Coverage): readonly string[] => [
  ...conformity,
  ...attacks,
];

const line = (row: Coverage): string => {
  const head = row.claim.id.padEnd(8);
  const scenarios = scenariosOf(row);
  if (scenarios.length === 0)
    return `${head} ${row.form === undefined ? 'no scenario yet' : 'for a person to judge'}`;
  const form = row.form === undefined ? [] : [row.form];
  return `${head} ${[...scenarios, ...form].join(', ')}`;
};

/** How many claims each kind of evidence shows. */
const countsOf = (rows: readonly Coverage[]) => ({
  conformity: rows.filter(({ conformity }) => conformity.length > 0).length,
  attack: rows.filter(({ attacks }) => attacks.length > 0).length,
  form: rows.filter(({ form }) => form !== undefined).length,
  device: rows.filter(({ device }) => device).length,
});

const restingOn = (rows: readonly Coverage[], id: string): readonly string[] =>
  rows.filter(({ claim }) => claim.interpretations.includes(id)).map(({ claim }) => claim.id);

type Gaps = readonly { readonly threat: string; readonly gap: string }[];

const pageOf = (rows: readonly Coverage[], gaps: Gaps): string => {
  const counts = countsOf(rows);
  const shown = rows.filter((row) => scenariosOf(row).length > 0).length;
  return [
    ...rows.map(line),
    '',
    'Claims by how they are shown:',
    `  conformity scenario ${counts.conformity}, attack ${counts.attack}, form ${counts.form}, also a device run ${counts.device}`,
    'Claims that rest on a reading of ours:',
    ...interpretations.map(
      ({ id, title }) => `  ${id.padEnd(5)} ${title.en}: ${restingOn(rows, id).join(' ')}`,
    ),
    'Gaps in the target itself:',
    ...(gaps.length === 0 ? ['  none'] : gaps.map(({ threat, gap }) => `  ${threat}: ${gap}`)),
    `${shown} of ${rows.length} claims have a scenario`,
  ].join('\n');
};

const entryJson = ({ in2014, now, references }: Dated) => ({
  in2014: in2014.en,
  now: now.en,
  references: references.map(printedReference),
});

/** The public object; what it has beside `claims` may grow. */
const jsonOf = (rows: readonly Coverage[], gaps: Gaps): object => ({
  claims: rows.map((row) => ({
    id: row.claim.id,
    scenarios: scenariosOf(row),
    ...(row.form === undefined ? {} : { form: row.form }),
  })),
  coverage: rows.map(({ claim, conformity, attacks, device }) => ({
    id: claim.id,
    section: claim.printedIn ?? claim.section,
    paragraphs: claim.paragraphs,
    basis: claim.basis,
    level: claim.level,
    text: claim.text,
    shownBy: claim.shownBy,
    counters: claim.counters,
    interpretations: claim.interpretations,
    conformity,
    attacks,
    device,
  })),
  kinds: countsOf(rows),
  threats: counteringOf().map(({ threat, functions, others, revealedBy }) => ({
    id: threat.id,
    text: threat.text.en,
    functions: functions.map(({ id }) => id),
    others: others.map(({ id }) => id),
    revealedBy: revealedBy.map(({ id }) => id),
  })),
  gaps,
  interpretations: interpretations.map((entry) => ({
    id: entry.id,
    title: entry.title.en,
    claims: restingOn(rows, entry.id),
    ...entryJson(entry),
  })),
  observations: observations.map((entry) => ({
    id: entry.id,
    text: entry.text.en,
    ...entryJson(entry),
  })),
});

/** `discretio claims`: the catalogue, which scenarios show each claim, and what the target itself lacks. */
export const addClaimsCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('claims')
    .description('list the claims of the security target and the scenarios that show them')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly json?: boolean }) => {
      const { repertoire } = await import('../scenarios/repertoire.ts');
      const { coverageOf, targetGaps } = await import('../scenarios/coverage.ts');
      const [rows, gaps] = [coverageOf(repertoire.scenarios), targetGaps()];
      console.log(
        options.json === true ? JSON.stringify(jsonOf(rows, gaps), null, 2) : pageOf(rows, gaps),
      );
      finish(0);
    });
};

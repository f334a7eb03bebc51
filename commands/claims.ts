import type { Command } from 'commander';
import { claims, personOnly } from '../scenarios/claims/catalogue.ts';
import type { Repertoire } from '../scenarios/campaign/plan.ts';

interface Coverage {
  readonly id: string;
  readonly scenarios: readonly string[];
  readonly form?: string;
}

const coverageOf = (repertoire: Repertoire): readonly Coverage[] =>
  claims.map(({ id }) => ({
    id,
    scenarios: repertoire.scenarios
      .filter((scenario) => scenario.claims.includes(id))
      .map((scenario) => scenario.id),
    ...(personOnly.some((claim) => claim.id === id) ? { form: `person/${id}` } : {}),
  }));

const line = ({ id, scenarios, form }: Coverage): string => {
  if (scenarios.length > 0) return `${id.padEnd(8)} ${scenarios.join(', ')}`;
  return `${id.padEnd(8)} ${form === undefined ? 'no scenario yet' : 'for a person to judge'}`;
};

/** `discretio claims`: the catalogue and which scenarios show each claim. */
export const addClaimsCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('claims')
    .description('list the claims of the security target and the scenarios that show them')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly json?: boolean }) => {
      const { repertoire } = await import('../scenarios/repertoire.ts');
      const rows = coverageOf(repertoire);
      const shown = rows.filter((row) => row.scenarios.length > 0).length;
      if (options.json === true) console.log(JSON.stringify({ claims: rows }, null, 2));
      else
        console.log(
          [...rows.map(line), `${shown} of ${rows.length} claims have a scenario`].join('\n'),
        );
      finish(0);
    });
};

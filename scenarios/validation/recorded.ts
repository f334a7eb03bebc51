import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EvidenceDocument } from '../../reports/model/document.ts';
import type { Run } from '../../reports/model/run.ts';

/** The matrix as `discretio mutants --record` left it; what `--json` prints, and when and with which version it was made. */
export const recordedSchema = z.object({
  version: z.string(),
  /** RFC 3339, UTC. */
  at: z.string(),
  mutants: z.array(
    z.object({
      id: z.string(),
      fault: z.string(),
      claims: z.array(z.string()),
      end: z.string(),
      killedBy: z.array(z.string()),
    }),
  ),
  scenarios: z.array(
    z.object({
      id: z.string(),
      kills: z.number(),
      /** Milliseconds that its activities took, shared with others that read the same. */
      took: z.number().nullable(),
    }),
  ),
  repeats: z.number(),
  falseAlarms: z.array(z.object({ claim: z.string(), scenario: z.string(), kind: z.string() })),
});
export type RecordedMatrix = Readonly<z.infer<typeof recordedSchema>>;

/** The file beside this one. */
export const recordedFile = join(import.meta.dirname, 'matrix.json');

/** The matrix recorded last. Throws where the file is not one: it is part of the tool. */
export const readRecorded = (): RecordedMatrix =>
  recordedSchema.parse(JSON.parse(readFileSync(recordedFile, 'utf8')));

const words = {
  en: {
    title: 'How this testbed was validated',
    columns: ['Mutant', 'Fault', 'Claims', 'Outcome', 'By'],
    summary: (matrix: RecordedMatrix, killed: number) =>
      `${killed} of ${matrix.mutants.length} references with one fault each failed for the right reason; ${matrix.falseAlarms.length} false alarms in ${matrix.repeats} runs of the reference; version ${matrix.version}, ${matrix.at.slice(0, 10)}`,
    scenarios: 'How often each scenario noticed such a fault, and how long what it reads takes',
    scenarioColumns: ['Scenario', 'Mutants killed', 'Seconds, shared with others'],
  },
  fr: {
    title: 'Comment ce banc a été validé',
    columns: ['Mutant', 'Faute', 'Énoncés', 'Issue', 'Par'],
    summary: (matrix: RecordedMatrix, killed: number) =>
      `${killed} références à une seule faute sur ${matrix.mutants.length} refusées pour la bonne raison ; ${matrix.falseAlarms.length} fausses alertes en ${matrix.repeats} évaluations de la référence ; version ${matrix.version}, ${matrix.at.slice(0, 10)}`,
    scenarios: 'Combien de ces fautes chaque scénario a trouvées, et la durée de ce qu’il lit',
    scenarioColumns: ['Scénario', 'Mutants trouvés', 'Secondes, partagées avec d’autres'],
  },
} as const;

/** The matrix as pages of a report: every mutant, then every scenario. */
export const validationDocuments = (
  matrix: RecordedMatrix,
  language: Run['language'],
): readonly EvidenceDocument[] => {
  const { title, columns, summary, scenarios, scenarioColumns } = words[language];
  const killed = matrix.mutants.filter(({ end }) => end === 'killed').length;
  return [
    {
      kind: 'table',
      title: `${title}${language === 'fr' ? ' :' : ':'} ${summary(matrix, killed)}`,
      columns: [...columns],
      rows: matrix.mutants.map(({ id, fault, claims, end, killedBy }) => [
        id,
        fault,
        claims.join(' '),
        end,
        killedBy.join(', '),
      ]),
    },
    {
      kind: 'table',
      title: scenarios,
      columns: [...scenarioColumns],
      rows: matrix.scenarios.map(({ id, kills, took }) => [
        id,
        String(kills),
        took === null ? '' : (took / 1_000).toFixed(1),
      ]),
    },
  ];
};

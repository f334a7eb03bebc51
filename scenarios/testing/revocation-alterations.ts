import {
  revocationStepsSchema,
  type RevocationSteps,
} from '../conformity/activities/revocation-evidence.ts';
import { without, withJson, withOutcome, type Alteration } from './altered.ts';
import { undecided, type JudgeCase } from './judge-cases.ts';

/** The steps of the revocation, changed. */
export const inSteps = (change: (steps: RevocationSteps) => unknown): Alteration =>
  withJson('revocation', 'steps.json', revocationStepsSchema, change);

/** How long things took, changed. */
export const taking = (change: Partial<RevocationSteps['latencies']>): Alteration =>
  inSteps((steps) => ({ ...steps, latencies: { ...steps.latencies, ...change } }));

/** How long things took, changed, where asking the appliance took so many milliseconds by itself. */
export const asking = (
  milliseconds: number,
  change: Partial<RevocationSteps['latencies']>,
): Alteration =>
  inSteps((steps) => ({
    ...steps,
    asking: milliseconds,
    latencies: { ...steps.latencies, ...change },
  }));

/** What every judge of the revocation must say where the evidence is not there. */
export const missingRevocation = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no steps', /not among the evidence/, without('revocation', 'steps.json')),
  undecided(
    id,
    'steps of the wrong shape',
    /not among the evidence/,
    inSteps(() => []),
  ),
  undecided(id, 'no addresses', /not among the evidence/, without('revocation', 'topology.json')),
  undecided(
    id,
    'an activity that failed',
    /activity revocation/,
    withOutcome('revocation', { status: 'failed', reason: 'no SMS' }),
  ),
];

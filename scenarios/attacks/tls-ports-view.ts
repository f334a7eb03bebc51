import { z } from 'zod';
import { alertName } from '../probe/context.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';

const groupSchema = z.object({
  prime: z.string(),
  generator: z.string(),
  publicValue: z.string(),
});

/** What one connection of an attacking client came to. */
export const tlsOutcomeSchema = z.object({
  end: z.string(),
  established: z.boolean(),
  resumed: z.boolean(),
  alerts: z.array(z.object({ level: z.number(), description: z.number() })),
  fault: z.string().nullable(),
  answer: z.string().nullable(),
  hellos: z.number(),
  heartbeats: z.number(),
  compression: z.number().nullable(),
  extendedMasterSecret: z.boolean(),
  secureRenegotiation: z.boolean(),
  heartbeatAnnounced: z.boolean(),
  group: groupSchema.nullable(),
  parametersSigned: z.boolean().nullable(),
  nonces: z.array(z.string()),
});
export type TlsOutcome = z.infer<typeof tlsOutcomeSchema>;

const trialSchema = tlsOutcomeSchema.extend({
  name: z.string(),
  stage: z.enum(['handshake', 'data']),
});
type Trial = z.infer<typeof trialSchema>;

const portSchema = z.object({
  trials: z.array(trialSchema),
  groups: z.array(
    z.object({
      bits: z.number(),
      name: z.string().nullable(),
      isPrime: z.boolean().nullable(),
      isSafePrime: z.boolean().nullable(),
      generatorFault: z.string().nullable(),
    }),
  ),
});

/** One attacked port, read from its evidence. */
export interface PortView {
  readonly service: TlsService;
  readonly path: string;
  readonly trials: readonly Trial[];
  readonly groups: z.infer<typeof portSchema>['groups'];
  /** The trial of that name; undefined where it was not made. */
  readonly trial: (name: string) => Trial | undefined;
}

export type TlsService = 'sip' | 'registration';

const activity = 'tls-ports';

/** A judge of one attacked port. */
export const onPort =
  (service: TlsService, judge: (view: PortView, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = evidence.json(activity, `${service}.json`, portSchema);
    if (!found) return inconclusive(`the trials of the ${service} port are not among the evidence`);
    const trial = (name: string) => found.trials.find((each) => each.name === name);
    return judge(
      { service, path: `evidence/${activity}/${service}.json`, ...found, trial },
      evidence,
    );
  };

/** Both ports, each with a scenario of its own. */
export const bothPorts = (
  row: string,
  what: string,
  claims: Readonly<Record<TlsService, readonly string[]>>,
  judge: (view: PortView, evidence: Evidence) => Finding,
  revision = 1,
): readonly Scenario[] =>
  (['sip', 'registration'] as const).map((service) => ({
    id: `attacks/${row}/${service}-${what}`,
    revision,
    claims: claims[service],
    activities: [activity],
    needs: ['enrol'],
    judge: onPort(service, judge),
  }));

const fatal = ({ alerts }: TlsOutcome): number | undefined =>
  alerts.find(({ level, description }) => level === 2 && description !== 0)?.description;

/** Whether the server ended it without a word. */
export const wasClosed = ({ end }: TlsOutcome): boolean => end === 'closed' || end === 'reset';

/** How a trial came out, in words. */
export const outcomeText = (outcome: TlsOutcome): string => {
  const alert = fatal(outcome);
  if (outcome.answer !== null) return `answered "${outcome.answer}"`;
  if (alert !== undefined) return alertName(alert);
  if (outcome.fault !== null) return `given up by the attacker: ${outcome.fault}`;
  return outcome.established ? `established, then ${outcome.end}` : outcome.end;
};

/** Both controls, an honest client before and after, must be served; null where they were. */
export const controlProblem = ({ trial, path }: PortView): Finding | null => {
  const unserved = ['control-first', 'control-last'].find((name) => {
    const control = trial(name);
    return !control || control.answer === null;
  });
  return unserved === undefined
    ? null
    : inconclusive(`the ${unserved}, an honest client, was not served`, [path]);
};

/** What must be refused, and the alerts that say that this was the reason; a connection closed without one says so too. */
export interface Refusal {
  readonly names: readonly string[];
  readonly alerts: readonly number[];
  /** Alerts that show that the fault was taken. */
  readonly telling?: readonly number[];
}

const judgeRefusal = (view: PortView, name: string, { alerts, telling = [] }: Refusal) => {
  const trial = view.trial(name);
  if (!trial) return inconclusive(`"${name}" was not tried`, [view.path]);
  const taken = trial.stage === 'data' ? trial.answer !== null : trial.established;
  const alert = fatal(trial);
  const wanted = `refused with ${alerts.slice(0, 2).map(alertName).join(' or ')}, or closed`;
  if (taken || (alert !== undefined && telling.includes(alert)))
    return fail(`"${name}" was accepted`, wanted, outcomeText(trial), [view.path]);
  if (alert === undefined ? wasClosed(trial) : alerts.includes(alert)) return null;
  return inconclusive(`"${name}" was not refused for it: ${outcomeText(trial)}`, [view.path]);
};

/** Each named trial must be refused for the expected reason, and the controls served. */
export const judgeRefusals =
  (refusals: readonly Refusal[]) =>
  (view: PortView): Finding => {
    const bad =
      worst(
        refusals.flatMap((refusal) =>
          refusal.names.map((name) => judgeRefusal(view, name, refusal)),
        ),
      ) ?? controlProblem(view);
    if (bad) return bad.kind === 'fail' ? bad : (controlProblem(view) ?? bad);
    const told = refusals.flatMap(({ names }) =>
      names.map((name) => {
        const trial = view.trial(name);
        return `${name}: ${trial ? outcomeText(trial) : ''}`;
      }),
    );
    return pass(`${told.join(', ')}; honest clients were served`, [view.path]);
  };

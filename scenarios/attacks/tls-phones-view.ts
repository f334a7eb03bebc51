import { z } from 'zod';
import {
  fail,
  inconclusive,
  noting,
  pass,
  type Evidence,
  type Finding,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { weakSignatures } from './tls-observations.ts';

const attemptsSchema = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(['refused', 'observed', 'afterwards', 'control']),
    registered: z.boolean(),
    refusals: z.array(z.string()),
    connections: z.array(
      z.object({
        messages: z.array(z.number()),
        established: z.boolean(),
        keyProved: z.boolean().nullable(),
        certificates: z.number(),
        alerts: z.array(z.object({ level: z.number(), description: z.number() })),
        applicationBytes: z.number(),
        registered: z.boolean(),
        heartbeats: z.number(),
        nonces: z.array(z.string()),
        furtherHellos: z.number(),
      }),
    ),
  }),
);
/** What a phone did at each server. */
export type Attempts = z.infer<typeof attemptsSchema>;
type Attempt = Attempts[number];

/** What the phones' scenarios read. */
export const activity = 'tls-phones';
/** Path of the attempts in the run folder. */
export const path = `evidence/${activity}/attempts.json`;

/** A judge of what a phone did at hostile servers. */
export const onAttempts =
  (judge: (attempts: Attempts) => Finding) =>
  (evidence: Evidence): Finding => {
    const attempts = evidence.json(activity, 'attempts.json', attemptsSchema);
    return attempts
      ? judge(attempts)
      : inconclusive('what the phone did at hostile servers is not among the evidence');
  };

/** The attempt of that name; undefined where it was not made. */
export const named = (attempts: Attempts, name: string): Attempt | undefined =>
  attempts.find((attempt) => attempt.name === name);

/** At the same server without a fault, the phone must register. */
export const controlProblem = (attempts: Attempts): Finding | null => {
  const control = named(attempts, 'control');
  const served =
    control?.registered === true && control.connections.some((each) => each.registered);
  return served
    ? null
    : inconclusive('the control, the same server without a fault, was not registered with', [path]);
};

/** Faults that a phone must leave a server for, and what says that this was the reason: a code of its log, or an alert it sent. */
export interface Refusal {
  readonly names: readonly string[];
  readonly codes: readonly string[];
  readonly alerts: readonly number[];
  /** A fault in the server's last flight, which comes behind the phone's Finished. */
  readonly last?: boolean;
  /** Accepting it breaks no rule of its time. */
  readonly weak?: boolean;
}

/** RFC 5246 section 7.4.7: whoever sends it has taken the server's hello, certificate and parameters. */
const clientKeyExchange = 16;

/** The codes that the phone logged. */
export const loggedBy = ({ refusals }: Attempt): string => refusals.join(', ') || 'nothing';

/** How far a phone went with a server that it must leave; null where it left in time. */
const acceptance = (attempt: Attempt, { last = false }: Refusal): string | null => {
  const { connections, registered } = attempt;
  const bytes = connections.reduce((sum, each) => sum + each.applicationBytes, 0);
  const wentOn = !last && connections.some(({ messages }) => messages.includes(clientKeyExchange));
  return registered || bytes > 0 || wentOn
    ? `${wentOn ? 'a ClientKeyExchange, ' : ''}${bytes} bytes inside TLS; logged: ${loggedBy(attempt)}`
    : null;
};

const judgeRefusal = (attempts: Attempts, name: string, refusal: Refusal): Finding | null => {
  const attempt = named(attempts, name);
  if (!attempt) return inconclusive(`no server with "${name}" was tried`, [path]);
  const { connections, refusals } = attempt;
  if (connections.length === 0)
    return inconclusive(`the phone never reached the server with "${name}"`, [path]);
  const observed = acceptance(attempt, refusal);
  if (observed !== null && refusal.weak === true) return null;
  if (observed !== null) {
    const expected =
      refusal.last === true
        ? 'left before anything is said inside TLS'
        : 'left after its ClientHello';
    return fail(`a phone accepted a server with "${name}"`, expected, observed, [path]);
  }
  const alerted = connections.some(({ alerts }) =>
    alerts.some(({ level, description }) => level === 2 && refusal.alerts.includes(description)),
  );
  return alerted || refusals.some((code) => refusal.codes.includes(code))
    ? null
    : inconclusive(`the server with "${name}" was left for another reason: ${loggedBy(attempt)}`, [
        path,
      ]);
};

/** What was accepted that breaks no rule of its time. */
const acceptedWeak = (attempts: Attempts, refusals: readonly Refusal[]): readonly string[] =>
  refusals
    .filter(({ weak }) => weak === true)
    .flatMap((refusal) =>
      refusal.names.filter((name) => {
        const attempt = named(attempts, name);
        return attempt !== undefined && acceptance(attempt, refusal) !== null;
      }),
    );

/** Each named server must be left for the expected reason, and the same one without a fault registered with; a weak one may be taken, and is told. */
export const judgeRefusals =
  (refusals: readonly Refusal[]) =>
  (attempts: Attempts): Finding => {
    const weak = acceptedWeak(attempts, refusals);
    const bad = worst(
      refusals.flatMap((refusal) =>
        refusal.names.map((name) => judgeRefusal(attempts, name, refusal)),
      ),
    );
    const told = refusals.flatMap(({ names }) =>
      names.map((name) => {
        const attempt = named(attempts, name);
        const outcome = weak.includes(name) ? 'taken, as RFC 5246 allows' : null;
        return `${name}: ${outcome ?? (attempt ? loggedBy(attempt) : '')}`;
      }),
    );
    const passed = pass(`${told.join(', ')}; the same server without a fault was registered with`, [
      path,
    ]);
    const finding = bad?.kind === 'fail' ? bad : (controlProblem(attempts) ?? bad ?? passed);
    return noting(finding, weak.length === 0 ? null : weakSignatures(weak, path));
  };

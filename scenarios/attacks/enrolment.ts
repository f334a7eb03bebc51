import { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';

const stepSchema = z.object({ kind: z.string(), status: z.number().optional() }).nullable();

const enrolmentsSchema = z.array(
  z.object({ token: z.string(), certificate: stepSchema, certificateGiven: z.boolean() }),
);

/** Everything that someone without the token was to try. */
const wrongTokens = ['none', 'empty', 'wrong', 'no-enrolment'] as const;

/** Without the right token, no certificate; with it, one (control). Only a refusal by status counts as one. */
const judgeTokens = (evidence: Evidence): Finding => {
  const path = 'evidence/intruder/enrolments.json';
  const attempts = evidence.json('intruder', 'enrolments.json', enrolmentsSchema);
  if (!attempts) return inconclusive('the attempts to enrol are not among the evidence');
  const wrong = attempts.filter(({ token }) => token !== 'right');
  const controls = attempts.filter(({ token }) => token === 'right');
  const given = wrong.find(({ certificateGiven }) => certificateGiven);
  if (given)
    return fail(
      'a certificate was given without the right token',
      'no certificate without the token sent to the user',
      `one for the token "${given.token}"`,
      [path],
    );
  if (controls.length === 0 || !controls.every(({ certificateGiven }) => certificateGiven))
    return inconclusive('the control, with the right token, got no certificate', [path]);
  const untried = wrongTokens.find((kind) => !wrong.some(({ token }) => token === kind));
  if (untried) return inconclusive(`the token "${untried}" was not tried`, [path]);
  const unclear = wrong.find(({ certificate }) => !refusedByStatus(certificate?.status));
  if (unclear)
    return inconclusive(
      `the attempt with the token "${unclear.token}" was not refused for it: ${unclear.certificate?.status ?? 'no status'}`,
      [path],
    );
  return pass(
    `${wrong.length} attempts without the right token were refused, the one with it was served`,
    [path],
  );
};

/** Too many requests, a timeout or a server's own fault refuse no token. */
const refusedByStatus = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && ![408, 425, 429].includes(status);

const registrationsSchema = z.array(
  z.object({
    certificate: z.enum(['none', 'rogue-authority', 'own']),
    outcome: z.object({ kind: z.string(), status: z.number().optional() }),
    refusals: z.array(z.string()),
  }),
);

/** The codes by which an appliance says that a client's certificate was the reason. */
const certificateRefusals = ['tls/handshake', 'sip/client-certificate'];

type Registration = z.infer<typeof registrationsSchema>[number];

/** Refused, and the appliance logged the certificate as the reason. */
const isRefused = ({ outcome, refusals }: Registration): boolean =>
  (['tls-refused', 'closed'].includes(outcome.kind) ||
    (outcome.kind === 'refused' && [401, 403].includes(outcome.status ?? 0))) &&
  refusals.some((code) => certificateRefusals.includes(code));

/** Without a certificate of the client authority nobody registers; with one, somebody does (control). */
const judgeRegistrations = (evidence: Evidence): Finding => {
  const path = 'evidence/intruder/registrations.json';
  const attempts = evidence.json('intruder', 'registrations.json', registrationsSchema);
  if (!attempts) return inconclusive('the attempts to register are not among the evidence');
  const intrusions = attempts.filter(({ certificate }) => certificate !== 'own');
  const controls = attempts.filter(({ certificate }) => certificate === 'own');
  const registered = intrusions.find(({ outcome }) => outcome.kind === 'registered');
  if (registered)
    return fail(
      'a user registered without a certificate of the client authority',
      'refused',
      `registered with the certificate "${registered.certificate}"`,
      [path],
    );
  if (controls.length === 0 || !controls.every(({ outcome }) => outcome.kind === 'registered'))
    return inconclusive('the control, with its own certificate, was not registered', [path]);
  const untried = (['none', 'rogue-authority'] as const).find(
    (kind) => !intrusions.some(({ certificate }) => certificate === kind),
  );
  if (untried) return inconclusive(`the certificate "${untried}" was not tried`, [path]);
  const unclear = intrusions.find((attempt) => !isRefused(attempt));
  if (unclear)
    return inconclusive(
      `the attempt with the certificate "${unclear.certificate}" came out as ${unclear.outcome.kind}, logged: ${unclear.refusals.join(', ')}`,
      [path],
    );
  return pass(
    'without a certificate of the client authority the connection is refused; with one, the user registers',
    [path],
  );
};

const base = { revision: 2, activities: ['intruder'] } as const;

/** Attacks on enrolment (catalogue E) and on the servers' authentication of clients (T17). */
export const enrolmentAttacks: readonly Scenario[] = [
  {
    ...base,
    id: 'attacks/E1/token-needed',
    claims: ['2.2.b', '4.b'],
    needs: ['enrol', 'read-token'],
    judge: judgeTokens,
  },
  {
    ...base,
    id: 'attacks/T17/certificate-needed',
    claims: ['2.1.b', '5.2.a'],
    needs: ['enrol', 'refusal-log'],
    judge: judgeRegistrations,
  },
];

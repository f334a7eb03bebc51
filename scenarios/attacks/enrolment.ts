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

/** Without the right token, no certificate; with it, one (control). Only a refusal by status counts as one. */
const judgeTokens = (evidence: Evidence): Finding => {
  const path = 'evidence/intruder/enrolments.json';
  const attempts = evidence.json('intruder', 'enrolments.json', enrolmentsSchema);
  if (!attempts) return inconclusive('the attempts to enrol are not among the evidence');
  const wrong = attempts.filter(({ token }) => token !== 'right');
  const control = attempts.find(({ token }) => token === 'right');
  const given = wrong.find(({ certificateGiven }) => certificateGiven);
  if (given)
    return fail(
      'a certificate was given without the right token',
      'no certificate without the token sent to the user',
      `one for the token "${given.token}"`,
      [path],
    );
  if (control?.certificateGiven !== true)
    return inconclusive('the control, with the right token, got no certificate', [path]);
  const unclear = wrong.find(({ certificate }) => !refusedByStatus(certificate?.status));
  if (unclear || wrong.length === 0)
    return inconclusive(
      `the attempt with the token "${unclear?.token ?? 'wrong'}" was not refused by a status`,
      [path],
    );
  return pass(
    `${wrong.length} attempts without the right token were refused, the one with it was served`,
    [path],
  );
};

const refusedByStatus = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500;

const registrationsSchema = z.array(
  z.object({
    certificate: z.enum(['none', 'rogue-authority', 'own']),
    outcome: z.object({ kind: z.string(), status: z.number().optional() }),
    refusals: z.array(z.string()),
  }),
);

/** The codes by which an appliance says that a client's certificate was the reason. */
const certificateRefusals = ['tls/handshake', 'sip/client-certificate'];

/** Without a certificate of the client authority nobody registers; with one, somebody does (control). */
const judgeRegistrations = (evidence: Evidence): Finding => {
  const path = 'evidence/intruder/registrations.json';
  const attempts = evidence.json('intruder', 'registrations.json', registrationsSchema);
  if (!attempts) return inconclusive('the attempts to register are not among the evidence');
  const intrusions = attempts.filter(({ certificate }) => certificate !== 'own');
  const control = attempts.find(({ certificate }) => certificate === 'own');
  const registered = intrusions.find(({ outcome }) => outcome.kind === 'registered');
  if (registered)
    return fail(
      'a user registered without a certificate of the client authority',
      'refused',
      `registered with the certificate "${registered.certificate}"`,
      [path],
    );
  if (control?.outcome.kind !== 'registered')
    return inconclusive('the control, with its own certificate, was not registered', [path]);
  const unclear = intrusions.find(
    ({ outcome, refusals }) =>
      !['tls-refused', 'closed'].includes(outcome.kind) ||
      !refusals.some((code) => certificateRefusals.includes(code)),
  );
  if (unclear || intrusions.length === 0)
    return inconclusive(
      `the attempt with the certificate "${unclear?.certificate ?? 'none'}" came out as ${unclear?.outcome.kind ?? 'nothing'}, logged: ${unclear?.refusals.join(', ') ?? ''}`,
      [path],
    );
  return pass(
    'without a certificate of the client authority the connection is refused; with one, the user registers',
    [path],
  );
};

const base = { revision: 1, activities: ['intruder'] } as const;

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

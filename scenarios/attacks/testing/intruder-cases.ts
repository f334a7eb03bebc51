import { z } from 'zod';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const enrolments = z.array(
  z.looseObject({
    token: z.string(),
    certificate: z.looseObject({ kind: z.string() }).nullable(),
    certificateGiven: z.boolean(),
  }),
);
type Enrolment = z.infer<typeof enrolments>[number];

const inEnrolments = (change: (value: Enrolment[]) => unknown): Alteration =>
  withJson('intruder', 'enrolments.json', enrolments, change);

/** The attempt with one kind of token, changed. */
const withToken = (token: string, change: object): Alteration =>
  inEnrolments((attempts) =>
    attempts.map((each) => (each.token === token ? { ...each, ...change } : each)),
  );

const tokens = 'attacks/E1/token-needed';
const answered = (status: number) => ({ certificate: { kind: 'answered', status } });

const tokenCases: readonly JudgeCase[] = [
  ...['none', 'empty', 'wrong', 'no-enrolment'].flatMap((token) => [
    failing(
      tokens,
      `a certificate for the token "${token}"`,
      /without the right token/,
      withToken(token, { certificateGiven: true }),
    ),
    undecided(
      tokens,
      `the token "${token}" not tried`,
      /was not tried/,
      inEnrolments((attempts) => attempts.filter((each) => each.token !== token)),
    ),
  ]),
  failing(
    tokens,
    'a second attempt with a wrong token that was served',
    /without the right token/,
    inEnrolments((attempts) => [...attempts, { ...attempts[2], certificateGiven: true }]),
  ),
  undecided(
    tokens,
    'the control not served',
    /the control/,
    withToken('right', { certificateGiven: false }),
  ),
  undecided(
    tokens,
    'no control',
    /the control/,
    inEnrolments((attempts) => attempts.filter(({ token }) => token !== 'right')),
  ),
  undecided(tokens, 'a wrong token answered by 429', /429/, withToken('wrong', answered(429))),
  undecided(tokens, 'a wrong token answered by 500', /500/, withToken('wrong', answered(500))),
  undecided(tokens, 'a success without a certificate', /200/, withToken('wrong', answered(200))),
  undecided(
    tokens,
    'a wrong token without an answer',
    /no status/,
    withToken('wrong', { certificate: { kind: 'deadline' } }),
  ),
  undecided(
    tokens,
    'a wrong token never given back',
    /no status/,
    withToken('wrong', { certificate: null }),
  ),
  undecided(
    tokens,
    'an empty list',
    /the control/,
    inEnrolments(() => []),
  ),
  undecided(
    tokens,
    'no attempts',
    /not among the evidence/,
    without('intruder', 'enrolments.json'),
  ),
  undecided(
    tokens,
    'an activity that failed',
    /activity intruder/,
    withOutcome('intruder', { status: 'failed', reason: 'no SMS' }),
  ),
];

const registrations = z.array(
  z.looseObject({
    certificate: z.string(),
    outcome: z.looseObject({ kind: z.string() }),
    refusals: z.array(z.string()),
  }),
);
type Registration = z.infer<typeof registrations>[number];

const inRegistrations = (change: (value: Registration[]) => unknown): Alteration =>
  withJson('intruder', 'registrations.json', registrations, change);

const withCertificate = (certificate: string, change: Partial<Registration>): Alteration =>
  inRegistrations((attempts) =>
    attempts.map((each) => (each.certificate === certificate ? { ...each, ...change } : each)),
  );

const needed = 'attacks/T17/certificate-needed';

const registrationCases: readonly JudgeCase[] = [
  ...['none', 'rogue-authority'].flatMap((certificate) => [
    failing(
      needed,
      `registered with the certificate "${certificate}"`,
      /registered without/,
      withCertificate(certificate, { outcome: { kind: 'registered' } }),
    ),
    undecided(
      needed,
      `the certificate "${certificate}" not tried`,
      /was not tried/,
      inRegistrations((attempts) => attempts.filter((each) => each.certificate !== certificate)),
    ),
    undecided(
      needed,
      `no reason logged for "${certificate}"`,
      /came out as/,
      withCertificate(certificate, { refusals: [] }),
    ),
    undecided(
      needed,
      `another reason logged for "${certificate}"`,
      /came out as/,
      withCertificate(certificate, { refusals: ['sip/identity'] }),
    ),
    undecided(
      needed,
      `no answer to "${certificate}"`,
      /came out as deadline/,
      withCertificate(certificate, { outcome: { kind: 'deadline' } }),
    ),
    undecided(
      needed,
      `a server that could not serve "${certificate}"`,
      /came out as refused/,
      withCertificate(certificate, {
        outcome: { kind: 'refused', status: 503 },
        refusals: ['sip/client-certificate'],
      }),
    ),
  ]),
  tolerated(
    needed,
    'a refusal by 403 that names the certificate',
    /the connection is refused/,
    withCertificate('none', {
      outcome: { kind: 'refused', status: 403 },
      refusals: ['sip/client-certificate'],
    }),
  ),
  undecided(
    needed,
    'a control that was refused',
    /the control/,
    withCertificate('own', { outcome: { kind: 'closed' } }),
  ),
  undecided(
    needed,
    'no control',
    /the control/,
    inRegistrations((attempts) => attempts.filter(({ certificate }) => certificate !== 'own')),
  ),
  undecided(
    needed,
    'an empty list',
    /the control/,
    inRegistrations(() => []),
  ),
  undecided(
    needed,
    'no attempts',
    /not among the evidence/,
    without('intruder', 'registrations.json'),
  ),
];

/** What an outsider’s attempts can come to. */
export const intruderCases: readonly JudgeCase[] = [...tokenCases, ...registrationCases];

import { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';

const outcomeSchema = z.object({
  kind: z.string(),
  by: z.string().optional(),
  description: z.number().optional(),
});

const scanSchema = z.object({
  controls: z.object({ first: outcomeSchema, last: outcomeSchema.nullable() }),
  attempts: z.array(z.object({ suites: z.array(z.number()), outcome: outcomeSchema })),
  beyond: z.array(z.object({ version: z.union([z.string(), z.number()]), name: z.string() })),
  deadlineMet: z.boolean(),
  truncated: z.boolean(),
});
type Scan = z.infer<typeof scanSchema>;

type Service = 'sip' | 'registration';

const onScan =
  (service: Service, judge: (scan: Scan, path: string) => Finding) =>
  (evidence: Evidence): Finding => {
    const scan = evidence.json('scan', `${service}.json`, scanSchema);
    return scan
      ? judge(scan, `evidence/scan/${service}.json`)
      : inconclusive(`the scan of the ${service} port is not among the evidence`);
  };

const profileName = 'TLS 1.2 with DHE-RSA-AES256-GCM-SHA384';

const beyondText = ({ beyond }: Scan): string =>
  beyond.map(({ version, name }) => `${version} ${name}`).join(', ');

/** The one profile of section 5.1, offered alone, must be accepted. A port that refuses it by an alert, or accepts others, is alive. */
const judgeControl = (scan: Scan, path: string): Finding => {
  const { first, last } = scan.controls;
  const accepted = [first, last].filter((outcome) => outcome?.kind === 'accepted').length;
  if (accepted === 2) return pass(`${profileName}, offered alone, is accepted`, [path]);
  const alive = scan.beyond.length > 0 || (first.kind === 'refused' && first.by === 'alert');
  if (alive && accepted === 0)
    return fail(
      'the server refuses the suite of the target',
      profileName,
      scan.beyond.length > 0
        ? `accepts ${beyondText(scan)}`
        : `refused with alert ${first.description}`,
      [path],
    );
  return inconclusive(
    `the control connection came out as ${first.kind} and ${last?.kind ?? 'nothing'}`,
    [path],
  );
};

/** Every other version and suite must be refused; a pass needs the controls and every attempt answered. */
const judgeOnly = (scan: Scan, path: string): Finding => {
  if (scan.beyond.length > 0)
    return fail(
      'the server accepts more than the target allows',
      `${profileName} and nothing else`,
      beyondText(scan),
      [path],
    );
  const control = judgeControl(scan, path);
  if (control.kind !== 'pass')
    return inconclusive('the one right profile was not accepted, so that refusals mean nothing', [
      path,
    ]);
  if (scan.deadlineMet) return inconclusive('an offer was not answered in time', [path]);
  if (scan.truncated) return inconclusive('the scan was cut at its bound of attempts', [path]);
  const unclear = scan.attempts.find(
    ({ outcome }) => outcome.kind !== 'refused' && outcome.kind !== 'accepted',
  );
  if (unclear) return inconclusive(`an offer was answered with ${unclear.outcome.kind}`, [path]);
  const suites = new Set(scan.attempts.flatMap((attempt) => attempt.suites));
  return pass(
    `${scan.attempts.length} offers with ${suites.size} suites in every version from SSL 2 to TLS 1.3: only ${profileName} is accepted`,
    [path],
  );
};

const plainSchema = z.array(
  z.object({
    port: z.number(),
    transport: z.string(),
    attempts: z.array(
      z.object({
        method: z.string(),
        outcome: z.object({ kind: z.string(), statusLine: z.string().optional() }),
      }),
    ),
  }),
);

/** SIP in clear must be answered nowhere; silence is no refusal, and the port must be alive for TLS. */
const judgePlain = (evidence: Evidence): Finding => {
  const path = 'evidence/scan/plain-sip.json';
  const places = evidence.json('scan', 'plain-sip.json', plainSchema);
  if (!places || places.length === 0)
    return inconclusive('the offers of SIP in clear are not among the evidence');
  const attempts = places.flatMap(({ port, transport, attempts: made }) =>
    made.map(({ method, outcome }) => ({
      name: `${method} to ${transport} port ${port}`,
      outcome,
    })),
  );
  const answered = attempts.find(({ outcome }) => outcome.kind === 'answered');
  if (answered)
    return fail(
      `${answered.name} was answered in clear`,
      'no SIP in clear',
      answered.outcome.statusLine ?? 'an answer',
      [path],
    );
  const unclear = attempts.find(
    ({ outcome }) => outcome.kind === 'silent' || outcome.kind === 'unreachable',
  );
  if (unclear) return inconclusive(`${unclear.name} came out as ${unclear.outcome.kind}`, [path]);
  const control = onScan('sip', judgeControl)(evidence);
  if (control.kind === 'inconclusive')
    return inconclusive('the SIP port did not answer over TLS either', [path]);
  return pass(`${attempts.length} requests in clear over UDP and TCP were refused or closed`, [
    path,
  ]);
};

const base = { revision: 1, activities: ['scan'], needs: [] } as const;

/** Attacks on TLS (catalogue T) and SIP in clear (S11). */
export const tlsAttacks: readonly Scenario[] = [
  {
    ...base,
    id: 'attacks/T2/sip-control',
    claims: ['5.1.a', '5.1.b'],
    judge: onScan('sip', judgeControl),
  },
  {
    ...base,
    id: 'attacks/T2/registration-control',
    claims: ['5.1.d', '5.1.e'],
    judge: onScan('registration', judgeControl),
  },
  {
    ...base,
    id: 'attacks/T1-T2/sip-only-profile',
    claims: ['5.1.k'],
    judge: onScan('sip', judgeOnly),
  },
  {
    ...base,
    id: 'attacks/T1-T2/registration-only-profile',
    claims: ['5.1.l'],
    judge: onScan('registration', judgeOnly),
  },
  { ...base, id: 'attacks/S11/sip-in-clear', claims: ['2.1.h'], judge: judgePlain },
];

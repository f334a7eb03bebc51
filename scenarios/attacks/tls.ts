import { z } from 'zod';
import { allSuites, suiteName } from '../../simulators/attackers/iana-suites.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';

/** The only profile that section 5.1 allows. */
const profile = { version: 'TLSv1.2', suite: 0x009f } as const;

const outcomeSchema = z.object({
  kind: z.string(),
  by: z.string().optional(),
  description: z.number().optional(),
  version: z.union([z.string(), z.number()]).optional(),
  suite: z.number().optional(),
});
type Outcome = z.infer<typeof outcomeSchema>;

const scanSchema = z.object({
  endpoint: z.object({ host: z.string(), port: z.number() }),
  controls: z.object({ first: outcomeSchema, last: outcomeSchema.nullable() }),
  attempts: z.array(
    z.object({
      version: z.union([z.string(), z.number()]),
      suites: z.array(z.number()),
      outcome: outcomeSchema,
    }),
  ),
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

const isProfile = ({ version, suite }: Outcome): boolean =>
  version === profile.version && suite === profile.suite;

/** What the server accepted beyond the one profile, by the outcomes themselves. */
const beyondText = ({ attempts, controls }: Scan): string => {
  const outcomes = [controls.first, controls.last, ...attempts.map(({ outcome }) => outcome)];
  const beyond = outcomes.filter((outcome) => outcome?.kind === 'accepted' && !isProfile(outcome));
  const names = beyond.map(
    (outcome) =>
      `${outcome?.version} ${outcome?.suite === undefined ? '' : suiteName(outcome.suite)}`,
  );
  return [...new Set(names)].join(', ');
};

/** Alerts by which a server says that it has no version or suite in common: handshake_failure, illegal_parameter, protocol_version, insufficient_security (RFC 5246 section 7.2.2). */
const mismatchAlerts = [40, 47, 70, 71];

const isMismatch = ({ kind, by, description }: Outcome): boolean =>
  kind === 'refused' && by === 'alert' && mismatchAlerts.includes(description ?? -1);

/** The one profile of section 5.1, offered alone, must be accepted. A port that refuses it by such an alert, or accepts others, is alive. */
const judgeControl = (scan: Scan, path: string): Finding => {
  const { first, last } = scan.controls;
  const controls = [first, last].filter((outcome) => outcome !== null);
  const accepted = controls.filter((outcome) => outcome.kind === 'accepted' && isProfile(outcome));
  if (accepted.length === 2) return pass(`${profileName}, offered alone, is accepted`, [path]);
  const beyond = beyondText(scan);
  const refused = controls.length === 2 && controls.every(({ kind }) => kind === 'refused');
  if (accepted.length === 0 && (beyond !== '' || (refused && controls.every(isMismatch))))
    return fail(
      'the server refuses the suite of the target',
      profileName,
      beyond === '' ? `refused with alert ${first.description}` : `accepts ${beyond}`,
      [path],
    );
  return inconclusive(
    `the control connection came out as ${first.kind} and ${last?.kind ?? 'nothing'}`,
    [path],
  );
};

/** Versions that must be offered, each with every suite; SSL 2 has suites of its own. */
const versions = ['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The first version and suite that were never refused; null where every one was. */
const unoffered = ({ attempts }: Scan): string | null => {
  const refusedOf = (version: string): ReadonlySet<number> =>
    new Set(
      attempts
        .filter((attempt) => attempt.version === version && attempt.outcome.kind === 'refused')
        .flatMap(({ suites }) => suites),
    );
  if (refusedOf('SSLv2').size === 0) return 'SSLv2';
  for (const version of versions) {
    const refused = refusedOf(version);
    const missing = allSuites.find(
      (suite) => !refused.has(suite) && !isProfile({ kind: 'offered', version, suite }),
    );
    if (missing !== undefined) return `${version} with ${suiteName(missing)}`;
  }
  return null;
};

/** Every other version and suite must be refused; a pass needs the controls and every attempt answered. */
const judgeOnly = (scan: Scan, path: string): Finding => {
  const beyond = beyondText(scan);
  if (beyond !== '')
    return fail(
      'the server accepts more than the target allows',
      `${profileName} and nothing else`,
      beyond,
      [path],
    );
  const control = judgeControl(scan, path);
  if (control.kind !== 'pass')
    return inconclusive('the one right profile was not accepted, so that refusals mean nothing', [
      path,
    ]);
  const unclear = scan.attempts.find(
    ({ outcome }) => outcome.kind !== 'refused' && outcome.kind !== 'accepted',
  );
  if (unclear?.outcome.kind === 'deadline')
    return inconclusive('an offer was not answered in time', [path]);
  if (unclear) return inconclusive(`an offer was answered with ${unclear.outcome.kind}`, [path]);
  if (scan.truncated) return inconclusive('the scan was cut at its bound of attempts', [path]);
  const missing = unoffered(scan);
  if (missing !== null)
    return inconclusive(`${missing} was not offered and refused: the scan is not whole`, [path]);
  const suites = new Set(scan.attempts.flatMap((attempt) => attempt.suites));
  return pass(
    `${scan.attempts.length} offers with ${suites.size} suites in every version from SSL 2 to TLS 1.3: only ${profileName} is accepted`,
    [path],
  );
};

/** None of a family of suites may be taken; without the family, the attacks on it have nothing to work on. */
const judgeFamily =
  (family: RegExp, attack: string) =>
  (scan: Scan, path: string): Finding => {
    const taken = scan.attempts.find(
      ({ outcome: { kind, version, suite } }) =>
        kind === 'accepted' &&
        (version === 'SSLv2' || (suite !== undefined && family.test(suiteName(suite)))),
    );
    if (taken) {
      const { version, suite = 0 } = taken.outcome;
      return fail(
        `${attack} is possible`,
        'no suite of that family',
        `${version} ${suiteName(suite)}`,
        [path],
      );
    }
    if (judgeControl(scan, path).kind !== 'pass')
      return inconclusive('the one right profile was not accepted, so that refusals mean nothing', [
        path,
      ]);
    const missing = unoffered(scan);
    if (missing !== null || scan.truncated)
      return inconclusive(`the scan is not whole: ${missing ?? 'it was cut at its bound'}`, [path]);
    const number = allSuites.filter((suite) => family.test(suiteName(suite))).length;
    return pass(
      `${number} suites and SSL 2 offered, all refused: ${attack} has nothing to work on`,
      [path],
    );
  };

const judgeRsa = judgeFamily(/^(TLS|SSL)_RSA_/, 'an oracle for RSA key exchange (Bleichenbacher)');
const judgeExport = judgeFamily(/_EXPORT/, 'a downgrade to export keys (FREAK, Logjam)');

const plainSchema = z.array(
  z.object({
    port: z.number(),
    transport: z.string(),
    attempts: z.array(
      z.object({
        method: z.string(),
        outcome: z.object({
          kind: z.string(),
          statusLine: z.string().optional(),
          firstBytes: z.string().optional(),
        }),
      }),
    ),
  }),
);
type Places = z.infer<typeof plainSchema>;

/** A request in clear was turned away: the port is closed or filtered, the connection ended, or TLS answered with an alert (content type 21). Silence behind an open port is no refusal. */
const isTurnedAway = ({ kind, firstBytes }: Places[number]['attempts'][number]['outcome']) =>
  ['closed', 'refused-port', 'filtered'].includes(kind) ||
  (kind === 'not-sip' && firstBytes?.startsWith('1503') === true);

/** The first place where SIP in clear ought to have been offered and was not. */
const notTried = (places: Places, sipPort: number): string | null => {
  const wanted = [sipPort, 5060].flatMap((port) =>
    ['tcp', 'udp'].flatMap((transport) =>
      ['OPTIONS', 'REGISTER'].map((method) => ({ port, transport, method })),
    ),
  );
  const missing = wanted.find(
    ({ port, transport, method }) =>
      !places.some(
        (place) =>
          place.port === port &&
          place.transport === transport &&
          place.attempts.some((attempt) => attempt.method === method),
      ),
  );
  return missing ? `${missing.method} to ${missing.transport} port ${missing.port}` : null;
};

/** SIP in clear must be answered nowhere; the host must answer over TLS before and, where nothing came back at all, after. */
const judgePlain = (evidence: Evidence): Finding => {
  const path = 'evidence/scan/plain-sip.json';
  const places = evidence.json('scan', 'plain-sip.json', plainSchema);
  const scan = evidence.json('scan', 'sip.json', scanSchema);
  if (!places) return inconclusive('the offers of SIP in clear are not among the evidence');
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
  const unclear = attempts.find(({ outcome }) => !isTurnedAway(outcome));
  if (unclear) return inconclusive(`${unclear.name} came out as ${unclear.outcome.kind}`, [path]);
  if (!scan || judgeControl(scan, path).kind === 'inconclusive')
    return inconclusive('the SIP port did not answer over TLS either', [path]);
  const filtered = attempts.filter(({ outcome }) => outcome.kind === 'filtered').length;
  const after = evidence.json('scan', 'registration.json', scanSchema);
  if (filtered > 0 && (!after || judgeControl(after, path).kind === 'inconclusive'))
    return inconclusive('the appliance fell silent altogether: it did not answer afterwards', [
      path,
    ]);
  const missing = notTried(places, scan.endpoint.port);
  if (missing !== null) return inconclusive(`${missing} was not tried`, [path]);
  const how = filtered > 0 ? `refused, closed or (${filtered}) filtered` : 'refused or closed';
  return pass(`${attempts.length} requests in clear over UDP and TCP were ${how}`, [path]);
};

const base = { revision: 2, activities: ['scan'], needs: [] } as const;

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
  { ...base, id: 'attacks/T15/sip-rsa', claims: ['5.1.k', '4.a'], judge: onScan('sip', judgeRsa) },
  {
    ...base,
    id: 'attacks/T15/registration-rsa',
    claims: ['5.1.l', '4.a'],
    judge: onScan('registration', judgeRsa),
  },
  {
    ...base,
    id: 'attacks/T16/sip-export',
    claims: ['5.1.k', '4.a'],
    judge: onScan('sip', judgeExport),
  },
  {
    ...base,
    id: 'attacks/T16/registration-export',
    claims: ['5.1.l', '4.a'],
    judge: onScan('registration', judgeExport),
  },
  { ...base, id: 'attacks/S11/sip-in-clear', claims: ['2.1.h'], judge: judgePlain },
];

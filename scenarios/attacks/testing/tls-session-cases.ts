import { z } from 'zod';
import { all, without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, noted, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const outcome = z.looseObject({ end: z.string() });
const offers = z.array(z.looseObject({ name: z.string(), outcome }));

const silent = { established: false, resumed: false, answer: null, end: 'deadline', alerts: [] };
const resumed = { established: true, resumed: true };

const offer = (name: string, change: object): Alteration =>
  withJson('tls-ports', 'resumptions.json', offers, (all) =>
    all.map((each) =>
      each.name === name ? { ...each, outcome: { ...each.outcome, ...change } } : each,
    ),
  );
const kinds = [
  'identifier',
  'ticket',
  'ticket-altered',
  'identifier-of-other-port',
  'ticket-of-other-port',
];

const resumptionCases = (service: 'sip' | 'registration'): readonly JudgeCase[] => {
  const id = `attacks/T10/${service}-resumption`;
  return [
    ...kinds.flatMap((kind) => [
      kind === 'identifier' || kind === 'ticket'
        ? noted(
            id,
            `resumed by ${kind}`,
            /^T10\/resumption: /,
            offer(`${service}-${kind}`, resumed),
          )
        : failing(id, `resumed by ${kind}`, /was resumed by/, offer(`${service}-${kind}`, resumed)),
      undecided(
        id,
        `${kind} not offered`,
        /was not tried/,
        withJson('tls-ports', 'resumptions.json', offers, (all) =>
          all.filter(({ name }) => name !== `${service}-${kind}`),
        ),
      ),
    ]),
    undecided(
      id,
      'an offer without an answer',
      /came out as deadline/,
      offer(`${service}-ticket-altered`, silent),
    ),
    undecided(
      id,
      'a control that was not served',
      /the control, a session offered where it began/,
      offer(`${service}-identifier`, { answer: null }),
    ),
    undecided(id, 'no evidence', /not among/, without('tls-ports', 'resumptions.json')),
  ];
};

const revoked = z.looseObject({
  control: outcome,
  whole: outcome,
  resumptions: z.array(z.looseObject({ name: z.string(), outcome })),
});
const inRevoked = (change: (value: z.infer<typeof revoked>) => object): Alteration =>
  withJson('tls-revoked', 'revoked.json', revoked, change);
const served = { answer: 'SIP/2.0 403 Forbidden', established: true };
const revokedId = 'attacks/T10/revoked-session';

const resumptionOf = (kind: string, change: object): Alteration =>
  inRevoked((value) => ({
    ...value,
    resumptions: value.resumptions.map((each) =>
      each.name === kind ? { ...each, outcome: { ...each.outcome, ...change } } : each,
    ),
  }));

const revokedCases: readonly JudgeCase[] = [
  ...['identifier', 'ticket'].flatMap((kind) => [
    failing(revokedId, `served by ${kind}`, /was served by/, resumptionOf(kind, served)),
    tolerated(
      revokedId,
      `resumed by ${kind}, and closed before anything was served`,
      /then closed/,
      resumptionOf(kind, { ...resumed, answer: null, end: 'closed', alerts: [] }),
    ),
    undecided(revokedId, `no answer to ${kind}`, /came out as/, resumptionOf(kind, silent)),
  ]),
  failing(
    revokedId,
    'served by a whole handshake',
    /a whole handshake/,
    inRevoked((value) => ({ ...value, whole: { ...value.whole, ...served } })),
  ),
  undecided(
    revokedId,
    'a control that was not served',
    /the control, the same user/,
    inRevoked((value) => ({ ...value, control: { ...value.control, answer: null } })),
  ),
  undecided(
    revokedId,
    'no resumption tried',
    /was not tried/,
    inRevoked((value) => ({ ...value, resumptions: [] })),
  ),
  undecided(revokedId, 'no evidence', /not among/, without('tls-revoked', 'revoked.json')),
  undecided(
    revokedId,
    'an activity that failed',
    /activity tls-revoked/,
    withOutcome('tls-revoked', { status: 'failed', reason: 'no session' }),
  ),
];

const moment = z.looseObject({ sip: z.looseObject({}), registration: z.looseObject({}) });
const flood = z.looseObject({
  before: moment,
  during: moment,
  after: moment,
  counts: z.looseObject({ sip: z.looseObject({}), registration: z.looseObject({}) }),
});
type Flood = z.infer<typeof flood>;

const inFlood = (
  which: 'before' | 'during' | 'after' | 'counts',
  service: 'sip' | 'registration',
  change: object,
): Alteration =>
  withJson('tls-flood', 'service.json', flood, (value: Flood) => ({
    ...value,
    [which]: { ...value[which], [service]: { ...value[which][service], ...change } },
  }));

const floodCases = (service: 'sip' | 'registration'): readonly JudgeCase[] => {
  const id = `attacks/T20/${service}-others-served`;
  const unserved = { served: false, ending: 'closed' };
  return [
    failing(id, 'others shut out', /shut others out/, inFlood('during', service, unserved)),
    undecided(
      id,
      'others served too late',
      /not served in time/,
      inFlood('during', service, { served: false, ending: 'tls/deadline' }),
    ),
    undecided(id, 'no service before', /the control/, inFlood('before', service, unserved)),
    undecided(
      id,
      'no service afterwards',
      /the control/,
      all(inFlood('during', service, unserved), inFlood('after', service, unserved)),
    ),
    undecided(id, 'no flood', /only 3 handshakes/, inFlood('counts', service, { opened: 3 })),
    undecided(id, 'no evidence', /not among/, without('tls-flood', 'service.json')),
    undecided(
      id,
      'an activity that failed',
      /activity tls-flood/,
      withOutcome('tls-flood', { status: 'failed', reason: 'the phone could not enrol' }),
    ),
  ];
};

const scan = z.looseObject({
  controls: z.looseObject({}),
  attempts: z.array(z.looseObject({ version: z.unknown(), suites: z.array(z.number()) })),
});

/** Families of suites that the scan must find refused. */
const familyCases = (
  service: 'sip' | 'registration',
  row: string,
  name: string,
  suite: number,
): readonly JudgeCase[] => {
  const id = `attacks/${row}/${service}-${name}`;
  const inScan = (change: (value: z.infer<typeof scan>) => object): Alteration =>
    withJson('scan', `${service}.json`, scan, change);
  const accepting = (version: string, taken: number): Alteration =>
    inScan((value) => ({
      ...value,
      attempts: value.attempts.map((each) =>
        each.version === version
          ? { ...each, outcome: { kind: 'accepted', version, suite: taken } }
          : each,
      ),
    }));
  return [
    failing(id, 'a suite of the family accepted', /is possible/, accepting('TLSv1.1', suite)),
    failing(id, 'SSL 2 accepted', /is possible/, accepting('SSLv2', 0x010080)),
    undecided(
      id,
      'controls refused',
      /refusals mean nothing/,
      inScan((value) => ({ ...value, controls: { first: { kind: 'deadline' }, last: null } })),
    ),
    undecided(
      id,
      'a suite of the family never offered',
      /not whole/,
      inScan((value) => ({
        ...value,
        attempts: value.attempts.map((each) => ({
          ...each,
          suites: each.suites.filter((other) => other !== suite),
        })),
      })),
    ),
    undecided(id, 'no scan', /not among/, without('scan', `${service}.json`)),
  ];
};

/** What sessions offered again, unfinished handshakes and families of suites can come to. */
export const tlsSessionCases: readonly JudgeCase[] = [
  ...(['sip', 'registration'] as const).flatMap((service) => [
    ...resumptionCases(service),
    ...floodCases(service),
    ...familyCases(service, 'T15', 'rsa', 0x002f),
    ...familyCases(service, 'T16', 'export', 0x0008),
  ]),
  ...revokedCases,
];

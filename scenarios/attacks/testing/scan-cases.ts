import { z } from 'zod';
import { all, without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const outcome = z.looseObject({ kind: z.string() });
const scan = z.looseObject({
  controls: z.looseObject({ first: outcome, last: outcome.nullable() }),
  attempts: z.array(z.looseObject({ version: z.unknown(), suites: z.array(z.number()), outcome })),
});

type Service = 'sip' | 'registration';

const inScan = (service: Service, change: (value: z.infer<typeof scan>) => unknown): Alteration =>
  withJson('scan', `${service}.json`, scan, change);

const controls = (service: Service, first: object, last: object | null): Alteration =>
  inScan(service, (value) => ({ ...value, controls: { first, last } }));

const accepted = (version: string, suite: number) => ({ kind: 'accepted', version, suite });
const refused = (description: number) => ({ kind: 'refused', by: 'alert', level: 2, description });
const right = accepted('TLSv1.2', 0x009f);

const scanMissing = (id: string, service: Service): readonly JudgeCase[] => [
  undecided(id, 'no scan', /not among the evidence/, without('scan', `${service}.json`)),
  undecided(
    id,
    'a scan of the wrong shape',
    /not among the evidence/,
    inScan(service, () => []),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity scan: /,
    withOutcome('scan', { status: 'failed', reason: 'connection refused' }),
  ),
];

const controlCases = (id: string, service: Service): readonly JudgeCase[] => [
  failing(
    id,
    'the one suite refused by handshake_failure, twice',
    /refuses the suite/,
    controls(service, refused(40), refused(40)),
  ),
  failing(
    id,
    'another suite chosen than was offered',
    /refuses the suite/,
    controls(service, accepted('TLSv1.2', 0x009e), accepted('TLSv1.2', 0x009e)),
  ),
  failing(
    id,
    'the one suite refused, others accepted',
    /refuses the suite/,
    inScan(service, ({ attempts, ...rest }) => ({
      ...rest,
      controls: { first: { kind: 'refused', by: 'reset' }, last: { kind: 'refused', by: 'reset' } },
      attempts: attempts.map((each) =>
        each.version === 'TLSv1.1' ? { ...each, outcome: accepted('TLSv1.1', 0x002f) } : each,
      ),
    })),
  ),
  undecided(id, 'no answer in time', /deadline/, controls(service, { kind: 'deadline' }, null)),
  undecided(id, 'no server', /unreachable/, controls(service, { kind: 'unreachable' }, null)),
  undecided(
    id,
    'a connection that was merely reset',
    /refused and refused/,
    controls(service, { kind: 'refused', by: 'reset' }, { kind: 'refused', by: 'reset' }),
  ),
  undecided(
    id,
    'an internal error of the server',
    /refused and refused/,
    controls(service, refused(80), refused(80)),
  ),
  undecided(
    id,
    'the last control refused',
    /accepted and refused/,
    controls(service, right, refused(40)),
  ),
  undecided(id, 'no last control', /accepted and nothing/, controls(service, right, null)),
  ...scanMissing(id, service),
];

/** Attempts of a version, changed. */
const attemptsOf = (service: Service, version: string, other: object): Alteration =>
  inScan(service, ({ attempts, ...rest }) => ({
    ...rest,
    attempts: attempts.map((each) =>
      each.version === version ? { ...each, outcome: other } : each,
    ),
  }));

const onlyCases = (id: string, service: Service): readonly JudgeCase[] => [
  failing(
    id,
    'TLS 1.0 accepted, though the scan’s own summary names nothing',
    /accepts more/,
    attemptsOf(service, 'TLSv1.0', accepted('TLSv1.0', 0x0039)),
  ),
  failing(
    id,
    'the suite accepted under TLS 1.3',
    /accepts more/,
    attemptsOf(service, 'TLSv1.3', accepted('TLSv1.3', 0x1302)),
  ),
  failing(
    id,
    'a NULL suite accepted by a server that refuses the control',
    /accepts more/,
    all(
      attemptsOf(service, 'TLSv1.2', accepted('TLSv1.2', 0x003b)),
      controls(service, refused(40), refused(40)),
    ),
  ),
  undecided(
    id,
    'controls that were refused',
    /refusals mean nothing/,
    controls(service, refused(40), refused(40)),
  ),
  undecided(id, 'no last control', /refusals mean nothing/, controls(service, right, null)),
  undecided(
    id,
    'an offer without an answer in time',
    /not answered in time/,
    attemptsOf(service, 'SSLv3', { kind: 'deadline' }),
  ),
  undecided(
    id,
    'garbage for an answer',
    /answered with garbage/,
    attemptsOf(service, 'TLSv1.1', { kind: 'garbage' }),
  ),
  undecided(
    id,
    'a server that fell silent',
    /answered with unreachable/,
    attemptsOf(service, 'TLSv1.1', { kind: 'unreachable' }),
  ),
  undecided(
    id,
    'no attempts',
    /the scan is not whole/,
    inScan(service, (value) => ({ ...value, attempts: [] })),
  ),
  undecided(
    id,
    'no attempt with TLS 1.1',
    /TLSv1\.1 with .* the scan is not whole/,
    inScan(service, ({ attempts, ...rest }) => ({
      ...rest,
      attempts: attempts.filter(({ version }) => version !== 'TLSv1.1'),
    })),
  ),
  undecided(
    id,
    'one suite never offered',
    /TLS_RSA_WITH_NULL_SHA256 was not offered/,
    inScan(service, ({ attempts, ...rest }) => ({
      ...rest,
      attempts: attempts.map((each) => ({
        ...each,
        suites: each.suites.filter((suite) => suite !== 0x003b),
      })),
    })),
  ),
  undecided(
    id,
    'a scan cut at its bound',
    /cut at its bound/,
    inScan(service, (value) => ({ ...value, truncated: true })),
  ),
  ...scanMissing(id, service),
];

const plain = z.array(
  z.looseObject({
    port: z.number(),
    transport: z.string(),
    attempts: z.array(z.looseObject({ method: z.string(), outcome })),
  }),
);

const inPlain = (change: (value: z.infer<typeof plain>) => unknown): Alteration =>
  withJson('scan', 'plain-sip.json', plain, change);

const lastPlain = (other: object): Alteration =>
  inPlain((places) => {
    Object.assign(places.at(-1)?.attempts.at(-1) ?? {}, { outcome: other });
  });

const plainId = 'attacks/S11/sip-in-clear';

const plainCases: readonly JudgeCase[] = [
  failing(
    plainId,
    'the last request answered',
    /was answered in clear/,
    lastPlain({ kind: 'answered', statusLine: 'SIP/2.0 200 OK' }),
  ),
  failing(
    plainId,
    'a refusal in SIP, which is an answer in clear',
    /was answered in clear/,
    lastPlain({ kind: 'answered', statusLine: 'SIP/2.0 403 Forbidden' }),
  ),
  undecided(plainId, 'silence', /came out as silent/, lastPlain({ kind: 'silent' })),
  undecided(plainId, 'no host', /came out as unreachable/, lastPlain({ kind: 'unreachable' })),
  undecided(
    plainId,
    'an answer of unknown content',
    /came out as not-sip/,
    lastPlain({ kind: 'not-sip', firstBytes: '485454502f' }),
  ),
  tolerated(
    plainId,
    'a TLS alert',
    /were refused or closed/,
    lastPlain({ kind: 'not-sip', firstBytes: '15030300020246' }),
  ),
  tolerated(
    plainId,
    'a filtered port of a host that answered afterwards',
    /\(1\) filtered/,
    lastPlain({ kind: 'filtered', requests: 3 }),
  ),
  undecided(
    plainId,
    'a filtered port of a host that did not answer afterwards',
    /fell silent altogether/,
    async (evidence) =>
      controls(
        'registration',
        { kind: 'deadline' },
        null,
      )(await lastPlain({ kind: 'filtered', requests: 3 })(evidence)),
  ),
  undecided(
    plainId,
    'no offers',
    /was not tried/,
    inPlain(() => []),
  ),
  undecided(
    plainId,
    'no attempts at any place',
    /was not tried/,
    inPlain((places) => places.map((place) => ({ ...place, attempts: [] }))),
  ),
  undecided(
    plainId,
    'only port 5060 tried',
    /was not tried/,
    inPlain((places) => places.filter(({ port }) => port === 5060)),
  ),
  undecided(
    plainId,
    'only TCP tried',
    /udp port .* was not tried/,
    inPlain((places) => places.filter(({ transport }) => transport === 'tcp')),
  ),
  undecided(
    plainId,
    'a server that did not answer over TLS either',
    /did not answer over TLS/,
    controls('sip', { kind: 'deadline' }, null),
  ),
  undecided(
    plainId,
    'no offers among the evidence',
    /not among the evidence/,
    without('scan', 'plain-sip.json'),
  ),
];

/** What a scan of the TLS ports can come to. */
export const scanCases: readonly JudgeCase[] = [
  ...controlCases('attacks/T2/sip-control', 'sip'),
  ...controlCases('attacks/T2/registration-control', 'registration'),
  ...onlyCases('attacks/T1-T2/sip-only-profile', 'sip'),
  ...onlyCases('attacks/T1-T2/registration-only-profile', 'registration'),
  ...plainCases,
];

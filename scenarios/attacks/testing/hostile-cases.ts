import {
  hostileActivity,
  hostileCallsSchema,
  hostileKeysSchema,
  hostileRequestsSchema,
  type HostileCall,
  type HostileRequest,
  type HostileSide,
  type PhoneSaid,
} from '../activities/hostile-evidence.ts';
import { hostileRefusals } from '../key-agreement-hostile.ts';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const inCalls = (change: (calls: HostileCall[]) => unknown): Alteration =>
  withJson(hostileActivity, 'calls.json', hostileCallsSchema, change);

/** Every call of an attack, changed. */
const call = (attack: string, change: (call: HostileCall) => Partial<HostileCall>): Alteration =>
  inCalls((calls) =>
    calls.map((each) => (each.attack === attack ? { ...each, ...change(each) } : each)),
  );

const phone = (attack: string, side: HostileSide, change: Partial<PhoneSaid>): Alteration =>
  call(attack, (each) => ({ [side]: { ...each[side], ...change } }));

const shown = { local: '0000', peer: '1111' };

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no calls', /not among the evidence/, without(hostileActivity, 'calls.json')),
  undecided(
    id,
    'an activity that failed',
    /activity hostile-operator/,
    withOutcome(hostileActivity, { status: 'failed', reason: 'no UDP port' }),
  ),
  undecided(
    id,
    'the first control without audio',
    /control calls/,
    inCalls((calls) => {
      Object.assign(calls.at(0)?.callee ?? {}, { packetsReceived: 0 });
    }),
  ),
  undecided(
    id,
    'no last control',
    /control calls/,
    inCalls((calls) => calls.slice(0, -1)),
  ),
  undecided(
    id,
    'controls that show other identifiers than their peers',
    /control calls|was refused/,
    phone('none', 'callee', { identifiers: shown }),
  ),
];

/** The callee's own 200, where the server should have answered. */
const answeredByCallee = (attack: string): Alteration =>
  call(attack, ({ passed }) => ({
    passed: [...passed, { from: 'callee', what: '200 INVITE', csl: 4, toTag: 'own' }],
  }));

const notImpersonated: readonly JudgeCase[] = [
  ['attacks/K6/misbinding', 'answered-by-another'],
  ['attacks/K10/displayed-identifier', 'forged-identity'],
  ['attacks/K10/displayed-identifier', 'lying-identifier'],
].map(([id = '', attack = '']) =>
  undecided(
    id,
    `${attack}: answered by the callee itself`,
    /could not answer/,
    answeredByCallee(attack),
  ),
);

const otherOf = (side: HostileSide): HostileSide => (side === 'caller' ? 'callee' : 'caller');

const refusalCases: readonly JudgeCase[] = Object.entries(hostileRefusals).flatMap(
  ([name, { refusals }]) => {
    const id = `attacks/${name}`;
    return [
      ...missing(id),
      ...refusals.flatMap(({ attack, by, status, otherSpeaks }) => [
        failing(id, `${attack}: in call`, /for verified/, phone(attack, by, { state: 'in-call' })),
        failing(id, `${attack}: audio`, /for verified/, phone(attack, by, { packetsSent: 1 })),
        failing(id, `${attack}: shown`, /for verified/, phone(attack, by, { identifiers: shown })),
        ...(otherSpeaks
          ? []
          : [
              failing(
                id,
                `${attack}: the other speaks`,
                /for verified/,
                phone(attack, otherOf(by), { packetsSent: 3 }),
              ),
            ]),
        undecided(
          id,
          `${attack}: no end`,
          /otherwise than looked for/,
          status === undefined || status === 302
            ? phone(attack, by, { state: 'ringing' })
            : call(attack, () => ({ passed: [] })),
        ),
        undecided(
          id,
          `${attack}: another reason`,
          /for another reason/,
          phone(attack, by, { refusals: ['csl/time'], endedBy: 'csl/time' }),
        ),
        undecided(
          id,
          `${attack}: not tried`,
          /was not tried/,
          inCalls((calls) => calls.filter((each) => each.attack !== attack)),
        ),
      ]),
    ];
  },
);

const courses = 'attacks/K12-K14/course-of-call';
const audio = 'attacks/K4/audio-of-server';
const identifier = 'attacks/K10/displayed-identifier';

const courseCases: readonly JudgeCase[] = [
  failing(
    courses,
    'sent',
    /sent before the 200/,
    call('early-media', () => ({ early: 2 })),
  ),
  failing(
    courses,
    'taken',
    /was taken before the 200/,
    phone('early-media', 'caller', { packetsReceived: 10_000 }),
  ),
  undecided(
    courses,
    'not held back',
    /not tried/,
    call('early-media', () => ({ early: null })),
  ),
  undecided(
    courses,
    'no call afterwards',
    /did not come about/,
    phone('early-media', 'caller', { state: 'ended' }),
  ),
  failing(
    courses,
    'the second 200 confirmed',
    /confirmed by a tag/,
    call('second-answer', ({ passed }) => ({
      passed: passed.map((each) => (each.toTag === 'hostile' ? { ...each, csl: 1 } : each)),
    })),
  ),
  undecided(
    courses,
    'the second 200 not answered',
    /not by ACK and BYE/,
    call('second-answer', ({ passed }) => ({
      passed: passed.filter(({ toTag }) => toTag !== 'hostile'),
    })),
  ),
  failing(
    courses,
    'redirected into a call',
    /for verified/,
    phone('redirection', 'caller', { state: 'in-call' }),
  ),
  undecided(
    courses,
    'no ACK again',
    /not said again/,
    call('lost-ack', ({ passed }) => ({ passed: passed.filter(({ what }) => what !== 'ACK') })),
  ),
  undecided(
    courses,
    'the call ended by a repeated ACK',
    /did not come about/,
    phone('repeated-ack', 'callee', { state: 'ended' }),
  ),
];

const inRequests = (change: (requests: HostileRequest[]) => unknown): Alteration =>
  withJson(hostileActivity, 'requests.json', hostileRequestsSchema, (found) => ({
    ...found,
    requests: change(found.requests) ?? found.requests,
  }));

const request = (name: string, change: Partial<HostileRequest>): Alteration =>
  inRequests((made) => made.map((each) => (each.request === name ? { ...each, ...change } : each)));

const requestCases = (id: string, names: readonly string[]): readonly JudgeCase[] => [
  ...missing(id),
  undecided(id, 'no requests', /not among/, without(hostileActivity, 'requests.json')),
  undecided(
    id,
    'no audio afterwards',
    /did not go on/,
    withJson(hostileActivity, 'requests.json', hostileRequestsSchema, (found) => ({
      ...found,
      wentOn: false,
    })),
  ),
  ...names.flatMap((name) => [
    failing(id, `${name} granted`, /was accepted/, request(name, { status: 200 })),
    failing(id, `${name} followed`, /made the phone call/, request(name, { sent: ['INVITE'] })),
    undecided(id, `${name} without answer`, /otherwise/, request(name, { status: 'deadline' })),
    undecided(
      id,
      `${name} not tried`,
      /was not tried/,
      inRequests((made) => made.filter((each) => each.request !== name)),
    ),
  ]),
  ...names
    .filter((name) => name !== 'refer' && name !== 'update')
    .map((name) =>
      undecided(id, `${name}, other reason`, /otherwise/, request(name, { refusals: [] })),
    ),
];

const keys = (change: (value: { masterKey: string; masterSalt: string }[]) => unknown) =>
  withJson(hostileActivity, 'keys.json', hostileKeysSchema, change);

/** A packet of Speex in clear: a header, a frame of sub-mode 5. */
const clear = `80610001000000010000000128${'00'.repeat(36)}07`;

const audioCases: readonly JudgeCase[] = [
  ...missing(audio),
  failing(
    audio,
    'in clear',
    /understood the audio/,
    call('stripped-ack', () => ({
      heard: [1, 2, 3].map(() => ({ to: 'callee' as const, packet: clear })),
    })),
  ),
  undecided(audio, 'no keys', /not among the evidence/, without(hostileActivity, 'keys.json')),
  undecided(
    audio,
    'keys that open nothing',
    /the control opened 0/,
    keys(() => []),
  ),
  undecided(
    audio,
    'nothing tried',
    /tried no key/,
    call('none', () => ({ guesses: [] })),
  ),
  undecided(
    audio,
    'no audio',
    /no audio passed/,
    inCalls((calls) => calls.map((each) => ({ ...each, heard: [] }))),
  ),
  failing(audio, 'a key that opens', /understood the audio/, (evidence) => {
    const known = evidence.json(hostileActivity, 'keys.json', hostileKeysSchema) ?? [];
    return call('none', () => ({ guesses: known }))(evidence);
  }),
];

const identifierCases: readonly JudgeCase[] = [
  ...missing(identifier),
  failing(
    identifier,
    'a lying certificate accepted',
    /another key’s/,
    phone('lying-identifier', 'caller', { state: 'in-call', identifiers: shown }),
  ),
  failing(identifier, 'another key shown as the callee’s', /shown as the callee/, (evidence) => {
    const calls = evidence.json(hostileActivity, 'calls.json', hostileCallsSchema) ?? [];
    const identifiers = calls.at(0)?.caller.identifiers ?? null;
    return phone('forged-identity', 'caller', { identifiers })(evidence);
  }),
  undecided(
    identifier,
    'the control refused',
    /was refused/,
    phone('forged-identity', 'caller', { state: 'ended', identifiers: null }),
  ),
  undecided(
    identifier,
    'another reason',
    /another reason/,
    phone('lying-identifier', 'caller', { refusals: ['csl/issuer'] }),
  ),
  undecided(
    identifier,
    'not tried',
    /not among the evidence/,
    inCalls((calls) => calls.filter(({ attack }) => attack !== 'lying-identifier')),
  ),
];

/** What calls through a hostile signalling server can come to. */
export const hostileCases: readonly JudgeCase[] = [
  ...notImpersonated,
  ...refusalCases,
  ...courseCases,
  ...requestCases('attacks/K8/old-invite', ['old-invite', 'reflected-invite']),
  ...requestCases(courses, [
    're-invite-without-headers',
    're-invite-replayed',
    're-invite-of-another-number',
    're-invite-of-another-key',
    'update',
    'refer',
  ]),
  ...audioCases,
  ...identifierCases,
];

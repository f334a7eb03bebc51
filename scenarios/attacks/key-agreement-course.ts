import { fromHex } from '../../reference/core/bytes.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import {
  hostileActivity,
  hostileKeysSchema,
  hostileRequestsSchema,
  type HexKey,
  type HostileCall,
  type HostileRequest,
} from './activities/hostile-evidence.ts';
import {
  isConversation,
  judgeCall,
  onEach,
  onHostileCalls,
  redirection,
  untried,
} from './key-agreement-hostile.ts';

const callsPath = `evidence/${hostileActivity}/calls.json`;
const requestsPath = `evidence/${hostileActivity}/requests.json`;
const keysPath = `evidence/${hostileActivity}/keys.json`;

/** To tag by which the server speaks in the callee's name. */
const ownTag = 'hostile';

const goesOn = (call: HostileCall): Finding =>
  isConversation(call)
    ? pass(`"${call.attack}": the call went on`, [callsPath])
    : inconclusive(`"${call.attack}": the call did not come about`, [callsPath]);

const judgeEarlyMedia = (call: HostileCall): Finding => {
  const { early, caller, packets } = call;
  const expected = 'nothing sent and nothing taken before the 200 has verified';
  if (early === null)
    return inconclusive('the INVITE was not held back: early audio was not tried', [callsPath]);
  if (early > 0)
    return fail('audio was sent before the 200', expected, `${early} packets`, [callsPath]);
  const observed = `${caller.packetsReceived} packets taken, ${packets.caller} sent by the callee`;
  if (caller.packetsReceived > packets.caller)
    return fail('audio in clear was taken before the 200', expected, observed, [callsPath]);
  return goesOn(call);
};

const judgeSecondAnswer = (call: HostileCall): Finding => {
  const other = call.passed.filter(({ from, toTag }) => from === 'caller' && toTag === ownTag);
  const acknowledged = other.filter(({ what }) => what === 'ACK');
  const expected = 'an ACK without a tag, then BYE; the first call goes on';
  const observed = other.map(({ what, csl }) => `${what} with ${csl} X-CSL headers`).join(', ');
  if (acknowledged.some(({ csl }) => csl > 0))
    return fail('a second 200 was confirmed by a tag', expected, observed, [callsPath]);
  if (acknowledged.length === 0 || !other.some(({ what }) => what === 'BYE'))
    return inconclusive(
      `the second 200 was answered by ${observed || 'nothing'}, not by ACK and BYE`,
      [callsPath],
    );
  return goesOn(call);
};

const judgeLostAck = (call: HostileCall): Finding => {
  const count = (side: string, name: string) =>
    call.passed.filter(({ from, what }) => from === side && what === name).length;
  return count('callee', '200 INVITE') < 2 || count('caller', 'ACK') < 2
    ? inconclusive('the 200 and its ACK were not said again after an ACK was lost', [callsPath])
    : goesOn(call);
};

/** A request of the server's own, and how a phone must refuse it. */
interface Unwelcome {
  readonly request: string;
  readonly status: number | 'refused';
  /** None where the status alone is the reason. */
  readonly code?: string;
}

const judgeRequest = (
  { request, status, refusals, sent }: HostileRequest,
  unwelcome: Unwelcome,
): Finding => {
  const wanted = unwelcome.status === 'refused' ? 'a status of 400 or more' : unwelcome.status;
  const expected = `${wanted}${unwelcome.code === undefined ? '' : `, for ${unwelcome.code}`}`;
  const observed = `${status}; logged: ${refusals.join(', ') || 'nothing'}; sent: ${sent.join(', ') || 'nothing'}`;
  if (typeof status === 'number' && status < 300)
    return fail(`"${request}" was accepted`, expected, observed, [requestsPath]);
  if (sent.includes('INVITE'))
    return fail(`"${request}" made the phone call`, expected, observed, [requestsPath]);
  const fits = unwelcome.status === 'refused' ? status !== 'deadline' : status === unwelcome.status;
  if (!fits || (unwelcome.code !== undefined && !refusals.includes(unwelcome.code)))
    return inconclusive(`"${request}" came out otherwise than looked for: ${observed}`, [
      requestsPath,
    ]);
  return pass(`"${request}": ${observed}`, [requestsPath]);
};

const judgeRequests =
  (unwelcome: readonly Unwelcome[]) =>
  (evidence: Evidence): Finding =>
    onHostileCalls(evidence, () => {
      const found = evidence.json(hostileActivity, 'requests.json', hostileRequestsSchema);
      if (!found) return inconclusive('the requests slipped in are not among the evidence');
      const findings = unwelcome.map((each) => {
        const made = found.requests.filter(({ request }) => request === each.request);
        const judged = made.map((request) => judgeRequest(request, each));
        return worst(judged) ?? judged[0] ?? inconclusive(`"${each.request}" was not tried`);
      });
      const bad = worst(findings);
      if (bad) return bad;
      return found.wentOn
        ? pass(findings.map(({ observed }) => observed).join('; '), [requestsPath])
        : inconclusive('the call did not go on after what was slipped in', [requestsPath]);
    });

const opened = (packets: readonly string[], keys: readonly HexKey[]) => {
  const datagrams = packets.flatMap((packet) => {
    const bytes = fromHex(packet);
    return bytes.ok ? [{ at: 0, bytes: bytes.value }] : [];
  });
  const masters = keys.flatMap((key) => {
    const [masterKey, masterSalt] = [fromHex(key.masterKey), fromHex(key.masterSalt)];
    return masterKey.ok && masterSalt.ok
      ? [{ masterKey: masterKey.value, masterSalt: masterSalt.value }]
      : [];
  });
  const { payloads, readableInClear } = verifyStream(datagrams, masters);
  return { count: payloads.length, of: datagrams.length, readableInClear };
};

const packetsTo = ({ heard }: HostileCall, side: 'caller' | 'callee'): readonly string[] =>
  heard.filter(({ to }) => to === side).map(({ packet }) => packet);

const sides = ['caller', 'callee'] as const;

/** The server's own call with a phone, under a certificate that its authority made: what it hears there is meant for it. */
const impersonation = 'forged-identity';

/** The server's ports had the audio; it must be able to make nothing of it. The same search with the phones' own keys finds it. */
const judgeConfidential = (evidence: Evidence): Finding =>
  onHostileCalls(evidence, (calls) => {
    const keys = evidence.json(hostileActivity, 'keys.json', hostileKeysSchema);
    if (!keys) return inconclusive('the keys of the phones are not among the evidence');
    let found = 0;
    for (const call of calls.filter(({ attack }) => attack !== impersonation))
      for (const side of sides) {
        const packets = packetsTo(call, side);
        if (packets.length === 0) continue;
        const guessed = opened(packets, call.guesses);
        if (guessed.readableInClear || guessed.count > 0)
          return fail(
            `the server understood the audio of the call "${call.attack}"`,
            'audio that nobody but the two phones can read',
            `to the ${side}: ${guessed.readableInClear ? 'readable as it passed' : `${guessed.count} of ${guessed.of} packets opened`}`,
            [callsPath],
          );
        if (call.guesses.length === 0)
          return inconclusive(`the server tried no key on the call "${call.attack}"`, [callsPath]);
        const known = opened(packets, keys);
        if (known.count < known.of)
          return inconclusive(
            `the control opened ${known.count} of ${known.of} packets of the call "${call.attack}" with the phones' own keys`,
            [callsPath, keysPath],
          );
        found += known.count;
      }
    return found > 0
      ? pass(
          `${found} packets passed through the server's ports: none opened with its keys, all with the phones'`,
          [callsPath, keysPath],
        )
      : inconclusive('no audio passed through the server', [callsPath]);
  });

const judgeIdentifier = (evidence: Evidence): Finding =>
  onHostileCalls(evidence, (calls) => {
    const problem = worst(calls.map(untried));
    if (problem) return problem;
    const control = calls.find(({ attack }) => attack === 'none')?.caller.identifiers;
    const forged = calls.find(({ attack }) => attack === impersonation)?.caller;
    const lying = calls.find(({ attack }) => attack === 'lying-identifier')?.caller;
    if (!control || !forged || !lying)
      return inconclusive('the calls with certificates of the server are not among the evidence', [
        callsPath,
      ]);
    const expected = 'an identifier that is the hash of the key, or no call';
    if (lying.state === 'in-call' || lying.identifiers !== null || lying.packetsSent > 0)
      return fail(
        'a certificate was accepted whose Subject Key Identifier is another key’s',
        expected,
        `shown: ${lying.identifiers?.peer ?? 'nothing'}`,
        [callsPath],
      );
    if (forged.identifiers?.peer === control.peer)
      return fail(
        'another key is shown as the callee’s',
        expected,
        `shown: ${control.peer} for both`,
        [callsPath],
      );
    if (forged.identifiers === null || forged.state !== 'in-call')
      return inconclusive(
        'the control, the same certificate with its own identifier, was refused',
        [callsPath],
      );
    return lying.refusals.includes('csl/key-identifier')
      ? pass(
          `a certificate with the callee's identifier and another key was refused; with its own it is shown as ${forged.identifiers.peer}, not ${control.peer}`,
          [callsPath],
        )
      : inconclusive(
          `it was refused for another reason: ${lying.refusals.join(', ') || 'nothing logged'}`,
          [callsPath],
        );
  });

const scenario = (id: string, claims: readonly string[], judge: Scenario['judge']): Scenario => ({
  id: `attacks/${id}`,
  revision: 1,
  claims,
  activities: [hostileActivity],
  needs: ['call', 'refusal-log'],
  judge,
});

const slippedIn = judgeRequests([
  { request: 're-invite-without-headers', status: 488, code: 'csl/headers-absent' },
  { request: 're-invite-replayed', status: 403, code: 'csl/replay' },
  { request: 're-invite-of-another-number', status: 403, code: 'csl/identity' },
  { request: 're-invite-of-another-key', status: 403, code: 'csl/dialog-certificate' },
  { request: 'update', status: 488 },
  { request: 'refer', status: 'refused' },
]);

/** Whatever a server slips into a call: no other keys, no other peer, nothing before the keys are verified. */
const judgeCourse = (evidence: Evidence): Finding =>
  onHostileCalls(evidence, (calls) => {
    const findings = [
      slippedIn(evidence),
      onEach(calls, 'early-media', judgeEarlyMedia),
      onEach(calls, 'second-answer', judgeSecondAnswer),
      onEach(calls, 'lost-ack', judgeLostAck),
      onEach(calls, 'repeated-ack', goesOn),
      onEach(calls, redirection.attack, (call) => judgeCall(call, redirection)),
    ];
    return (
      worst(findings) ?? pass(findings.map(({ observed }) => observed).join('; '), [callsPath])
    );
  });

/** A signalling server between two phones, against the course of a call and its audio (catalogue K8, K10, K12, K14). */
export const hostileCourseAttacks: readonly Scenario[] = [
  scenario('K4/audio-of-server', ['3.1.d', '4.a', '5.1.i'], judgeConfidential),
  scenario(
    'K8/old-invite',
    ['5.1.j'],
    judgeRequests([
      { request: 'old-invite', status: 403, code: 'csl/replay' },
      { request: 'reflected-invite', status: 403, code: 'csl/reflection' },
    ]),
  ),
  scenario('K10/displayed-identifier', ['5.2.e'], judgeIdentifier),
  scenario('K12-K14/course-of-call', ['3.1.d', '5.1.j', '5.1.m', '5.2.f'], judgeCourse),
];

import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  hostileActivity,
  hostileCallsSchema,
  type HostileCall,
  type HostileSide,
  type PhoneSaid,
} from './activities/hostile-evidence.ts';

const path = `evidence/${hostileActivity}/calls.json`;

/** A manipulation that one phone must refuse. */
export interface Refusal {
  readonly attack: string;
  readonly by: HostileSide;
  /** Codes of that phone's own log, of which one must be the reason. */
  readonly codes: readonly string[];
  /** Final status of a refused INVITE; absent where the refusal comes after the 200. */
  readonly status?: 302 | 403 | 488;
  /** The other phone has rightly verified before: it may speak. */
  readonly otherSpeaks?: true;
}

const describe = ({ state, endedBy, packetsSent, identifiers, refusals }: PhoneSaid): string => {
  const ended = endedBy === null ? '' : ` by ${endedBy}`;
  const shown = identifiers === null ? '' : ', identifiers shown';
  return `${state}${ended}, ${packetsSent} packets sent${shown}; logged: ${refusals.join(', ') || 'nothing'}`;
};

/** Whether a phone took the call for one that has come about. */
const believed = ({ state, packetsSent, identifiers }: PhoneSaid): boolean =>
  state === 'in-call' || packetsSent > 0 || identifiers !== null;

const otherOf = (side: HostileSide): HostileSide => (side === 'caller' ? 'callee' : 'caller');

const isRefused = (call: HostileCall, { by, status }: Refusal): boolean =>
  status === undefined || status === 302
    ? call[by].state === 'ended'
    : call.passed.some(({ from, what }) => from === by && what === `${status} INVITE`);

/** Calls that the server answers in the callee's place. */
const impersonations = ['answered-by-another', 'forged-identity', 'lying-identifier'];

/** A server that cannot read an INVITE lets it pass, and the callee itself answers: nothing was tried then. */
export const untried = ({ attack, passed }: HostileCall): Finding | null =>
  impersonations.includes(attack) && passed.some(({ from }) => from === 'callee')
    ? inconclusive(`"${attack}": the server could not answer in the callee’s place`, [path])
    : null;

/** Whether a call was refused as it must be. */
export const judgeCall = (call: HostileCall, refusal: Refusal): Finding => {
  const { attack, by, codes, status, otherSpeaks } = refusal;
  const problem = untried(call);
  if (problem) return problem;
  const victim = call[by];
  const other = call[otherOf(by)];
  const after = status === undefined ? 'the call ended' : `ended with ${status}`;
  const expected = `${after} before any audio, by the ${by}, for ${codes.join(' or ')}`;
  const observed = `${by}: ${describe(victim)}; ${otherOf(by)}: ${describe(other)}`;
  if (believed(victim))
    return fail(`"${attack}": the ${by} took the call for verified`, expected, observed, [path]);
  if (otherSpeaks === undefined && believed(other))
    return fail(`"${attack}": the ${otherOf(by)} took the call for verified`, expected, observed, [
      path,
    ]);
  if (!isRefused(call, refusal))
    return inconclusive(`"${attack}" came out otherwise than looked for: ${observed}`, [path]);
  const reasons = [...victim.refusals, victim.endedBy];
  return codes.some((code) => reasons.includes(code))
    ? pass(`"${attack}": ${observed}`, [path])
    : inconclusive(`"${attack}" was refused for another reason: ${observed}`, [path]);
};

/** Both phones hear each other, and each shows of the other what that shows of itself. */
export const isConversation = ({ caller, callee }: HostileCall): boolean =>
  [caller, callee].every(
    ({ state, packetsReceived }) => state === 'in-call' && packetsReceived > 0,
  ) &&
  caller.identifiers !== null &&
  callee.identifiers !== null &&
  caller.identifiers.local === callee.identifiers.peer &&
  caller.identifiers.peer === callee.identifiers.local;

/** The calls of the activity, between two controls that came about; a finding where that cannot be said. */
export const onHostileCalls = (
  evidence: Evidence,
  judge: (calls: readonly HostileCall[]) => Finding,
): Finding => {
  const calls = evidence.json(hostileActivity, 'calls.json', hostileCallsSchema);
  if (!calls) return inconclusive('the calls through a hostile server are not among the evidence');
  const finding = judge(calls);
  if (finding.kind === 'fail') return finding;
  const controls = calls.filter(({ attack }) => attack === 'none');
  const around = calls.at(0)?.attack === 'none' && calls.at(-1)?.attack === 'none';
  return around && controls.length > 1 && controls.every(isConversation)
    ? finding
    : inconclusive('the control calls, with nothing tampered with, did not all come about', [path]);
};

/** The calls of one attack; however often it was tried, each must satisfy. */
export const onEach = (
  calls: readonly HostileCall[],
  attack: string,
  judge: (call: HostileCall) => Finding,
): Finding => {
  const findings = calls.filter((call) => call.attack === attack).map(judge);
  return worst(findings) ?? findings[0] ?? inconclusive(`"${attack}" was not tried`, [path]);
};

/** That a redirection leads nowhere. */
export const redirection: Refusal = {
  attack: 'redirection',
  by: 'caller',
  codes: ['sip/302'],
  status: 302,
};

const judgeRefusals =
  (refusals: readonly Refusal[]) =>
  (evidence: Evidence): Finding =>
    onHostileCalls(evidence, (calls) => {
      const findings = refusals.map((refusal) =>
        onEach(calls, refusal.attack, (call) => judgeCall(call, refusal)),
      );
      const told = findings.map(({ observed }) => observed).join('; ');
      return worst(findings) ?? pass(told, [path]);
    });

const byCallee = (
  attack: string,
  code: string,
  status: NonNullable<Refusal['status']>,
): Refusal => ({ attack, by: 'callee', codes: [code], status });
const byCaller = (attack: string, code: string): Refusal => ({
  attack,
  by: 'caller',
  codes: [code],
});
const atAck = (attack: string, code: string): Refusal => ({
  attack,
  by: 'callee',
  codes: [code],
  otherSpeaks: true,
});

/** What each attack must come to, by scenario. */
export const hostileRefusals: Readonly<
  Record<string, { readonly claims: readonly string[]; readonly refusals: readonly Refusal[] }>
> = {
  'K3-K4-K8/substituted-values': {
    claims: ['3.1.d', '4.a', '5.1.j'],
    refusals: [
      byCallee('value-in-invite', 'csl/signature', 403),
      byCaller('value-in-answer', 'csl/signature'),
      byCallee('man-in-the-middle', 'csl/signature', 403),
      byCaller('answer-recomputed', 'csl/signature'),
      byCaller('reflected-value', 'csl/reflection'),
      byCaller('reflected-identity', 'csl/reflection'),
      byCaller('old-answer', 'csl/signature'),
    ],
  },
  'K5/tag-at-server': { claims: ['5.1.j'], refusals: [atAck('altered-ack', 'csl/tag')] },
  'K6/misbinding': {
    claims: ['5.1.j', '5.2.f'],
    refusals: [
      byCaller('misbound-caller', 'csl/signature'),
      byCaller('misbound-callee', 'csl/identity'),
      byCaller('answered-by-another', 'csl/identity'),
    ],
  },
  'K9/stripped-by-server': {
    claims: ['2.1.e', '3.1.d', '5.1.m'],
    refusals: [
      byCallee('stripped-invite', 'csl/headers-absent', 488),
      byCaller('stripped-answer', 'csl/headers-absent'),
      atAck('stripped-ack', 'csl/headers-absent'),
      byCallee('plain-offer', 'csl/headers-absent', 488),
    ],
  },
  'K11/media-covered': {
    claims: ['5.1.j'],
    refusals: [
      byCallee('offer-direction', 'csl/signature', 403),
      byCaller('answer-direction', 'csl/signature'),
      byCallee('codec', 'csl/media', 488),
    ],
  },
  'K11-K14/numbers-covered': {
    claims: ['5.2.d'],
    refusals: [
      byCallee('caller-number', 'csl/identity', 403),
      byCallee('callee-number', 'csl/identity', 403),
      byCallee('encoded-number', 'csl/identity', 403),
    ],
  },
};

/** A signalling server between two phones, against the key agreement (catalogue K3 to K6, K8, K9, K11, K14). */
export const hostileRefusalAttacks: readonly Scenario[] = Object.entries(hostileRefusals).map(
  ([id, { claims, refusals }]) => ({
    id: `attacks/${id}`,
    revision: 1,
    claims,
    activities: [hostileActivity],
    needs: ['call', 'refusal-log'],
    judge: judgeRefusals(refusals),
  }),
);

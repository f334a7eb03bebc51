import type { SrtpMaster } from '../../reference/core/csl/key-schedule.ts';
import { equal } from '../../reference/core/bytes.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { UdpFlowFacts } from '../wire/facts-model.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import { callActivity, losses } from './views/capture-view.ts';
import { onExchange, type ExchangeView } from './views/exchange-view.ts';
import { flowName, loggedKeys, oneSided, placeName } from './views/media-view.ts';
import { onSigned } from './views/signed-view.ts';
import { worst } from './views/worst.ts';

/** Group 14 of RFC 3526, the only one that X-CSL-Info1 can name (I-2). */
const groupBits = 2048;

type Direction = 'callerToCallee' | 'calleeToCaller';

const opposite = {
  callerToCallee: 'calleeToCaller',
  calleeToCaller: 'callerToCallee',
} as const;

const evidenceOf = ({ path }: ExchangeView): readonly string[] => [
  path,
  `evidence/${callActivity}/key-agreement.json`,
  `evidence/${callActivity}/srtp-keys.json`,
];

/** Whose audio a flow is, by the port it comes from or its source as the SDP announced them; null where neither did. */
const directionOf = (flow: UdpFlowFacts, { offer, answer }: ExchangeView): Direction | null => {
  const isOf = ({ address, port, ssrcs }: ExchangeView['offer']['media']) =>
    placeName(flow.source) === placeName({ host: address, port }) ||
    ssrcs.includes(flow.rtp?.ssrc ?? -1);
  const [caller, callee] = [isOf(offer.media), isOf(answer.media)];
  if (caller === callee) return null;
  return caller ? 'callerToCallee' : 'calleeToCaller';
};

const verifiedUnder = (flow: UdpFlowFacts, keys: readonly SrtpMaster[]) =>
  verifyStream(flow.datagrams, keys);

/** A flow must verify, all of it, under the key that the exchange gives for its direction. */
const judgeFlow = (flow: UdpFlowFacts, view: ExchangeView): Finding | null => {
  const evidence = evidenceOf(view);
  const { session } = view.keys;
  const name = `the flow ${flowName(flow)}`;
  const direction = directionOf(flow, view);
  if (direction === null)
    return inconclusive(`${name} comes from no port or source that the SDP announced`, evidence);
  const { verified, failed } = verifiedUnder(flow, [session[direction]]);
  if (failed === 0 && verified > 0) return null;
  const expected = 'SRTP keys derived from the Diffie-Hellman exchange, one for each direction';
  if (verifiedUnder(flow, [session[opposite[direction]]]).verified > 0)
    return fail(`${name} uses the key of the other direction`, expected, 'the other key', evidence);
  const derived = [session.callerToCallee, session.calleeToCaller];
  const foreign = loggedKeys(view.evidence).filter(
    ({ masterKey }) => !derived.some((key) => equal(key.masterKey, masterKey)),
  );
  if (verifiedUnder(flow, foreign).verified > 0)
    return fail(
      `${name} uses a key that the exchange does not give`,
      expected,
      'another',
      evidence,
    );
  const lost = losses(view);
  if (verified > 0 || lost !== null)
    return inconclusive(
      `${failed} of ${failed + verified} packets of ${name} do not verify${lost === null ? '' : `, and ${lost}`}`,
      evidence,
    );
  return fail(
    'the keys that the exchange on the wire gives do not verify the audio',
    expected,
    `no packet of ${name} verifies`,
    evidence,
  );
};

const judgeValues = (view: ExchangeView): Finding | null => {
  const { callerInfo, calleeInfo, publicValuesGood, exponentMatches, changedOnTheWay } = view;
  const evidence = evidenceOf(view);
  const groups = [callerInfo.group, calleeInfo.group];
  if (groups.some((group) => group !== 14))
    return fail(
      'another group was used',
      `group 14 (${groupBits} bits)`,
      `groups ${groups.join(' and ')}`,
      evidence,
    );
  if (!publicValuesGood)
    return fail(
      'a public value is none of the group',
      'values above 1 and below p-1, quadratic residues',
      'one that is not',
      evidence,
    );
  if (changedOnTheWay !== null)
    return inconclusive(
      `the ${changedOnTheWay} carries other X-CSL contents on one leg than on the other`,
      evidence,
    );
  return exponentMatches
    ? null
    : inconclusive(
        'a logged exponent does not give the public value that its side sent on the wire',
        evidence,
      );
};

/** From one side's log too: its exponent gives the keys of both directions. */
const judgeExchange = onExchange(
  (view) => {
    const evidence = evidenceOf(view);
    const wrong = judgeValues(view);
    if (wrong) return wrong;
    const rtp = view.facts.udpFlows.filter((flow) => flow.protocol === 'rtp');
    const bad = worst(rtp.map((flow) => judgeFlow(flow, view)));
    if (bad) return bad;
    const unseen = oneSided(view) ?? losses(view);
    if (unseen !== null) return inconclusive(unseen, evidence);
    return pass(
      `the secret recomputed from the exponent of the ${view.exponentOf.join(' and the ')} and the values on the wire (${groupBits}-bit group 14) gives the keys that verify all ${rtp.length} audio flows, each direction with its own`,
      evidence,
    );
  },
  { fromOneSide: true },
);

/** Signatures need no secret; tags need an exponent, and one that is not of this exchange says nothing. */
const judgeTags = onExchange(
  (view) => {
    const { path, exponentMatches, callerTagHolds, calleeTagHolds } = view;
    if (!exponentMatches)
      return inconclusive('a logged exponent does not give the public value on the wire', [path]);
    const wrong = [
      ...(calleeTagHolds ? [] : ['HMAC-SHA256 tag of the 200']),
      ...(callerTagHolds ? [] : ['HMAC-SHA256 tag of the ACK']),
    ];
    return wrong.length === 0
      ? pass('both signatures and both HMAC-SHA256 tags, recomputed from the wire, verify', [path])
      : unsigned(wrong, path);
  },
  { fromOneSide: true },
);

const unsigned = (wrong: readonly string[], path: string): Finding =>
  fail(
    'the exchange is not signed as I-1 reads it',
    'two signatures and two tags that verify',
    `does not verify: ${wrong.join(', ')}`,
    [path],
  );

const judgeSignatures = onSigned(
  ({ path, offer, answer, changedOnTheWay }) => {
    const wrong = [
      ...(offer.signatureHolds ? [] : ['RSA-SHA256 signature of the INVITE']),
      ...(answer.signatureHolds ? [] : ['RSA-SHA256 signature of the 200']),
    ];
    if (wrong.length > 0) return unsigned(wrong, path);
    return changedOnTheWay === null
      ? pass('', [path])
      : fail(
          `the ${changedOnTheWay} was changed on its way, and the call went on`,
          'the same X-CSL contents on both legs',
          'others',
          [path],
        );
  },
  { fromOneSide: true },
);

const judgeSigned: Scenario['judge'] = (evidence) => {
  const signatures = judgeSignatures(evidence);
  return signatures.kind === 'pass' ? judgeTags(evidence) : signatures;
};

const base = {
  revision: 2,
  activities: [callActivity],
  needs: ['call', 'key-agreement-log'],
} as const;

/** Section 5.1: key agreement of the call. */
export const keyAgreementScenarios: readonly Scenario[] = [
  {
    ...base,
    id: '5.1/key-agreement/derivation',
    claims: ['5.1.i', '2.1.e'],
    judge: judgeExchange,
  },
  { ...base, id: '5.1/key-agreement/signed', claims: ['5.1.j'], judge: judgeSigned },
];

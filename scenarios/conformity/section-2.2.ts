import { equal } from '../../reference/core/bytes.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import type { UdpFlowFacts } from '../wire/facts-model.ts';
import { displaysSchema, tokensSchema } from './activities/call-evidence.ts';
import { onCall, type CallView } from './views/call-view.ts';
import { callActivity, incompleteness, onCapture, type CaptureView } from './views/capture-view.ts';
import { storedCertificate, usersOf } from './views/certificates.ts';
import { onEnrolments, type EnrolmentOnWire, type EnrolmentView } from './views/enrolment-view.ts';
import {
  announcedPorts,
  flowName,
  isRelay,
  oneSided,
  phonePorts,
  placeName,
  strangeFlow,
} from './views/media-view.ts';
import { judgeAccessSegments } from './views/access-segments.ts';
import { worst } from './views/worst.ts';

const needed = { bits: 2048, exponent: 65_537n } as const;

const judgeForm = ({ number, request }: EnrolmentOnWire, path: string): Finding | null => {
  if (!request) return inconclusive(`the request of ${number} cannot be read`, [path]);
  const { publicKey, signatureAlgorithm, signatureValid } = request;
  const good =
    publicKey.bits === needed.bits &&
    publicKey.exponent === needed.exponent &&
    signatureAlgorithm === 'sha256WithRSAEncryption' &&
    signatureValid;
  return good
    ? null
    : fail(
        `the request of ${number} differs`,
        'RSA 2048, exponent 65537, signed with SHA-256',
        `RSA ${publicKey.bits}, exponent ${publicKey.exponent}, ${signatureAlgorithm}, signature ${signatureValid ? 'valid' : 'not valid'}`,
        [path],
      );
};

/** The key that a phone keeps must be the last one that it sent a request for. */
const judgeKept = (
  { enrolments, evidence, path }: EnrolmentView,
  { name, number }: { readonly name: string; readonly number: string },
): Finding | null => {
  const request = enrolments.findLast((each) => each.number === number)?.request;
  const stored = storedCertificate(evidence, name);
  if (!request || !stored)
    return inconclusive(`the stored certificate of ${name} is not among the evidence`, [path]);
  return equal(request.publicKey.spki, stored.publicKey.spki)
    ? null
    : fail(
        `the key that ${name} keeps is not the one it sent`,
        'the requested key, kept on the phone',
        'two keys',
        [path, `evidence/${callActivity}/stored/${name}/certificate.pem`],
      );
};

/** A key that two phones have was not made by either. */
const judgeOwn = ({ enrolments, path }: EnrolmentView): Finding | null => {
  const shared = enrolments.find(({ number, request }) =>
    enrolments.some(
      (other) =>
        other.number !== number &&
        request &&
        other.request &&
        equal(other.request.publicKey.spki, request.publicKey.spki),
    ),
  );
  return shared
    ? fail(
        `${shared.number} shares its key with another phone`,
        'a key of each phone’s own',
        'one key',
        [path],
      )
    : null;
};

const judgeRequest = onEnrolments((view) => {
  const { enrolments, topology, path } = view;
  const bad = worst([
    ...enrolments.map((enrolment) => judgeForm(enrolment, path)),
    ...usersOf(topology).map((user) => judgeKept(view, user)),
    judgeOwn(view),
  ]);
  return (
    bad ??
    pass('every request is RSA 2048 with SHA-256, signed by a key that the phone itself keeps', [
      path,
    ])
  );
});

const tokensPath = `evidence/${callActivity}/tokens.json`;

const judgeDelivery = (
  number: string,
  sent: string | undefined,
  given: string | null,
  path: string,
): Finding | null => {
  const paths = [path, tokensPath];
  if (given === null || given === '')
    return fail(`${number} was certified without a token`, 'a token given back', 'none', paths);
  if (sent === undefined)
    return inconclusive(`${number} was certified, and no SMS to it is among the evidence`, paths);
  return given === sent
    ? null
    : fail(
        `${number} was certified with another token`,
        'the token sent to the user by SMS',
        'another',
        paths,
      );
};

const judgeToken = onEnrolments((view) => {
  const { enrolments, unasked, evidence, path } = view;
  const tokens = evidence.json(callActivity, 'tokens.json', tokensSchema);
  if (!tokens) return inconclusive('the tokens sent by SMS are not among the evidence');
  const sentTo = (number: string) =>
    Object.values(tokens).find((entry) => entry.number === number)?.token;
  const bad = worst([
    ...unasked.map((name) =>
      fail(
        `a certificate for ${name} passed before or without a token`,
        'signed only after the check',
        'signed without it',
        [path],
      ),
    ),
    ...enrolments.flatMap(({ number, deliveries }) =>
      deliveries.map(({ token }) => judgeDelivery(number, sentTo(number), token, path)),
    ),
  ]);
  if (bad) return bad;
  const incomplete = incompleteness(view);
  if (incomplete !== null) return inconclusive(incomplete, [path]);
  return pass('each certificate came after the token sent by SMS was given back', [
    path,
    tokensPath,
  ]);
});

/** Media that has the relay at neither or both ends goes elsewhere; between two ports of phones whatever it is. */
const judgeFlows = (view: CaptureView): Finding | null => {
  const phones = phonePorts(view);
  const wrong = (reason: string, flow: UdpFlowFacts) =>
    fail(reason, 'every media packet between a terminal and the relay', flowName(flow), [
      view.path,
    ]);
  return worst(
    view.facts.udpFlows.map((flow) => {
      const { source, destination, protocol } = flow;
      if (protocol === 'stun') return null;
      if (phones.has(placeName(source)) && phones.has(placeName(destination)))
        return wrong('media goes directly between the terminals', flow);
      if (protocol !== 'rtp' && protocol !== 'rtcp') return null;
      return isRelay(source, view) === isRelay(destination, view)
        ? wrong('media passes outside the relay', flow)
        : null;
    }),
  );
};

/** Every media packet has the relay at exactly one end: 2.2.d asks that audio passes there, 2.2.g that it goes nowhere else. */
const judgeRelay = (view: CaptureView): Finding => {
  const { path, facts } = view;
  const bad = judgeFlows(view);
  if (bad) return bad;
  if (announcedPorts(view).size < 2)
    return inconclusive('the decrypted signalling lacks the SDP of a phone', [path]);
  const unseen = oneSided(view) ?? incompleteness(view) ?? strangeFlow(view);
  if (unseen !== null) return inconclusive(unseen, [path]);
  const audio = facts.udpFlows.filter(({ protocol }) => protocol === 'rtp').length;
  return pass(`${audio} audio flows have the relay at one end, none both terminals`, [path]);
};

/** Both phones must have verified audio of each other in the call on the wire: a relay that swallows it relates nobody. */
const judgeHeard = ({ evidence, topology, callId }: CallView): Finding | null => {
  const displays = evidence.json(callActivity, 'displays.json', displaysSchema);
  const paths = [`evidence/${callActivity}/displays.json`];
  if (!displays) return inconclusive('what the phones showed is not among the evidence');
  return worst(
    usersOf(topology).map(({ name }) => {
      const display = displays[name];
      if (display?.callId !== callId)
        return inconclusive(`${name} does not report the call that was captured`, paths);
      return display.packetsReceived > 0 ? null : inconclusive(`${name} received no audio`, paths);
    }),
  );
};

const judgeRelation = onCall((view) => {
  const relayed = judgeRelay(view);
  return worst([relayed, judgeHeard(view)]) ?? relayed;
});

/** What passed beside the relay shows even where the call itself cannot be followed. */
const judgeThroughRelay = (evidence: Evidence): Finding => {
  const flows = onCapture((view) => judgeFlows(view) ?? pass(''))(evidence);
  return flows.kind === 'fail' ? flows : judgeRelation(evidence);
};

/** Nothing but the relay's packets in the main segment, and, where phones have segments of their own, nothing there either. */
const judgeNeverDirect = (evidence: Evidence): Finding => {
  const relayed = onCapture(judgeRelay)(evidence);
  return judgeAccessSegments(evidence, relayed) ?? relayed;
};

const base = { revision: 2, activities: [callActivity], needs: ['call'] } as const;

/** Section 2.2: use of the product. */
export const sectionTwoTwo: readonly Scenario[] = [
  { ...base, id: '2.2/request', claims: ['2.2.a'], judge: judgeRequest },
  { ...base, id: '2.2/token', claims: ['2.2.b'], judge: judgeToken },
  { ...base, id: '2.2/through-relay', claims: ['2.2.d'], judge: judgeThroughRelay },
  { ...base, id: '2.2/never-direct', claims: ['2.2.g'], judge: judgeNeverDirect },
];

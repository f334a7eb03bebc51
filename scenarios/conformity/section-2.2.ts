import { equal } from '../../reference/core/bytes.ts';
import { fail, inconclusive, pass, type Evidence, type Scenario } from '../campaign/scenario.ts';
import { displaysSchema, tokensSchema } from './activities/call-evidence.ts';
import { callActivity, incompleteness } from './views/capture-view.ts';
import { storedCertificate, usersOf } from './views/certificates.ts';
import { onEnrolments } from './views/enrolment-view.ts';
import { announcedPorts, isRelay, onMedia, type MediaView } from './views/media-view.ts';

const needed = { bits: 2048, exponent: 65_537n } as const;

const judgeRequest = onEnrolments(({ enrolments, evidence, topology, path }) => {
  for (const { name, number } of usersOf(topology)) {
    const enrolment = enrolments.find((each) => each.number === number);
    const stored = storedCertificate(evidence, name);
    if (!enrolment || !stored)
      return inconclusive(`the stored certificate of ${name} is not among the evidence`, [path]);
    const { publicKey, signatureAlgorithm, signatureValid } = enrolment.request;
    const observed = `RSA ${publicKey.bits}, exponent ${publicKey.exponent}, ${signatureAlgorithm}, signature ${signatureValid ? 'valid' : 'not valid'}`;
    const good =
      publicKey.bits === needed.bits &&
      publicKey.exponent === needed.exponent &&
      signatureAlgorithm === 'sha256WithRSAEncryption' &&
      signatureValid;
    if (!good)
      return fail(
        `the request of ${number} differs`,
        'RSA 2048, exponent 65537, signed with SHA-256',
        observed,
        [path],
      );
    if (!equal(publicKey.spki, stored.publicKey.spki))
      return fail(
        `the key that ${name} keeps is not the one it sent`,
        'the requested key, kept on the phone',
        'two keys',
        [path, `evidence/${callActivity}/stored/${name}/certificate.pem`],
      );
  }
  return pass(
    'both requests are RSA 2048 with SHA-256, signed by a key that the phone itself keeps',
    [path],
  );
});

const judgeToken = onEnrolments(({ enrolments, evidence, topology, path }) => {
  const tokens = evidence.json(callActivity, 'tokens.json', tokensSchema);
  if (!tokens) return inconclusive('the tokens sent by SMS are not among the evidence');
  for (const { name, number } of usersOf(topology)) {
    const enrolment = enrolments.find((each) => each.number === number);
    const sent = tokens[name];
    if (!enrolment || sent?.number !== number)
      return inconclusive(`no SMS to ${number} among the evidence`, [path]);
    if (sent.token !== enrolment.token)
      return fail(
        `${number} was certified with another token`,
        'the token sent to the user by SMS',
        'another',
        [path],
      );
    if (enrolment.certificateAt < enrolment.tokenAt)
      return fail(
        `${number} was certified before the token came back`,
        'signed only after the check',
        'signed before it',
        [path],
      );
  }
  return pass('each certificate came after the token sent by SMS was given back', [
    path,
    `evidence/${callActivity}/tokens.json`,
  ]);
});

const endpointName = ({ host, port }: { readonly host: string; readonly port: number }) =>
  `${host}:${port}`;

/** Every media packet has the relay at exactly one end: 2.2.d asks that audio passes there, 2.2.g that it goes nowhere else. */
const judgeRelay = (view: MediaView) => {
  const { facts, path, rtp, rtcp } = view;
  const flows = [...rtp, ...rtcp].map(({ flow }) => flow);
  const phones = announcedPorts(view);
  if (rtp.length === 0) return inconclusive('no audio in the capture', [path]);
  if (phones.size === 0)
    return inconclusive('no SDP of a phone in the decrypted signalling', [path]);
  const direct = facts.udpFlows.find(
    ({ source, destination }) =>
      phones.has(endpointName(source)) && phones.has(endpointName(destination)),
  );
  const outside = flows.find(
    ({ source, destination }) => isRelay(source, view) === isRelay(destination, view),
  );
  const wrong = direct ?? outside;
  if (wrong)
    return fail(
      direct ? 'media goes directly between the terminals' : 'media passes outside the relay',
      'every media packet between a terminal and the relay',
      `${endpointName(wrong.source)} to ${endpointName(wrong.destination)}`,
      [path],
    );
  const incomplete = incompleteness(facts);
  if (incomplete !== null) return inconclusive(incomplete, [path]);
  const reached = flows.filter(({ destination }) => isRelay(destination, view)).length;
  const left = flows.length - reached;
  if (reached === 0 || left === 0)
    return inconclusive('the capture shows one direction of the relay only', [path]);
  return pass(
    `${reached} media flows to the relay and ${left} from it, none between the terminals`,
    [path],
  );
};

const judgeRelation = (view: MediaView) => {
  const heard = heardBothWays(view.evidence);
  return heard ?? judgeRelay(view);
};

/** Both phones must have verified audio of each other: a relay that swallows it relates nobody. */
const heardBothWays = (evidence: Evidence) => {
  const displays = evidence.json(callActivity, 'displays.json', displaysSchema);
  if (!displays) return inconclusive('what the phones showed is not among the evidence');
  const deaf = Object.entries(displays).find(([, display]) => display.packetsReceived === 0);
  return deaf ? inconclusive(`${deaf[0]} received no audio`) : null;
};

const base = { revision: 1, activities: [callActivity], needs: ['call'] } as const;

/** Section 2.2: use of the product. */
export const sectionTwoTwo: readonly Scenario[] = [
  { ...base, id: '2.2/request', claims: ['2.2.a'], judge: judgeRequest },
  { ...base, id: '2.2/token', claims: ['2.2.b'], judge: judgeToken },
  { ...base, id: '2.2/through-relay', claims: ['2.2.d'], judge: onMedia(judgeRelation) },
  { ...base, id: '2.2/never-direct', claims: ['2.2.g'], judge: onMedia(judgeRelay) },
];

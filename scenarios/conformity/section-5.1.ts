import { toHex } from '../../reference/core/bytes.ts';
import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import { exactTlsProfile } from '../../reference/core/tls/profile.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { TlsSessionFacts } from '../wire/facts-model.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import { versionName } from '../wire/tls/tls-facts.ts';
import {
  callActivity,
  establishedSessions,
  incompleteness,
  onCapture,
  type CaptureView,
} from './views/capture-view.ts';
import { derivedMasterKeys, onExchange } from './views/exchange-view.ts';
import { onMedia, type MediaFlow, type MediaView } from './views/media-view.ts';

type Service = 'sip' | 'registration';

/** DHE-RSA-AES256-GCM-SHA384. */
const [wantedSuite] = exactTlsProfile.suites;

const sessionName = ({ client, server }: TlsSessionFacts): string =>
  `${client.host}:${client.port} to port ${server.port}`;

interface SessionCheck {
  readonly expected: string;
  /** What a session shows, or null where the capture does not show it. */
  readonly observed: (session: TlsSessionFacts) => string | null;
  readonly unseen: string;
}

/** Every established session of the service must show what is expected; none at all is inconclusive. */
const everySession = (service: Service, check: SessionCheck) =>
  onCapture(({ facts, path }: CaptureView): Finding => {
    const sessions = establishedSessions(facts, service);
    if (sessions.length === 0)
      return inconclusive(`no established ${service} session in the capture`, [path]);
    const wrong = sessions.find(
      (session) => ![null, check.expected].includes(check.observed(session)),
    );
    if (wrong)
      return fail(
        `the session of ${sessionName(wrong)} differs`,
        check.expected,
        check.observed(wrong) ?? 'nothing',
        [path],
      );
    const hidden = sessions.find((session) => check.observed(session) === null);
    if (hidden)
      return inconclusive(`the session of ${sessionName(hidden)}: ${check.unseen}`, [path]);
    return pass(`${check.expected} in ${sessions.length} established sessions`, [path]);
  });

const version: SessionCheck = {
  expected: 'TLS 1.2',
  observed: (session) => (session.version === null ? null : versionName(session.version)),
  unseen: 'the capture lacks its ServerHello',
};

const suite: SessionCheck = {
  expected: wantedSuite?.name ?? '',
  observed: ({ suite: number, suiteName }) => {
    if (number === null) return null;
    return number === wantedSuite?.code
      ? wantedSuite.name
      : (suiteName ?? `0x${number.toString(16)}`);
  },
  unseen: 'the capture lacks its ServerHello',
};

const modulus: SessionCheck = {
  expected: '2048 bits',
  observed: ({ dh, suite: number, resumed }) => {
    if (dh) return `${dh.bits} bits`;
    const isDhe = number === wantedSuite?.code;
    return resumed || isDhe || number === null ? null : 'no finite-field Diffie-Hellman';
  },
  unseen: 'the capture lacks its ServerKeyExchange, as in a resumed session',
};

const tlsScenario = (
  id: string,
  claim: string,
  service: Service,
  check: SessionCheck,
): Scenario => ({
  id,
  revision: 1,
  claims: [claim],
  activities: [callActivity],
  needs: ['call'],
  judge: everySession(service, check),
});

const flowName = ({ flow }: MediaFlow): string =>
  `${flow.source.host}:${flow.source.port} to ${flow.destination.host}:${flow.destination.port}`;

const explanations = {
  'tag-32': 'a tag of 32 bits',
  'no-tag': 'encrypted, without a tag',
  'tag-wrong': 'encrypted, with a tag that does not verify',
  clear: 'audio in clear',
  'clear-tagged': 'audio in clear with 80 bits behind it',
  unexplained: 'no tag that the call’s keys verify',
} as const;

const unusable = ({ facts, rtp, keys, path }: MediaView): Finding | null => {
  if (rtp.length === 0) return inconclusive('no audio in the capture', [path]);
  if (facts.udpFlows.some((flow) => flow.notKept > 0))
    return inconclusive('not every datagram of the capture could be kept', [path]);
  return keys === 0
    ? inconclusive('no SRTP keys of the call are among the evidence', [path])
    : null;
};

const keysPath = `evidence/${callActivity}/srtp-keys.json`;

const judgeTags = (view: MediaView): Finding => {
  const { rtp, path } = view;
  const clear = rtp.find(({ verification }) => verification.readableInClear);
  if (clear)
    return fail(
      `the flow ${flowName(clear)} is in clear`,
      '80-bit tags that verify',
      'audio in clear',
      [path],
    );
  const blocked = unusable(view);
  if (blocked) return blocked;
  const wrong = rtp.find(({ verification }) => verification.failed > 0);
  if (wrong) {
    const { failed, verified, diagnosis } = wrong.verification;
    if (verified === 0 && diagnosis === 'unexplained')
      return inconclusive(`no key at hand verifies the flow ${flowName(wrong)}`, [path, keysPath]);
    return fail(
      `${failed} of ${failed + verified} packets of the flow ${flowName(wrong)} do not verify`,
      'a tag of 80 bits (HMAC-SHA1) that verifies on every packet',
      explanations[diagnosis ?? 'unexplained'],
      [path, keysPath],
    );
  }
  const verified = rtp.reduce((total, { verification }) => total + verification.verified, 0);
  return pass(
    `${verified} audio packets of ${rtp.length} flows carry an 80-bit tag that verifies`,
    [path, keysPath],
  );
};

const judgeConfidentiality = (view: MediaView): Finding => {
  const { facts, rtp, rtcp, path } = view;
  const clear = rtp.find(({ verification }) => verification.readableInClear);
  if (clear)
    return fail('an audio flow can be read as it is', 'no audio in clear', flowName(clear), [path]);
  const open = rtcp.find(({ flow }) => (flow.rtcp?.exactlyFilled ?? 0) > 0);
  if (open)
    return fail('an RTCP flow is in clear', 'RTCP protected like RTP', flowName(open), [path]);
  const incomplete = incompleteness(facts);
  if (incomplete !== null) return inconclusive(incomplete, [path]);
  const blocked = unusable(view);
  if (blocked) return blocked;
  if (rtcp.length === 0) return inconclusive('no RTCP in the capture', [path]);
  const unprotected = rtcp.find(({ verification }) => verification.failed > 0);
  if (unprotected)
    return fail('an RTCP flow does not verify', 'SRTCP with 80-bit tags', flowName(unprotected), [
      path,
      keysPath,
    ]);
  const strange = rtp.find(({ verification }) => verification.failed > 0);
  if (strange)
    return inconclusive(`the flow ${flowName(strange)} is not in clear, and no key verifies it`, [
      path,
    ]);
  const packets = rtcp.reduce((total, { verification }) => total + verification.verified, 0);
  return pass(`every audio flow is encrypted, and ${packets} RTCP packets verify as SRTCP`, [
    path,
    keysPath,
  ]);
};

/** Samples in a 20 ms frame at 8 kHz. */
const frameSamples = 160;

const judgeCodec = (view: MediaView): Finding => {
  const blocked = unusable(view);
  if (blocked) return blocked;
  const { rtp, path } = view;
  for (const media of rtp) {
    const { payloads, failed } = media.verification;
    if (failed > 0 || payloads.length < 2)
      return inconclusive(`the flow ${flowName(media)} cannot be decrypted`, [path]);
    const wrong = payloads.map(({ bytes }) => parseNarrowband(bytes)).find((frame) => !frame.ok);
    if (wrong && !wrong.ok)
      return fail(
        `the flow ${flowName(media)} carries other frames`,
        'Speex narrowband frames',
        wrong.error.code,
        [path],
      );
    const {
      firstTimestamp = 0,
      lastTimestamp = 0,
      firstSequence = 0,
      lastSequence = 0,
    } = media.flow.rtp ?? {};
    const packets = (lastSequence - firstSequence) & 0xffff;
    const samples = (lastTimestamp - firstTimestamp) >>> 0;
    if (packets > 0 && samples !== packets * frameSamples)
      return fail(
        `the RTP clock of the flow ${flowName(media)} is another`,
        '160 samples a packet of 20 ms (8 kHz)',
        `${(samples / packets).toFixed(1)} samples a packet`,
        [path],
      );
  }
  const frames = rtp.reduce((total, { verification }) => total + verification.payloads.length, 0);
  return pass(`${frames} packets hold Speex narrowband frames of 20 ms at 8 kHz`, [path, keysPath]);
};

/** Group 14 of RFC 3526, the only one that X-CSL-Info1 can name (I-2). */
const groupBits = 2048;

const judgeExchange = onExchange((view) => {
  const { path, offer, answer, exponentMatches, exponentOf } = view;
  const evidence = [path, `evidence/${callActivity}/key-agreement.json`, keysPath];
  const groups = [offer, answer].map(({ message }) => message.info1?.group);
  if (groups.some((group) => group !== 14))
    return fail(
      'another group was used',
      `group 14 (${groupBits} bits)`,
      `groups ${groups.join(' and ')}`,
      evidence,
    );
  if (!exponentMatches)
    return inconclusive(
      `the exponent logged for the ${exponentOf} does not give the public value on the wire`,
      evidence,
    );
  const wanted = derivedMasterKeys(view).map(({ masterKey }) => toHex(masterKey));
  const used = new Set(verifiedKeys(view));
  const missing = wanted.filter((key) => !used.has(key));
  if (missing.length > 0)
    return fail(
      'the keys that the exchange on the wire gives do not verify the audio',
      'SRTP keys derived from the Diffie-Hellman exchange',
      `${wanted.length - missing.length} of ${wanted.length} directions verify`,
      evidence,
    );
  return pass(
    `the secret recomputed from the ${exponentOf}’s exponent and the values on the wire (2048-bit group 14) gives the keys that verify the audio of both directions`,
    evidence,
  );
});

/** Master keys, in hexadecimal, that the exchange gives and that verify whole flows of the capture. */
const verifiedKeys = (view: Parameters<Parameters<typeof onExchange>[0]>[0]): readonly string[] => {
  const keys = derivedMasterKeys(view);
  return keys
    .filter((key) =>
      view.facts.udpFlows.some((flow) => {
        if (flow.protocol !== 'rtp') return false;
        const { verified, failed } = verifyStream(flow.datagrams, [key]);
        return verified > 0 && failed === 0;
      }),
    )
    .map(({ masterKey }) => toHex(masterKey));
};

const judgeSigned = onExchange((view) => {
  const { path, offer, answer, callerTagHolds, calleeTagHolds } = view;
  const checks = {
    'RSA-SHA256 signature of the INVITE': offer.signatureHolds,
    'RSA-SHA256 signature of the 200': answer.signatureHolds,
    'HMAC-SHA256 tag of the 200': calleeTagHolds,
    'HMAC-SHA256 tag of the ACK': callerTagHolds,
  };
  const wrong = Object.entries(checks).filter(([, holds]) => !holds);
  if (wrong.length > 0)
    return fail(
      'the exchange is not signed as I-1 reads it',
      'two signatures and two tags that verify',
      `does not verify: ${wrong.map(([name]) => name).join(', ')}`,
      [path],
    );
  return pass('both signatures and both HMAC-SHA256 tags, recomputed from the wire, verify', [
    path,
  ]);
});

const mediaScenario = (
  id: string,
  claims: readonly string[],
  judge: (view: MediaView) => Finding,
): Scenario => ({
  id,
  revision: 1,
  claims,
  activities: [callActivity],
  needs: ['call'],
  judge: onMedia(judge),
});

const exchangeScenario = (
  id: string,
  claims: readonly string[],
  judge: Scenario['judge'],
): Scenario => ({
  id,
  revision: 1,
  claims,
  activities: [callActivity],
  needs: ['call', 'key-agreement-log'],
  judge,
});

/** Section 5.1: encryption. */
export const sectionFiveOne: readonly Scenario[] = [
  tlsScenario('5.1/sip-tls/version', '5.1.a', 'sip', version),
  tlsScenario('5.1/sip-tls/suite', '5.1.b', 'sip', suite),
  tlsScenario('5.1/sip-tls/modulus', '5.1.c', 'sip', modulus),
  tlsScenario('5.1/registration-tls/version', '5.1.d', 'registration', version),
  tlsScenario('5.1/registration-tls/suite', '5.1.e', 'registration', suite),
  tlsScenario('5.1/registration-tls/modulus', '5.1.f', 'registration', modulus),
  mediaScenario('5.1/audio/tag', ['5.1.g'], judgeTags),
  mediaScenario('5.1/audio/codec', ['5.1.h'], judgeCodec),
  exchangeScenario('5.1/key-agreement/derivation', ['5.1.i', '2.1.e'], judgeExchange),
  exchangeScenario('5.1/key-agreement/signed', ['5.1.j'], judgeSigned),
  mediaScenario('5.1/audio/confidential', ['5.1.m'], judgeConfidentiality),
];

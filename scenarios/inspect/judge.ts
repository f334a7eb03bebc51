import { readMessage } from '../../reference/core/csl/message.ts';
import { allHeaders, header } from '../../reference/core/sip/message.ts';
import { verdictKinds, type Verdict } from '../../reports/model/verdict.ts';
import { fail, inconclusive, pass, type Finding } from '../campaign/scenario.ts';
import {
  judgeSession,
  modulus,
  suite,
  version,
  type SessionCheck,
} from '../conformity/section-5.1-tls.ts';
import { certificateOfBase64 } from '../conformity/views/certificates.ts';
import { worst } from '../conformity/views/worst.ts';
import type { TlsSessionFacts, UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';

/** A capture of unknown origin and what came with it. */
export interface Inspection {
  readonly facts: WireFacts;
  /** SRTP keys given. */
  readonly keys: number;
}

type Service = 'sip' | 'registration';
type Judge = (inspection: Inspection) => Finding;

interface Check {
  readonly claims: readonly string[];
  readonly judge: Judge;
}

/** Why a capture cannot show that something was nowhere; null where it can. */
const incomplete = ({
  problems,
  packets,
  dropped,
  cut,
  tlsSessions,
  other,
}: WireFacts): string | null => {
  if (packets === 0) return 'the capture holds no packet';
  const [problem] = problems;
  if (problem)
    return `the capture could be read only in part: ${problem.code} at byte ${problem.offset}`;
  if (dropped > 0) return `the capture lost ${dropped} packets`;
  if (cut > 0) return `${cut} packets of the capture are cut short`;
  const holes = tlsSessions.reduce((total, session) => total + session.gaps, 0);
  if (holes > 0 || other.some(({ what }) => what === 'tcp gap'))
    return `${Math.max(holes, 1)} holes in the captured connections`;
  return null;
};

const established = (facts: WireFacts, service: Service): readonly TlsSessionFacts[] =>
  facts.tlsSessions.filter((session) => session.service === service && session.established);

/** Messages of a service's protocol that passed inside its own sessions. */
const messagesOf = (facts: WireFacts, service: Service) =>
  (service === 'sip' ? facts.sipMessages : facts.httpMessages).filter(
    ({ session }) => facts.tlsSessions[session]?.service === service,
  );

const none = (service: Service): Finding =>
  inconclusive(`no established ${service} session in the capture`);

const everySession =
  (service: Service, check: SessionCheck): Judge =>
  ({ facts }) => {
    const sessions = established(facts, service);
    if (sessions.length === 0) return none(service);
    return (
      worst(sessions.map((session) => judgeSession(session, check, ''))) ??
      pass(`${check.expected} in ${sessions.length} established sessions`)
    );
  };

/** The protocol must be seen inside TLS and nowhere outside; what TLS carries is known only with keys. */
const insideTls =
  (service: Service): Judge =>
  ({ facts }) => {
    const [clear] = service === 'sip' ? facts.clearSip : facts.clearHttp;
    const name = service === 'sip' ? 'SIP' : 'HTTP';
    if (clear)
      return fail(
        `${name} in clear from ${clear.from.host}:${clear.from.port} to ${clear.to.host}:${clear.to.port}`,
        `no ${name} in clear`,
        clear.line,
      );
    const sessions = established(facts, service);
    if (sessions.length === 0) return none(service);
    const lost = incomplete(facts);
    if (lost !== null) return inconclusive(lost);
    const messages = messagesOf(facts, service);
    const silent = sessions.filter(
      (session) => !messages.some((message) => facts.tlsSessions[message.session] === session),
    );
    if (silent.length > 0)
      return inconclusive(
        `${silent.length} of ${sessions.length} ${service} sessions show nothing decrypted: their key log is needed (--keylog)`,
      );
    return pass(
      `${messages.length} ${name} messages inside ${sessions.length} TLS sessions, none in clear`,
    );
  };

const noClearSip: Judge = ({ facts }) => {
  const [clear] = facts.clearSip;
  if (clear)
    return fail(
      `SIP in clear from ${clear.from.host}:${clear.from.port} to ${clear.to.host}:${clear.to.port}`,
      'no SIP in clear',
      clear.line,
    );
  if (established(facts, 'sip').length === 0) return none('sip');
  const lost = incomplete(facts);
  return lost === null ? pass('no SIP in clear on any port') : inconclusive(lost);
};

const flowsOf = ({ udpFlows }: WireFacts, protocol: 'rtp' | 'rtcp'): readonly UdpFlowFacts[] =>
  udpFlows.filter((flow) => flow.protocol === protocol);

const flowName = ({ source, destination }: UdpFlowFacts): string =>
  `${source.host}:${source.port} to ${destination.host}:${destination.port}`;

const isInClear = ({ rtp, srtp }: UdpFlowFacts): boolean =>
  rtp?.readableInClear === true ||
  srtp?.diagnosis === 'clear' ||
  srtp?.diagnosis === 'clear-tagged';

const clearFlow = (facts: WireFacts): Finding | null => {
  const clear = flowsOf(facts, 'rtp').find(isInClear);
  return clear
    ? fail(
        `the flow ${flowName(clear)} is in clear`,
        'audio in SRTP',
        'Speex that can be read as it is',
      )
    : null;
};

const explanations: Readonly<Record<string, string>> = {
  'tag-32': 'a tag of 32 bits',
  'no-tag': 'encrypted, without a tag',
  'tag-wrong': 'encrypted, with a tag that does not verify',
};

const tagOf = (flow: UdpFlowFacts): Finding | null => {
  const { srtp } = flow;
  if (!srtp) return inconclusive(`no key for the flow ${flowName(flow)} (--srtp-keys)`);
  if (srtp.failed === 0) return null;
  const explained = explanations[srtp.diagnosis ?? ''];
  if (srtp.verified === 0 && explained === undefined)
    return inconclusive(`no key given verifies the flow ${flowName(flow)}`);
  return fail(
    `${srtp.failed} of ${srtp.failed + srtp.verified} packets of the flow ${flowName(flow)} do not verify`,
    'a tag of 80 bits (HMAC-SHA1) that verifies on every packet',
    explained ?? 'a tag that no key given verifies',
  );
};

/** Judges every flow of a protocol once audio in clear is ruled out; without keys it cannot be said. */
const everyFlow =
  (
    protocol: 'rtp' | 'rtcp',
    judge: (flow: UdpFlowFacts) => Finding | null,
    observed: string,
  ): Judge =>
  ({ facts, keys }) => {
    const clear = clearFlow(facts);
    if (clear) return clear;
    const flows = flowsOf(facts, protocol);
    if (flows.length === 0) return inconclusive(`no ${protocol.toUpperCase()} in the capture`);
    if (keys === 0) return inconclusive('without SRTP keys (--srtp-keys) nothing can be verified');
    const packets = flows.reduce((total, { srtp }) => total + (srtp?.verified ?? 0), 0);
    return (
      worst(flows.map(judge)) ?? pass(`${packets} packets of ${flows.length} flows ${observed}`)
    );
  };

const codecOf = (flow: UdpFlowFacts): Finding | null => {
  const { srtp } = flow;
  if (!srtp || srtp.verified === 0 || srtp.failed > 0)
    return inconclusive(`the flow ${flowName(flow)} cannot be decrypted`);
  const { otherPackets, firstRefusal } = srtp.speex;
  return otherPackets > 0
    ? fail(
        `the flow ${flowName(flow)} carries other frames`,
        'Speex narrowband frames',
        firstRefusal ?? 'other frames',
      )
    : null;
};

const confidential: Judge = (inspection) => {
  const { facts } = inspection;
  const open = flowsOf(facts, 'rtcp').find(({ rtcp }) => (rtcp?.exactlyFilled ?? 0) > 0);
  if (open) return fail('an RTCP flow is in clear', 'RTCP protected like RTP', flowName(open));
  const audio = everyFlow('rtp', tagOf, '')(inspection);
  if (audio.kind !== 'pass')
    return audio.kind === 'fail' && !clearFlow(facts) ? inconclusive(audio.reason ?? '') : audio;
  const lost = incomplete(facts);
  if (lost !== null) return inconclusive(lost);
  return everyFlow('rtcp', tagOf, 'of RTCP verify, and no audio is in clear')(inspection);
};

const wantedKey = 'RSA 2048, exponent 65537';

const keySizes: Judge = ({ facts }) => {
  const chains = facts.tlsSessions
    .filter((session) => session.established && session.service !== 'other')
    .flatMap(({ serverChain, clientChain }) => [...serverChain, ...clientChain]);
  const findings = chains.map((text): Finding | null => {
    const key = certificateOfBase64(text)?.publicKey;
    if (!key) return inconclusive('a certificate in the capture cannot be read');
    const seen =
      key.algorithm === 'rsa'
        ? `RSA ${key.modulusBits}, exponent ${key.exponent}`
        : `no RSA key (${key.oid})`;
    return seen === wantedKey ? null : fail('a certificate has another key', wantedKey, seen);
  });
  if (chains.length === 0)
    return inconclusive('no certificate of a SIP or registration session in the capture');
  return worst(findings) ?? pass(`${chains.length} certificates: ${wantedKey}`);
};

const callKinds = [
  { name: 'INVITE', kind: 'offer' },
  { name: '200', kind: 'answer' },
] as const;

/** INVITEs and their 200s must carry the four headers as I-2 says. */
const callHeaders: Judge = ({ facts }) => {
  const messages = facts.sipMessages.filter(
    ({ message, session }) =>
      facts.tlsSessions[session]?.service === 'sip' &&
      /\bINVITE$/.test(header(message, 'CSeq') ?? ''),
  );
  const carriers = messages.flatMap(({ message }) => {
    const name = message.kind === 'request' ? message.method : String(message.status);
    const carrier = callKinds.find((candidate) => candidate.name === name);
    return carrier ? [{ ...carrier, read: readMessage(allHeaders(message), carrier.kind) }] : [];
  });
  if (!callKinds.every(({ name }) => carriers.some((carrier) => carrier.name === name)))
    return inconclusive('no INVITE with its 200 in the decrypted signalling');
  const faulty = carriers.find(({ read }) => read.faults.size > 0);
  return faulty
    ? fail(
        `the ${faulty.name} lacks what I-2 says`,
        'the X-CSL headers',
        [...faulty.read.faults].join(', '),
      )
    : pass(`${carriers.length} messages carry the X-CSL headers`);
};

const sessionChecks = (
  service: Service,
  claims: readonly [string, string, string],
): readonly Check[] =>
  [version, suite, modulus].map((check, index) => ({
    claims: [claims[index] ?? ''],
    judge: everySession(service, check),
  }));

/** Claims that a capture alone can show. */
const checks: readonly Check[] = [
  { claims: ['2.1.c', '6.2.e'], judge: insideTls('registration') },
  { claims: ['2.1.d', '6.2.f'], judge: insideTls('sip') },
  { claims: ['2.1.h'], judge: noClearSip },
  ...sessionChecks('sip', ['5.1.a', '5.1.b', '5.1.c']),
  ...sessionChecks('registration', ['5.1.d', '5.1.e', '5.1.f']),
  { claims: ['5.1.g'], judge: everyFlow('rtp', tagOf, 'carry an 80-bit tag that verifies') },
  { claims: ['5.1.h', '6.2.d'], judge: everyFlow('rtp', codecOf, 'hold Speex narrowband frames') },
  { claims: ['5.1.m'], judge: confidential },
  { claims: ['6.1.a'], judge: keySizes },
  { claims: ['6.2.b', '6.2.c'], judge: callHeaders },
];

const severity = (verdict: Verdict): number => verdictKinds.indexOf(verdict.kind);

/** The verdicts of the claims that a capture alone can show, by claim; pure. */
export const judgeInspection = (inspection: Inspection): readonly Verdict[] =>
  checks
    .flatMap(({ claims, judge }) => {
      const { evidence: _paths, ...finding } = judge(inspection);
      return claims.map((claim): Verdict => ({ claim, ...finding }));
    })
    .toSorted(
      (left, right) => (left.claim < right.claim ? -1 : 1) || severity(left) - severity(right),
    );

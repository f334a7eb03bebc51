import { latin1 } from '../../reference/core/bytes.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import { fail, inconclusive, pass, type Finding } from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import type { UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';
import { blindSpot, lossOf, type Inspection, type Judge } from './completeness.ts';

type Protocol = 'rtp' | 'rtcp';

const flowsOf = ({ udpFlows }: WireFacts, protocol: Protocol): readonly UdpFlowFacts[] =>
  udpFlows.filter((flow) => flow.protocol === protocol);

type Place = UdpFlowFacts['source'];

const placeName = ({ host, port }: Place): string => `${host}:${port}`;

const flowName = ({ source, destination }: UdpFlowFacts): string =>
  `the flow ${placeName(source)} to ${placeName(destination)}`;

const isInClear = ({ rtp, srtp }: UdpFlowFacts): boolean =>
  rtp?.readableInClear === true ||
  srtp?.diagnosis === 'clear' ||
  srtp?.diagnosis === 'clear-tagged';

const wantedTag = 'a tag of 80 bits (HMAC-SHA1) that verifies on every packet';

/** Bytes of an 80-bit tag. */
const tagLength = 10;

/** Codecs of static payload types (RFC 3551 section 6); the header stays in clear under SRTP. */
const staticCodecs: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  5: 'DVI4',
  6: 'DVI4',
  7: 'LPC',
  8: 'PCMA',
  9: 'G722',
  10: 'L16',
  11: 'L16',
  12: 'QCELP',
  15: 'G728',
  16: 'DVI4',
  17: 'DVI4',
  18: 'G729',
};

/** Whether G.711 fills every packet to the last byte: a byte for each tick of the clock leaves no room for a tag. */
const isFilledByG711 = ({ rtp }: UdpFlowFacts): boolean => {
  if (!rtp || !rtp.payloadTypes.every((type) => type === 0 || type === 8)) return false;
  const packets = (rtp.lastSequence - rtp.firstSequence) & 0xffff;
  const ticks = (rtp.lastTimestamp - rtp.firstTimestamp) >>> 0;
  return (
    packets > 0 &&
    rtp.shortestPayload === rtp.longestPayload &&
    ticks === packets * rtp.longestPayload
  );
};

/** What is wrong with a flow's protection and shows without keys. */
const unprotected = (flow: UdpFlowFacts): Finding | null => {
  if (isInClear(flow))
    return fail(`${flowName(flow)} is in clear`, wantedTag, 'Speex that can be read as it is');
  if (isFilledByG711(flow))
    return fail(`${flowName(flow)} has no tag`, wantedTag, 'G.711 fills every packet');
  const shortest = flow.rtp?.shortestPayload ?? tagLength;
  return shortest < tagLength
    ? fail(
        `${flowName(flow)} has packets without a tag`,
        wantedTag,
        `${shortest} bytes behind an RTP header`,
      )
    : null;
};

const explanations: Readonly<Record<string, string>> = {
  'tag-32': 'a tag of 32 bits',
  'no-tag': 'encrypted, without a tag',
  'tag-wrong': 'encrypted, with a tag that does not verify',
};

/** Packets that no key verifies; a flow may change its key. */
const failedOf = ({ protocol, packets, srtp }: UdpFlowFacts): number => {
  if (!srtp || protocol === 'rtcp') return srtp?.failed ?? 0;
  return packets - srtp.speex.packets - srtp.speex.otherPackets - srtp.replayed;
};

const judgeTag = (flow: UdpFlowFacts, { facts, keys }: Inspection): Finding | null => {
  const { srtp } = flow;
  if (keys === 0) return inconclusive('without SRTP keys (--srtp-keys) nothing can be verified');
  if (!srtp) return inconclusive(`no key for ${flowName(flow)} (--srtp-keys)`);
  const failed = failedOf(flow);
  if (failed <= 0) return null;
  if (facts.cut > 0)
    return inconclusive(`${facts.cut} packets of the capture are cut short, tags with them`);
  const explained = explanations[srtp.diagnosis ?? ''];
  if (srtp.verified === 0 && explained === undefined)
    return inconclusive(`no key given verifies ${flowName(flow)}`);
  return fail(
    `${failed} of ${flow.packets} packets of ${flowName(flow)} do not verify`,
    wantedTag,
    explained ?? 'a tag that no key given verifies',
  );
};

/** An SDP answer, decrypted, that agrees on another protection than the suite of 5.1. */
const otherSuiteAgreed = ({ sipMessages }: WireFacts): Finding | null => {
  for (const { message, raw } of sipMessages) {
    const isAnswer = message.kind === 'response' && message.status === 200;
    if (!isAnswer || !/\bINVITE$/.test(header(message, 'CSeq') ?? '')) continue;
    const text = latin1(raw);
    const suite = /^a=crypto:\d+ +(\S+)/m.exec(text)?.[1];
    if (suite !== undefined && suite !== 'AES_CM_128_HMAC_SHA1_80')
      return fail('an SDP answer agrees on another suite', 'AES_CM_128_HMAC_SHA1_80', suite);
    const profile = /^m=audio +[1-9]\d* +(\S+)/m.exec(text)?.[1];
    if (profile !== undefined && !/\bSAVPF?$/.test(profile))
      return fail('an SDP answer agrees on unprotected audio', 'RTP/SAVP', profile);
  }
  return null;
};

/** Something that is neither RTP nor RTCP at a port of the audio. */
const strangeFlow = (facts: WireFacts): Finding | null => {
  const ends = new Set(
    flowsOf(facts, 'rtp').flatMap(({ source, destination }) =>
      [source, destination].map(placeName),
    ),
  );
  const strange = facts.udpFlows.find(
    ({ protocol, source, destination }) =>
      (protocol === 'unknown' || protocol === 'dtls') &&
      (ends.has(placeName(source)) || ends.has(placeName(destination))),
  );
  return strange
    ? inconclusive(
        `${strange.packets} datagrams of ${flowName(strange)} are neither RTP nor RTCP: what they carry cannot be told`,
      )
    : null;
};

/** Every audio packet carries an 80-bit tag that verifies (RFC 3711 section 4.2.1). */
export const tags: Judge = (inspection) => {
  const { facts } = inspection;
  const flows = flowsOf(facts, 'rtp');
  const bad = worst([...flows.map(unprotected), otherSuiteAgreed(facts)]);
  if (bad) return bad;
  if (flows.length === 0) return inconclusive('no RTP in the capture');
  const lost = lossOf(facts, 'audio');
  const packets = flows.reduce((total, flow) => total + flow.packets - failedOf(flow), 0);
  return (
    worst([
      ...flows.map((flow) => judgeTag(flow, inspection)),
      strangeFlow(facts),
      lost === null ? null : inconclusive(lost),
    ]) ?? pass(`${packets} packets of ${flows.length} flows carry an 80-bit tag that verifies`)
  );
};

/** Samples of a narrowband frame. */
const frameSamples = 160;

/** The clock of a flow whose packets all hold as many frames, in multiples of 8 kHz; null where that cannot be told. */
const clockOf = ({ rtp, packets, srtp }: UdpFlowFacts): number | null => {
  if (!rtp || !srtp || packets > 0xffff || srtp.speex.frames % srtp.speex.packets !== 0)
    return null;
  const steps = (rtp.lastSequence - rtp.firstSequence) & 0xffff;
  const ticks = (rtp.lastTimestamp - rtp.firstTimestamp) >>> 0;
  const samples = steps * (srtp.speex.frames / srtp.speex.packets) * frameSamples;
  return samples > 0 ? ticks / samples : null;
};

const judgeFrames = (flow: UdpFlowFacts, { keys }: Inspection): Finding | null => {
  const { srtp, rtp } = flow;
  const foreign = rtp?.payloadTypes.find((type) => staticCodecs[type] !== undefined);
  const wanted = 'Speex narrowband frames';
  if (foreign !== undefined)
    return fail(
      `${flowName(flow)} announces another codec`,
      wanted,
      `payload type ${foreign}, ${staticCodecs[foreign]}`,
    );
  // What can be read as it is was not encrypted, even where its tags verify: decrypting it would garble it.
  if (rtp?.readableInClear === true) return null;
  if (srtp && srtp.speex.otherPackets > 0)
    return fail(
      `${flowName(flow)} carries other frames`,
      wanted,
      srtp.speex.firstRefusal ?? 'other frames',
    );
  if (keys === 0) return inconclusive('without SRTP keys (--srtp-keys) nothing can be decrypted');
  if (!srtp || srtp.speex.packets === 0 || failedOf(flow) > 0)
    return inconclusive(`${flowName(flow)} cannot be decrypted`);
  const clock = clockOf(flow);
  return clock === 2 || clock === 4
    ? fail(`the RTP clock of ${flowName(flow)} is another`, '8 kHz', `${clock * 8} kHz`)
    : null;
};

/** Every audio packet holds narrowband Speex (RFC 5574). */
export const codec: Judge = (inspection) => {
  const { facts } = inspection;
  const flows = flowsOf(facts, 'rtp');
  if (flows.length === 0) return inconclusive('no RTP in the capture');
  const lost = lossOf(facts, 'audio');
  const packets = flows.reduce((total, flow) => total + flow.packets, 0);
  return (
    worst([
      ...flows.map((flow) => judgeFrames(flow, inspection)),
      lost === null ? null : inconclusive(lost),
    ]) ?? pass(`${packets} packets of ${flows.length} flows hold Speex narrowband frames`)
  );
};

/** Speex narrowband in RTP, and that in SRTP. */
export const codecInSrtp: Judge = (inspection) =>
  worst(flowsOf(inspection.facts, 'rtp').map(unprotected)) ?? codec(inspection);

/** RTCP that does not verify fails where the key of its source is known, else nothing can be said. */
const judgeControl = (flow: UdpFlowFacts, inspection: Inspection): Finding | null => {
  const { facts } = inspection;
  const finding = judgeTag(flow, inspection);
  if (finding?.kind !== 'inconclusive' || facts.cut > 0 || !flow.srtp) return finding;
  const isKnown = flowsOf(facts, 'rtp').some(
    ({ rtp, srtp }) => rtp?.ssrc === flow.rtcp?.ssrc && (srtp?.verified ?? 0) > 0,
  );
  return isKnown
    ? fail(`${flowName(flow)} does not verify`, 'SRTCP with 80-bit tags', 'RTCP of another shape')
    : finding;
};

/** No audio in clear, and RTCP protected like RTP. */
export const confidential: Judge = (inspection) => {
  const { facts } = inspection;
  const [rtp, rtcp] = [flowsOf(facts, 'rtp'), flowsOf(facts, 'rtcp')];
  const open = rtcp.find((flow) => (flow.rtcp?.exactlyFilled ?? 0) > 0);
  if (open) return fail('an RTCP flow is in clear', 'RTCP protected like RTP', flowName(open));
  const clear = rtp.find(isInClear);
  if (clear) return unprotected(clear) ?? inconclusive(flowName(clear));
  if (rtp.length === 0) return inconclusive('no RTP in the capture');
  const audio = worst(rtp.map((flow) => judgeTag(flow, inspection)));
  if (audio)
    return inconclusive(
      `no audio can be read as it is, but: ${audio.reason ?? 'no key verifies it'}`,
    );
  if (rtcp.length === 0) return inconclusive('no RTCP in the capture');
  const control = worst(rtcp.map((flow) => judgeControl(flow, inspection)));
  const blind = blindSpot(facts, 'audio');
  if (control) return control;
  if (blind !== null) return inconclusive(blind);
  const packets = rtcp.reduce((total, flow) => total + (flow.srtp?.verified ?? 0), 0);
  return (
    strangeFlow(facts) ??
    pass(`every audio flow is encrypted, and ${packets} RTCP packets verify as SRTCP`)
  );
};

import { rtpPackets, speexFrame } from '../../wire/testing/media.ts';
import { undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { without, withFacts, withoutCapture, type Alteration } from '../../testing/altered.ts';
import { datagrams, furtherDatagrams } from '../../testing/altered-wire.ts';
import type { UdpFlowFacts } from '../../wire/facts-model.ts';
import { dropped, shortened } from './damage.ts';
import { withKeys } from './documents.ts';
import { audioOf, oneKey } from './media-packets.ts';

/** Bytes with the last bit flipped. */
export const flipLast = (bytes: Uint8Array): Uint8Array => {
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes;
};

/** Whether a flow is the last audio flow of the capture. */
export const isLastAudio = (flow: UdpFlowFacts, list: readonly UdpFlowFacts[]): boolean =>
  flow.protocol === 'rtp' && list.findLast(({ protocol }) => protocol === 'rtp') === flow;

/** Packets of the last audio flow, changed. */
export const inLastFlow =
  (change: (bytes: Uint8Array, index: number) => Uint8Array | null): Alteration =>
  (evidence) => {
    const wire = evidence.wire('call');
    const flows = wire.kind === 'captured' ? wire.facts.udpFlows : [];
    return datagrams((bytes, { flow, index }) =>
      isLastAudio(flow, flows) ? change(bytes, index) : bytes,
    )(evidence);
  };

/** One flipped bit in one packet of the last audio flow. */
export const oneFlipped = inLastFlow((bytes, index) => (index === 40 ? flipLast(bytes) : bytes));
const headerOf = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 12);
/** An RTP packet with the same header and a Speex frame in clear. */
export const inClear = (bytes: Uint8Array): Uint8Array => {
  const clear = new Uint8Array(12 + speexFrame.length);
  clear.set(headerOf(bytes));
  clear.set(speexFrame, 12);
  return clear;
};

/** No RTP. */
export const noAudio = datagrams((bytes, { flow }) => (flow.protocol === 'rtp' ? null : bytes));
/** No RTCP. */
export const noRtcp = datagrams((bytes, { flow }) => (flow.protocol === 'rtcp' ? null : bytes));
const oneDirection: Alteration = (evidence) => {
  const wire = evidence.wire('call');
  const flows = wire.kind === 'captured' ? wire.facts.udpFlows : [];
  return datagrams((bytes, { flow }) => (audioOf(1)(flow, flows) ? null : bytes))(evidence);
};

/** From a phone's audio port to the relay's port that it uses: what nobody looks for there. */
const between = (rtp: readonly UdpFlowFacts[]) => {
  const [flow] = rtp;
  if (!flow) throw new Error('no audio in the real run');
  return { source: flow.source, destination: flow.destination };
};
const elsewhere = () => ({
  source: { host: '127.0.0.1', port: 41_000 },
  destination: { host: '127.0.0.1', port: 41_001 },
});
/** Payloads that are no protocol. */
export const noise = Array.from({ length: 20 }, (_, index) => new Uint8Array(40).fill(index + 1));
/** Datagrams of audio size that are nothing known, between two ports of nobody. */
export const strange = furtherDatagrams(elsewhere, noise);
/** One such datagram at a port of the call’s audio. */
export const strangeAtPort = furtherDatagrams(between, noise.slice(0, 1));

/** Ends of the phones' own audio, from one to the other. */
export const direct = (rtp: readonly UdpFlowFacts[], evidencePorts: (port: number) => boolean) => {
  const phones = rtp.map(({ source }) => source).filter(({ port }) => !evidencePorts(port));
  const [source, destination] = phones;
  if (!source || !destination) throw new Error('no two phones in the real run');
  return { source, destination };
};
/** Whether a port is of the relay of the reference. */
export const isRelayPort = (port: number): boolean => port >= 20_000 && port <= 29_999;

/** A further flow of audio in clear, past the relay. */
export const clearFlow = furtherDatagrams(elsewhere, rtpPackets(77, 20));
/** Four packets in clear in the last audio flow. */
export const clearAmong = inLastFlow((bytes, index) =>
  index >= 40 && index < 44 ? inClear(bytes) : bytes,
);

/** What makes every claim on all audio inconclusive. */
export const lacking = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no capture', /not captured/, withoutCapture('call')),
  undecided(id, 'no audio', /no audio/, noAudio),
  undecided(id, 'audio in one direction only', /not of both/, oneDirection),
  undecided(id, 'a dropped packet', /lost 1/, dropped),
  undecided(id, 'a file that holds less than was captured', /holds \d+ of \d+/, shortened),
];

/** What makes every claim that needs SRTP keys inconclusive. */
export const withoutKeys = (id: string): readonly JudgeCase[] => [
  undecided(
    id,
    'no keys',
    /(no key|cannot be decrypted|no SRTP keys)/,
    without('call', 'srtp-keys.json'),
  ),
  undecided(
    id,
    'an empty list of keys',
    /(no key|cannot be decrypted|no SRTP keys)/,
    withKeys(() => []),
  ),
  undecided(id, 'the key of one direction only', /(no key|cannot be decrypted)/, oneKey),
  undecided(
    id,
    'datagrams that were not kept',
    /could be kept|cannot be decrypted/,
    withFacts((facts) => ({
      ...facts,
      udpFlows: facts.udpFlows.map((flow) => ({ ...flow, notKept: 1, datagrams: [] })),
    })),
  ),
];

import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without, type Alteration } from '../../testing/altered.ts';
import { datagrams } from '../../testing/altered-wire.ts';
import { cut, dropped, unread } from './damage.ts';
import { withKeys } from './documents.ts';
import {
  clearAmong,
  clearFlow,
  flipLast,
  inClear,
  inLastFlow,
  isLastAudio,
  lacking,
  noRtcp,
  oneFlipped,
  strange,
  strangeAtPort,
  withoutKeys,
} from './media-alterations.ts';
import { foreignKey, oneKey, protectedAnew } from './media-packets.ts';

const tags: readonly JudgeCase[] = [
  failing(
    '5.1/audio/tag',
    'one flipped bit in one of 400 packets',
    /1 of 1\d\d packets/,
    oneFlipped,
  ),
  failing(
    '5.1/audio/tag',
    'tags cut to 32 bits in one flow',
    /packets of the flow .* do not verify/,
    inLastFlow((bytes) => bytes.slice(0, -6)),
  ),
  failing(
    '5.1/audio/tag',
    'no tags in one flow',
    /packets of the flow .* do not verify/,
    inLastFlow((bytes) => bytes.slice(0, -10)),
  ),
  failing('5.1/audio/tag', 'a further flow in clear', /is in clear/, clearFlow),
  failing(
    '5.1/audio/tag',
    'four packets in clear among good ones',
    /in clear|do not verify/,
    clearAmong,
  ),
  failing(
    '5.1/audio/tag',
    'a flow without a known key before one with a flipped bit',
    /1 of 1\d\d packets/,
    all(oneFlipped, oneKey),
  ),
  ...lacking('5.1/audio/tag'),
  ...withoutKeys('5.1/audio/tag'),
  undecided(
    '5.1/audio/tag',
    'packets that the capture cut short',
    /cut short/,
    all(
      inLastFlow((bytes) => bytes.slice(0, 30)),
      cut,
    ),
  ),
  undecided(
    '5.1/audio/tag',
    'unknown datagrams of audio size elsewhere',
    /cannot be told/,
    strange,
  ),
  undecided(
    '5.1/audio/tag',
    'one unknown datagram at the audio’s port',
    /cannot be told/,
    strangeAtPort,
  ),
];

const codec: readonly JudgeCase[] = [
  undecided(
    '5.1/audio/tag',
    'noise in one flow, rightly protected',
    /what AES-CM opens is noise/,
    protectedAnew(isLastAudio, (packet) => ({
      ...packet,
      payload: packet.payload.map((byte, place) => byte ^ (packet.sequence * 89 + place * 41)),
    })),
  ),
  tolerated(
    '5.1/audio/tag',
    'another codec in one flow, rightly protected',
    /80-bit tag that verifies/,
    protectedAnew(isLastAudio, (packet) => ({
      ...packet,
      payload: new Uint8Array(160).fill(0xd5),
    })),
  ),
  failing(
    '5.1/audio/codec',
    'G.711 in one flow, rightly protected',
    /other frames/,
    protectedAnew(isLastAudio, (packet) => ({
      ...packet,
      payload: new Uint8Array(160).fill(0xd5),
    })),
  ),
  failing(
    '5.1/audio/codec',
    'a 16 kHz clock in one flow',
    /clock of the flow/,
    protectedAnew(isLastAudio, (packet) => ({
      ...packet,
      timestamp: (packet.timestamp + packet.sequence * 160) >>> 0,
    })),
  ),
  ...lacking('5.1/audio/codec'),
  ...withoutKeys('5.1/audio/codec'),
];

/** RTCP as RFC 3550 has it, without index and tag. */
const clearRtcp = datagrams((bytes, { flow }) =>
  flow.protocol === 'rtcp'
    ? bytes.slice(0, (((bytes[2] ?? 0) << 8) + (bytes[3] ?? 0) + 1) * 4)
    : bytes,
);
const flippedRtcp: Alteration = (evidence) => {
  const wire = evidence.wire('call');
  const flows = wire.kind === 'captured' ? wire.facts.udpFlows : [];
  const last = flows.findLast(({ protocol }) => protocol === 'rtcp');
  return datagrams((bytes, { flow }) => (flow === last ? flipLast(bytes) : bytes))(evidence);
};

const confidential: readonly JudgeCase[] = [
  failing('5.1/audio/confidential', 'a further flow in clear', /can be read/, clearFlow),
  failing(
    '5.1/audio/confidential',
    'a further flow in clear, in a capture with losses and without keys',
    /can be read/,
    all(clearFlow, dropped, without('call', 'srtp-keys.json')),
  ),
  failing(
    '5.1/audio/confidential',
    'four packets in clear among good ones',
    /can be read/,
    clearAmong,
  ),
  failing(
    '5.1/audio/confidential',
    'audio in clear with 80 bits behind it',
    /can be read/,
    inLastFlow((bytes) => new Uint8Array([...inClear(bytes), ...bytes.slice(-10)])),
  ),
  failing('5.1/audio/confidential', 'RTCP in clear', /RTCP flow is in clear/, clearRtcp),
  failing(
    '5.1/audio/confidential',
    'a flipped bit in RTCP',
    /RTCP flow does not verify/,
    flippedRtcp,
  ),
  ...lacking('5.1/audio/confidential'),
  ...withoutKeys('5.1/audio/confidential'),
  undecided('5.1/audio/confidential', 'no RTCP', /no RTCP/, noRtcp),
  undecided('5.1/audio/confidential', 'a cut packet', /cut short/, cut),
  undecided('5.1/audio/confidential', 'an IP fragment', /ip-fragment/, unread('ip-fragment')),
  undecided('5.1/audio/confidential', 'unknown datagrams elsewhere', /cannot be told/, strange),
  undecided(
    '5.1/audio/confidential',
    'one unknown datagram at the audio’s port',
    /cannot be told/,
    strangeAtPort,
  ),
  undecided(
    '5.1/audio/confidential',
    'a flow under a key nobody logged',
    /no key verifies/,
    all(
      foreignKey,
      withKeys((keys) => keys.slice(0, 2)),
    ),
  ),
];

/** Section 5.1, audio. */
export const mediaCases: readonly JudgeCase[] = [...tags, ...codec, ...confidential];

import { nodeTransform } from '../../reference/core/rtp/srtp.ts';
import type { RtpPacket } from '../../reference/core/rtp/packet.ts';
import type { Mutant } from './mutant.ts';
import {
  carrying,
  controlInClear,
  forgettingPackets,
  takingAnything,
  takingShortTags,
  transforming,
  withoutTags,
} from './srtp-suites.ts';

/** Phones whose receiver takes what it should not. */
const receiverMutants: readonly Mutant[] = [
  {
    id: 'audio-not-verified',
    fault: 'the phone does not verify the tags of audio packets',
    claims: ['5.1.g', '5.1.m'],
    because: /" was taken/,
    parts: { phone: { suite: takingAnything } },
  },
  {
    id: 'short-tags-taken',
    fault: 'the phone also takes SRTP tags of 32 bits',
    claims: ['5.1.g'],
    because: /"tag-of-32-bits" was taken/,
    parts: { phone: { suite: takingShortTags } },
  },
  {
    id: 'replayed-audio-taken',
    fault: 'the phone takes audio packets that it has taken before',
    claims: ['5.1.g'],
    because: /"replay(-outside-window)?" was taken/,
    parts: { phone: { suite: forgettingPackets } },
  },
  {
    id: 'rollover-not-counted',
    fault: 'the rollover counter stays at zero',
    claims: ['5.1.g'],
    because: /"rollover" was refused|"other-rollover" was taken/,
    parts: {
      phone: {
        suite: transforming((right) => ({
          crypt: (ssrc, index, ...rest) => right.crypt(ssrc, index % 2 ** 16, ...rest),
          writeTag: (bytes, length, rollover) =>
            right.writeTag(bytes, length, rollover === null ? null : 0),
          tagMatches: (bytes, length, rollover) =>
            right.tagMatches(bytes, length, rollover === null ? null : 0),
        })),
      },
    },
  },
  {
    id: 'control-in-clear-taken',
    fault: 'the phone also takes RTCP in clear',
    claims: ['5.1.m'],
    because: /"control-in-clear" was taken/,
    parts: { phone: { suite: controlInClear(false) } },
  },
];

/** Phones that protect their packets otherwise. */
const senderMutants: readonly Mutant[] = [
  {
    id: 'control-in-clear',
    fault: 'both phones send RTCP as it is',
    claims: ['5.1.m'],
    because: /RTCP flow is in clear|"control-in-clear" was taken/,
    parts: { phone: { suite: controlInClear(true) } },
  },
  {
    id: 'audio-without-tags',
    fault: 'both phones send encrypted audio without tags',
    claims: ['5.1.g'],
    because: /without a tag|"no-tag" was taken/,
    parts: { phone: { suite: withoutTags } },
  },
  {
    id: 'rollover-not-in-tag',
    fault: 'the rollover counter is left out of what the tag covers',
    claims: ['5.1.g'],
    because: /a tag that does not verify/,
    parts: {
      phone: {
        suite: transforming((right) => ({
          writeTag: (bytes, length) => right.writeTag(bytes, length, null),
          tagMatches: (bytes, length) => right.tagMatches(bytes, length, null),
        })),
      },
    },
  },
  {
    id: 'cipher-without-salt',
    fault: 'the keystream is made with a salt of zeros',
    claims: ['5.1.h', '6.2.d'],
    because: /other frames|not a Speex frame/,
    parts: {
      phone: {
        suite: transforming((_, keys) => {
          const unsalted = nodeTransform({ ...keys, salt: new Uint8Array(keys.salt.length) });
          return { crypt: (...given) => unsalted.crypt(...given) };
        }),
      },
    },
  },
];

const frameLength = 38;
const terminator = 0x07;
/** The wideband bit, and a high band of sub-mode 0: what a wideband encoder adds to a frame of 300 bits. */
const highBand = 0x08;

const lastNibble =
  (nibble: number) =>
  (packet: RtpPacket): RtpPacket => ({
    ...packet,
    payload: packet.payload.map((byte, place) =>
      place === frameLength - 1 ? (byte & 0xf0) | nibble : byte,
    ),
  });

/** Timestamps of twice as many samples a packet, from the first that is seen. */
const twiceAsFast = (): ((packet: RtpPacket) => RtpPacket) => {
  const first = new Map<number, number>();
  return (packet) => {
    const begin = first.get(packet.ssrc) ?? packet.timestamp;
    first.set(packet.ssrc, begin);
    return { ...packet, timestamp: (2 * packet.timestamp - begin) >>> 0 };
  };
};

/** Phones whose RTP packets are others. */
const packetMutants: readonly Mutant[] = [
  {
    id: 'other-payload-type',
    fault: 'audio has payload type 98',
    claims: ['6.2.d'],
    because: /another payload type/,
    parts: {
      phone: {
        suite: carrying(
          (packet) => ({ ...packet, payloadType: 98 }),
          (packet) => ({ ...packet, payloadType: 97 }),
        ),
      },
    },
  },
  {
    id: 'wideband-speex',
    fault: 'audio is wideband Speex',
    claims: ['5.1.h', '6.2.d'],
    because: /other frames|not a Speex frame/,
    parts: { phone: { suite: carrying(lastNibble(highBand), lastNibble(terminator)) } },
  },
  {
    id: 'clock-of-16-khz',
    fault: 'the RTP clock runs at 16 kHz',
    claims: ['5.1.h'],
    because: /the RTP clock of the flow/,
    parts: { phone: { suite: carrying(twiceAsFast()) } },
  },
  {
    id: 'audio-level-in-header',
    fault: 'every audio packet tells its loudness in a header extension',
    claims: ['3.1.d'],
    because: /header extension/,
    parts: {
      phone: {
        suite: carrying((packet) => ({
          ...packet,
          extension: { profile: 0xbede, data: Uint8Array.of(0x10, packet.payload[1] ?? 0, 0, 0) },
        })),
      },
    },
  },
];

/** Phones whose audio packets are not as they should be. */
export const srtpMutants: readonly Mutant[] = [
  ...receiverMutants,
  ...senderMutants,
  ...packetMutants,
];

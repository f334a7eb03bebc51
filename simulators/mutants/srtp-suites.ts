import { parseRtp, serializeRtp, type RtpPacket } from '../../reference/core/rtp/packet.ts';
import type { SessionKeys } from '../../reference/core/rtp/key-derivation.ts';
import { createSrtpReceiver } from '../../reference/core/rtp/srtp-receiver.ts';
import { srtpSuiteOf, type SrtpSuite } from '../../reference/core/rtp/srtp-suite.ts';
import { createTransforms, type SrtpTransform } from '../../reference/core/rtp/srtp-transform.ts';
import { aesCm128HmacSha1Tag80, nodeTransform } from '../../reference/core/rtp/srtp.ts';
import { ok } from '../../reference/core/result.ts';
import { aesCm128HmacSha1Tag32 } from './short-tag.ts';

const right = aesCm128HmacSha1Tag80;

/** The right suite with something else done to packets under the session keys. */
export const transforming = (
  change: (transform: SrtpTransform, keys: SessionKeys) => Partial<SrtpTransform>,
): SrtpSuite =>
  srtpSuiteOf((keys) => {
    const transform = nodeTransform(keys);
    return { ...transform, ...change(transform, keys) };
  });

/** Sends as it should, and takes everything for authentic. */
export const takingAnything: SrtpSuite = {
  sender: (key) => right.sender(key),
  receiver: (key) =>
    createSrtpReceiver(
      createTransforms(key, (keys) => ({ ...nodeTransform(keys), tagMatches: () => true })),
    ),
};

/** Takes tags of 80 bits and of 32. */
export const takingShortTags: SrtpSuite = {
  sender: (key) => right.sender(key),
  receiver(key) {
    const [long, short] = [right.receiver(key), aesCm128HmacSha1Tag32.receiver(key)];
    return {
      ...long,
      unprotectRtp(packet) {
        const opened = long.unprotectRtp(packet);
        return opened.ok ? opened : short.unprotectRtp(packet);
      },
    };
  },
};

/** Remembers no packet index: opens what has come before. */
export const forgettingPackets: SrtpSuite = {
  sender: (key) => right.sender(key),
  receiver(key) {
    const remembering = right.receiver(key);
    return {
      ...remembering,
      unprotectRtp(packet) {
        const opened = remembering.unprotectRtp(packet);
        const isOld =
          !opened.ok && (opened.error.code === 'replayed' || opened.error.code === 'too-old');
        return isOld ? right.receiver(key).unprotectRtp(packet) : opened;
      },
    };
  },
};

const tagLength = 10;

/** Encrypted as it should be, and without a tag; one packet's receiver is enough while the rollover counter is 0. */
export const withoutTags: SrtpSuite = {
  sender(key) {
    const sender = right.sender(key);
    return {
      ...sender,
      protectRtp(packet) {
        const sent = sender.protectRtp(packet);
        return sent.ok ? ok(sent.value.subarray(0, -tagLength)) : sent;
      },
    };
  },
  receiver: (key) => ({
    ...right.receiver(key),
    unprotectRtp(packet) {
      // Counter mode undoes itself: protecting what is protected gives the plain payload.
      const opened = right.sender(key).protectRtp(packet);
      return opened.ok ? ok(opened.value.slice(0, -tagLength)) : opened;
    },
  }),
};

/** RTCP as it is: sent so, or only taken so beside the right one. */
export const controlInClear = (sent: boolean): SrtpSuite => ({
  sender: (key) => ({
    ...right.sender(key),
    ...(sent ? { protectRtcp: (packet: Uint8Array) => ok(packet) } : {}),
  }),
  receiver(key) {
    const protectedOnly = right.receiver(key);
    return {
      ...protectedOnly,
      unprotectRtcp(packet) {
        const opened = protectedOnly.unprotectRtcp(packet);
        return opened.ok ? opened : ok(packet.slice());
      },
    };
  },
});

/** Packets that are something else between the phones: changed before they are protected, and changed back. */
export const carrying = (
  outward: (packet: RtpPacket) => RtpPacket,
  inward: (packet: RtpPacket) => RtpPacket = (packet) => packet,
): SrtpSuite => {
  const changed = (bytes: Uint8Array, change: (packet: RtpPacket) => RtpPacket): Uint8Array => {
    const packet = parseRtp(bytes);
    return packet.ok ? serializeRtp(change(packet.value)) : bytes;
  };
  return {
    sender(key) {
      const sender = right.sender(key);
      return { ...sender, protectRtp: (bytes) => sender.protectRtp(changed(bytes, outward)) };
    },
    receiver(key) {
      const receiver = right.receiver(key);
      return {
        ...receiver,
        unprotectRtp(bytes) {
          const opened = receiver.unprotectRtp(bytes);
          return opened.ok ? ok(changed(opened.value, inward)) : opened;
        },
      };
    },
  };
};

import { concat, equal } from '../../reference/core/bytes.ts';
import type { MasterKey } from '../../reference/core/rtp/key-derivation.ts';
import {
  aesCm128HmacSha1Tag80,
  type SrtpReceiver,
  type SrtpSuite,
} from '../../reference/core/rtp/srtp.ts';
import { fault, ok } from '../../reference/core/result.ts';

const rightTag = 10;
const shortTag = 4;

/** A packet with its 80-bit tag; a sender of its own for each packet, which is enough while the rollover counter is 0. */
const protect = (key: MasterKey, packet: Uint8Array) =>
  aesCm128HmacSha1Tag80.sender(key).protectRtp(packet);

const shorten = (packet: Uint8Array): Uint8Array =>
  packet.subarray(0, packet.length - (rightTag - shortTag));

const receive = (key: MasterKey): SrtpReceiver => {
  const right = aesCm128HmacSha1Tag80.receiver(key);
  return {
    ...right,
    unprotectRtp(packet) {
      // Counter mode undoes itself: protecting what is protected gives the plain payload.
      const opened = protect(key, packet.subarray(0, packet.length - shortTag));
      const plain = opened.ok ? opened.value.subarray(0, opened.value.length - rightTag) : null;
      const again = plain && protect(key, plain);
      if (!plain || !again?.ok || !equal(shorten(again.value), packet)) return fault('tag');
      return ok(concat(plain));
    },
  };
};

/** AES-CM-128-HMAC-SHA1-32 for RTP in place of the 80-bit tags; RTCP as it should be. */
export const aesCm128HmacSha1Tag32: SrtpSuite = {
  sender(key) {
    const right = aesCm128HmacSha1Tag80.sender(key);
    return {
      ...right,
      protectRtp(packet) {
        const sent = right.protectRtp(packet);
        return sent.ok ? ok(shorten(sent.value)) : sent;
      },
    };
  },
  receiver: receive,
};

import { aesCm128HmacSha1Tag80, type SrtpSuite } from '../../reference/core/rtp/srtp.ts';
import { ok } from '../../reference/core/result.ts';

/** RTP as it is; RTCP as it should be. */
export const nullCipher: SrtpSuite = {
  sender: (key) => ({ ...aesCm128HmacSha1Tag80.sender(key), protectRtp: (packet) => ok(packet) }),
  receiver: (key) => ({
    ...aesCm128HmacSha1Tag80.receiver(key),
    unprotectRtp: (packet) => ok(packet),
  }),
};

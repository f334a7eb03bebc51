import type { MasterKey } from '../../reference/core/rtp/key-derivation.ts';
import { prepareSrtpKey } from '../../reference/core/rtp/srtp-tables.ts';
import type { Datagram } from './facts-model.ts';
import { createReadability } from './readability.ts';
import { createStreamVerifier, type StreamResult } from './srtp-verifier.ts';
import { rtpPayloadAt } from './udp-shape.ts';

/** A packet's payload after its tag verified. */
export interface VerifiedPayload {
  readonly at: number;
  /** RTP: the payload behind the header. RTCP: the whole packet. */
  readonly bytes: Uint8Array;
}

/** How the packets of one flow fare under the keys that are known, with what they held. */
export interface StreamVerification extends StreamResult {
  /** The payload can be read as Speex before any decryption, whatever the tags say. */
  readonly readableInClear: boolean;
  readonly payloads: readonly VerifiedPayload[];
}

/** Whether the payloads of all datagrams are Speex, with or without 80 bits behind it. */
const isReadable = (datagrams: readonly Datagram[]): boolean => {
  const readability = createReadability();
  for (const { bytes } of datagrams) {
    if (!readability.open) return false;
    const at = bytes.length < 12 ? bytes.length : rtpPayloadAt(bytes, 0, bytes.length);
    readability.add(bytes.subarray(Math.min(at, bytes.length)));
  }
  return readability.plain || readability.tagged;
};

/**
 * Tries every key on the packets of one flow (AES-CM-128-HMAC-SHA1-80) and says which verifies and, of what fails, why it
 * might. What a capture's flows say of themselves while they are read comes from the same verifier.
 */
export const verifyStream = (
  datagrams: readonly Datagram[],
  keys: readonly MasterKey[],
  protocol: 'rtp' | 'rtcp' = 'rtp',
): StreamVerification => {
  const payloads: VerifiedPayload[] = [];
  const candidates = keys.map((key, index) => ({ index, key: prepareSrtpKey(key) }));
  const verifier = createStreamVerifier({
    candidates,
    protocol,
    ssrc: 0,
    hints: new Map(),
    take: (at, bytes) => payloads.push({ at, bytes }),
  });
  for (const { at, bytes } of datagrams) verifier.packet(bytes, at);
  return {
    ...verifier.result(),
    readableInClear: protocol === 'rtp' && isReadable(datagrams),
    payloads,
  };
};

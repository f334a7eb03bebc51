import { createCipheriv, createHmac } from 'node:crypto';
import {
  deriveSessionKeys,
  type MasterKey,
  type SessionKeys,
} from '../../reference/core/rtp/key-derivation.ts';
import { rtpHeaderLength } from '../../reference/core/rtp/packet.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import type { Datagram } from './facts-model.ts';

/**
 * What would explain packets that no key verifies.
 * `tag-32`: the tag is 32 bits long. `no-tag`: encrypted under a known key, without a tag. `tag-wrong`: encrypted under a known
 * key, with a tag that is not its own. `clear`: the payload is Speex as it is. `clear-tagged`: Speex in clear with 80 bits behind it.
 * `unexplained`: none of these, as with keys that are not at hand.
 */
export type SrtpDiagnosis =
  | 'tag-32'
  | 'no-tag'
  | 'tag-wrong'
  | 'clear'
  | 'clear-tagged'
  | 'unexplained';

/** A packet's payload after its tag verified. */
export interface VerifiedPayload {
  readonly at: number;
  /** RTP: the payload behind the header. RTCP: the whole packet. */
  readonly bytes: Uint8Array;
}

/** How the packets of one flow fare under the keys that are known. */
export interface StreamVerification {
  /** Index of the key that verified most packets; null when none verified any. */
  readonly key: number | null;
  readonly verified: number;
  /** Packets refused although their shape is right, by code: `tag` above all. */
  readonly failed: number;
  /** Packets that came again; each counted once as verified. */
  readonly replayed: number;
  /** Refusals by code, replays included. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Null when nothing failed. */
  readonly diagnosis: SrtpDiagnosis | null;
  /** The payload can be read as Speex before any decryption, whatever the tags say. */
  readonly readableInClear: boolean;
  readonly payloads: readonly VerifiedPayload[];
}

interface Attempt {
  readonly payloads: readonly VerifiedPayload[];
  readonly failed: readonly Datagram[];
  readonly refusals: Record<string, number>;
}

const payloadOf = (packet: Uint8Array): Uint8Array => {
  const length = rtpHeaderLength(packet);
  return packet.slice(length.ok ? length.value : packet.length);
};

const attempt = (
  datagrams: readonly Datagram[],
  key: MasterKey,
  protocol: 'rtp' | 'rtcp',
): Attempt => {
  const receiver = aesCm128HmacSha1Tag80.receiver(key);
  const payloads: VerifiedPayload[] = [];
  const failed: Datagram[] = [];
  const refusals: Record<string, number> = {};
  for (const datagram of datagrams) {
    const { at, bytes } = datagram;
    const plain = protocol === 'rtp' ? receiver.unprotectRtp(bytes) : receiver.unprotectRtcp(bytes);
    if (plain.ok) {
      payloads.push({ at, bytes: protocol === 'rtp' ? payloadOf(plain.value) : plain.value });
      continue;
    }
    const { code } = plain.error;
    refusals[code] = (refusals[code] ?? 0) + 1;
    if (code !== 'replayed') failed.push(datagram);
  }
  receiver.erase();
  return { payloads, failed, refusals };
};

const TAG_80 = 10;
const TAG_32 = 4;
/** Fewest packets from which a shape is concluded: one frame may look like Speex by chance. */
const LEAST_PACKETS = 3;

const allSpeex = (payloads: readonly Uint8Array[]): boolean =>
  payloads.length >= LEAST_PACKETS && payloads.every((payload) => parseNarrowband(payload).ok);

const without = (payloads: readonly Uint8Array[], tail: number): Uint8Array[] =>
  payloads.map((payload) => payload.subarray(0, Math.max(0, payload.length - tail)));

/** Whether the last 32 bits are the beginning of the tag (RFC 3711 section 4.2), rollover counter 0. */
const hasShortTag = (packet: Uint8Array, keys: SessionKeys): boolean => {
  const body = packet.subarray(0, packet.length - TAG_32);
  const mac = createHmac('sha1', keys.authenticationKey).update(body).update(Buffer.alloc(4));
  return mac
    .digest()
    .subarray(0, TAG_32)
    .equals(packet.subarray(packet.length - TAG_32));
};

/** The payload decrypted without asking for a tag (RFC 3711 section 4.1.1), rollover counter 0. */
const decryptUnverified = (packet: Uint8Array, keys: SessionKeys): Uint8Array => {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const counter = Buffer.alloc(16);
  counter.set(keys.salt);
  counter.writeUInt32BE((counter.readUInt32BE(4) ^ view.getUint32(8)) >>> 0, 4);
  counter.writeUInt16BE(counter.readUInt16BE(12) ^ view.getUint16(2), 12);
  return createCipheriv('aes-128-ctr', keys.cipherKey, counter).update(payloadOf(packet));
};

const diagnoseUnder = (packets: readonly Uint8Array[], keys: SessionKeys): SrtpDiagnosis | null => {
  if (packets.every((packet) => hasShortTag(packet, keys))) return 'tag-32';
  const opened = packets.map((packet) => decryptUnverified(packet, keys));
  if (allSpeex(opened)) return 'no-tag';
  return allSpeex(without(opened, TAG_80)) ? 'tag-wrong' : null;
};

const diagnose = (failed: readonly Datagram[], keys: readonly MasterKey[]): SrtpDiagnosis => {
  const packets = failed.map(({ bytes }) => bytes).filter((bytes) => rtpHeaderLength(bytes).ok);
  if (packets.length === 0) return 'unexplained';
  const payloads = packets.map(payloadOf);
  if (allSpeex(payloads)) return 'clear';
  for (const key of keys) {
    const diagnosis = diagnoseUnder(packets, deriveSessionKeys(key).rtp);
    if (diagnosis) return diagnosis;
  }
  return allSpeex(without(payloads, TAG_80)) ? 'clear-tagged' : 'unexplained';
};

const isReadable = (datagrams: readonly Datagram[]): boolean => {
  const payloads = datagrams.map(({ bytes }) => payloadOf(bytes));
  return allSpeex(payloads) || allSpeex(without(payloads, TAG_80));
};

/**
 * Tries every key on the packets of one flow (AES-CM-128-HMAC-SHA1-80) and says which verifies and, of what fails, why it
 * might. The flow must be complete from its start: the rollover counter is counted from 0.
 */
export const verifyStream = (
  datagrams: readonly Datagram[],
  keys: readonly MasterKey[],
  protocol: 'rtp' | 'rtcp' = 'rtp',
): StreamVerification => {
  const attempts = keys.map((key) => attempt(datagrams, key, protocol));
  const most = attempts.reduce((best, { payloads }) => Math.max(best, payloads.length), 0);
  const index = most === 0 ? -1 : attempts.findIndex(({ payloads }) => payloads.length === most);
  const best = attempts[index];
  const failed = best?.failed ?? datagrams;
  const isRtp = protocol === 'rtp';
  const explained = isRtp ? diagnose(failed, keys) : 'unexplained';
  return {
    key: best ? index : null,
    verified: best?.payloads.length ?? 0,
    failed: failed.length,
    replayed: best?.refusals['replayed'] ?? 0,
    refusals: best?.refusals ?? attempts[0]?.refusals ?? {},
    diagnosis: failed.length > 0 ? explained : null,
    readableInClear: isRtp && isReadable(datagrams),
    payloads: best?.payloads ?? [],
  };
};

import { fault, type Fault, type Result } from '../result.ts';
import { isKeyExpired, type KeyLimits, type KeyUse } from './packet-index.ts';
import type { SrtpTransform, SrtpTransforms } from './srtp-transform.ts';

/**
 * Why a packet was neither sent nor accepted. `index-reused`: the sender's packet index would repeat or go back (I-4).
 * `not-encrypted`: an authentic SRTCP packet without the E flag (5.1 wants encryption). `too-many-sources`: an authentic packet
 * of a fifth SSRC (I-3). `too-long`: more than 2^20 bytes to encrypt.
 */
export type SrtpRefusal =
  | 'too-short'
  | 'too-long'
  | 'not-rtp'
  | 'not-rtcp'
  | 'tag'
  | 'replayed'
  | 'too-old'
  | 'too-many-sources'
  | 'not-encrypted'
  | 'index-reused'
  | 'key-expired'
  | 'erased';

/** A packet of new memory, or why there is none. */
export type SrtpOutcome = Result<Uint8Array, Fault<SrtpRefusal>>;

/** The two protocols of a master key; each has session keys of its own. */
export type SrtpProtocol = 'rtp' | 'rtcp';

/** How a sender or receiver differs from a fresh one with the limits of RFC 3711. */
export interface SrtpContextOptions<State> {
  readonly limits?: KeyLimits;
  /** Kept by the caller, who looks at it. */
  readonly state?: State;
}

/** RTCP's header with the sender's SSRC, which SRTCP leaves in clear. */
export const RTCP_HEADER = 8;

/** Bytes of the E flag and the SRTCP index. */
export const INDEX_FIELD = 4;

/** The E flag. */
export const ENCRYPTED_FLAG = 2 ** 31;

/** 32 bits at an offset, unsigned. */
export const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

/** Writes 32 bits. */
export const putWord = (bytes: Uint8Array, at: number, word: number): void => {
  for (let index = 0; index < 4; index += 1) bytes[at + index] = word >>> (24 - index * 8);
};

/** An RTP packet's sequence number. */
export const sequenceOf = (packet: Uint8Array): number =>
  ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);

/** The rollover counter in a packet index. */
export const rolloverOf = (index: number): number => Math.floor(index / 2 ** 16);

/** The first bytes in memory of their own, with room behind them; a Buffer's `slice` would share the packet's. */
export const copyOf = (packet: Uint8Array, length: number, room = 0): Uint8Array => {
  const copy = new Uint8Array(length + room);
  copy.set(packet.length === length ? packet : packet.subarray(0, length));
  return copy;
};

type Operation = (packet: Uint8Array, transform: SrtpTransform) => SrtpOutcome;

/** Ends a direction with its key: every operation passes through here, and counts against the lifetime if it succeeds. */
export const createKeyGuard = (transforms: SrtpTransforms, used: KeyUse, limits: KeyLimits) => {
  let current: SrtpTransforms | null = transforms;
  return {
    guard:
      (protocol: SrtpProtocol, operate: Operation) =>
      (packet: Uint8Array): SrtpOutcome => {
        if (current === null) return fault('erased');
        if (isKeyExpired(used, limits)) return fault('key-expired');
        const outcome = operate(packet, current[protocol]);
        if (outcome.ok) used[protocol] += 1;
        return outcome;
      },
    erase: (): void => {
      current?.rtp.erase();
      current?.rtcp.erase();
      current = null;
    },
  };
};

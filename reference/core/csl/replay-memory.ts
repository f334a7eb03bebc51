import { concat, toHex } from '../bytes.ts';
import { sha256 } from '../primitives/hash.ts';

/** How far a message's time may be off the receiver's clock, and how long an offer is remembered behind it: milliseconds. */
export const acceptedOffset = 300_000;

const maximumPerCertificate = 64;
const maximumEntries = 4096;

/** An offer as the memory knows it. */
export interface RememberedOffer {
  /** DER of the caller's certificate. */
  readonly certificate: Uint8Array;
  readonly nonce: Uint8Array;
  /** The offer's own time, milliseconds since 1970. */
  readonly time: number;
}

/** The receiver's two clocks at one moment. */
export interface Clocks {
  /** Wall clock: milliseconds since 1970; may be set forth or back. */
  readonly now: number;
  /** Monotonic milliseconds from any origin that stays the same while the memory lives. */
  readonly elapsed: number;
}

/** A callee's memory of the offers whose signature verified. */
export interface ReplayMemory {
  /** Whether an offer is remembered or of a time that the memory does not cover: such an offer is refused. */
  readonly covers: (offer: RememberedOffer, clocks: Clocks) => boolean;
  /** Remembers an offer; false, and nothing changed, where there is no room. */
  readonly remember: (offer: RememberedOffer, clocks: Clocks) => boolean;
}

interface Entry {
  readonly certificate: string;
  readonly time: number;
  /** Monotonic moment until which the entry is kept, included. */
  readonly keptUntil: number;
}

/**
 * An empty memory of a process that began at `start` (wall clock, milliseconds since 1970). Offers are kept while
 * now ≤ time + 300,000 ms, counted from the moment of remembering by the monotonic clock. The greatest time ever forgotten
 * and `start` bound what is still accepted, so neither a restart nor a clock set back reopens the past. At most 64 offers
 * per certificate and 4,096 in all.
 */
export const createReplayMemory = (start: number): ReplayMemory => {
  const entries = new Map<string, Entry>();
  const counts = new Map<string, number>();
  let greatestForgotten = Number.NEGATIVE_INFINITY;

  const forget = (elapsed: number): void => {
    for (const [key, entry] of entries) {
      if (elapsed <= entry.keptUntil) continue;
      entries.delete(key);
      const count = (counts.get(entry.certificate) ?? 1) - 1;
      if (count > 0) counts.set(entry.certificate, count);
      else counts.delete(entry.certificate);
      greatestForgotten = Math.max(greatestForgotten, entry.time);
    }
  };
  const keyOf = (offer: RememberedOffer): string =>
    toHex(sha256(concat(sha256(offer.certificate), offer.nonce)));

  return {
    covers: (offer, { elapsed }) => {
      forget(elapsed);
      return offer.time < start || offer.time <= greatestForgotten || entries.has(keyOf(offer));
    },
    remember: (offer, { now, elapsed }) => {
      forget(elapsed);
      const certificate = toHex(sha256(offer.certificate));
      const count = counts.get(certificate) ?? 0;
      if (count >= maximumPerCertificate || entries.size >= maximumEntries) return false;
      entries.set(keyOf(offer), {
        certificate,
        time: offer.time,
        keptUntil: elapsed + offer.time + acceptedOffset - now,
      });
      counts.set(certificate, count + 1);
      return true;
    },
  };
};

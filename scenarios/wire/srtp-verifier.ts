import type { SrtpReceiver } from '../../reference/core/rtp/srtp.ts';
import type { PreparedSrtpKey } from '../../reference/core/rtp/srtp-tables.ts';
import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import type { Readability } from './readability.ts';
import { createDiagnostician, type SrtpDiagnosis } from './srtp-diagnosis.ts';
import { rtpPayloadAt } from './udp-shape.ts';

/** How the packets of one flow fare under the keys that are known. */
export interface StreamResult {
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
  /** Rollover counter of the first packet, above 0 when the stream began long before the capture. */
  readonly rollover: number;
  /** Times of the first and last verified packet, milliseconds; null when there is none. */
  readonly firstVerifiedAt: number | null;
  readonly lastVerifiedAt: number | null;
  /** Verified RTP packets whose payload is narrowband Speex, and those whose payload is not, the first with its reason. */
  readonly speex: {
    readonly packets: number;
    readonly frames: number;
    readonly otherPackets: number;
    readonly firstRefusal: string | null;
  };
}

/** Verifies the packets of one flow as they come. */
export interface StreamVerifier {
  /** The packet is not kept. */
  packet(packet: Uint8Array, at: number): void;
  result(): StreamResult;
}

/** A key with its index in the list that results refer to. */
export interface KeyCandidate {
  readonly index: number;
  readonly key: PreparedSrtpKey;
}

/** The result of so many packets of a flow for which there is no key to try. */
export const resultWithoutKeys = (
  packets: number,
  readability: Pick<Readability, 'plain' | 'tagged'>,
): StreamResult => {
  const readable = readability.tagged ? 'clear-tagged' : 'unexplained';
  return {
    key: null,
    verified: 0,
    failed: packets,
    replayed: 0,
    refusals: {},
    diagnosis: readability.plain ? 'clear' : readable,
    rollover: 0,
    firstVerifiedAt: null,
    lastVerifiedAt: null,
    speex: { packets: 0, frames: 0, otherPackets: 0, firstRefusal: null },
  };
};

/** Receives what verified: of RTP the payload behind the header, of RTCP the whole packet; and the packet as it passed. */
export type VerifiedSink = (at: number, bytes: Uint8Array, packet: Uint8Array) => void;

type Protocol = 'rtp' | 'rtcp';

/** What a verifier is told. */
export interface VerifierOptions {
  readonly candidates: readonly KeyCandidate[];
  readonly protocol: Protocol;
  readonly ssrc: number;
  /** Shared by the flows of a capture; what passes a relay has the same source on both sides. */
  readonly hints: KeyHints;
  readonly take?: VerifiedSink;
}

type Receiver = Pick<SrtpReceiver, 'unprotectRtp' | 'unprotectRtcp'>;

/** With more keys than this, packets that nothing verifies are tried with all of them only so often. */
const FEW_KEYS = 16;
const EXHAUSTIVE_TRIES = 512;
/** Rollover counters tried where a stream does not begin at 0: 22 minutes of audio each. */
const MAX_ROLLOVER = 32;
/** Refused packets for which other rollover counters are tried. */
const ROLLOVER_TRIES = 3;

/** One key's receiver and what came of it, from the first packet it was tried on. */
interface Attempt {
  readonly candidate: KeyCandidate;
  readonly receiver: Receiver;
  readonly rollover: number;
  tried: number;
  verified: number;
  readonly refusals: Record<string, number>;
}

const newAttempt = (candidate: KeyCandidate, rollover = 0): Attempt => ({
  candidate,
  receiver: candidate.key.receiver(rollover),
  rollover,
  tried: 0,
  verified: 0,
  refusals: {},
});

const tryKey = (attempt: Attempt, protocol: Protocol, packet: Uint8Array): Uint8Array | null => {
  const { receiver, refusals } = attempt;
  attempt.tried += 1;
  const plain = protocol === 'rtp' ? receiver.unprotectRtp(packet) : receiver.unprotectRtcp(packet);
  if (plain.ok) {
    attempt.verified += 1;
    return plain.value;
  }
  const { code } = plain.error;
  refusals[code] = (refusals[code] ?? 0) + 1;
  return null;
};

const createSpeexCount = () => {
  let packets = 0;
  let frames = 0;
  let otherPackets = 0;
  let firstRefusal: string | null = null;
  return {
    add: (payload: Uint8Array): void => {
      const parsed = parseNarrowband(payload);
      if (parsed.ok) {
        packets += 1;
        frames += parsed.value.frames.length;
      } else {
        otherPackets += 1;
        firstRefusal ??= parsed.error.code;
      }
    },
    result: () => ({ packets, frames, otherPackets, firstRefusal }),
  };
};

/** Keys that verified packets of a source before, in this flow or another: where to look first. */
export type KeyHints = Map<number, KeyCandidate>;

/** Tries keys on one packet after the other, the one that last verified first. Only keys that verified something have a state. */
const createAttempts = ({ candidates, protocol, ssrc, hints }: VerifierOptions) => {
  const attempts: Attempt[] = [];
  const [firstCandidate] = candidates;
  /** Says why packets are refused while no key verifies any. */
  const first = firstCandidate && newAttempt(firstCandidate);
  let favourite: Attempt | null = null;
  let exhaustive = 0;

  /** Goes on with a key that this packet was found to verify under. */
  const begin = (
    candidate: KeyCandidate,
    packet: Uint8Array,
    rollover: number,
  ): Uint8Array | null => {
    const attempt = newAttempt(candidate, rollover);
    const plain = tryKey(attempt, protocol, packet);
    if (!plain) return null;
    attempts.push(attempt);
    favourite = attempt;
    hints.set(ssrc, candidate);
    return plain;
  };
  const search = (packet: Uint8Array, rollover: number): Uint8Array | null => {
    const hint = hints.get(ssrc);
    const ordered = hint ? [hint, ...candidates] : candidates;
    for (const candidate of ordered) {
      if (attempts.some((attempt) => attempt.candidate === candidate)) continue;
      if (!candidate.key.authenticates(protocol, packet, rollover)) continue;
      const plain = begin(candidate, packet, rollover);
      if (plain) return plain;
    }
    return null;
  };
  const tryOthers = (packet: Uint8Array): Uint8Array | null => {
    for (const attempt of attempts) {
      if (attempt === favourite) continue;
      const plain = tryKey(attempt, protocol, packet);
      if (!plain) continue;
      favourite = attempt;
      return plain;
    }
    exhaustive += 1;
    if (candidates.length > FEW_KEYS && exhaustive > EXHAUSTIVE_TRIES) return null;
    const plain = search(packet, 0);
    if (plain) return plain;
    if (attempts.length === 0 && first) tryKey(first, protocol, packet);
    if (protocol === 'rtcp' || attempts.length > 0 || exhaustive > ROLLOVER_TRIES) return null;
    for (let rollover = 1; rollover <= MAX_ROLLOVER; rollover += 1) {
      const late = search(packet, rollover);
      if (late) return late;
    }
    return null;
  };
  const replays = (): number => favourite?.refusals['replayed'] ?? 0;
  return {
    attempts,
    first,
    /** The packet opened, or why nothing opened it. */
    open: (packet: Uint8Array): Uint8Array | 'refused' | 'replayed' => {
      const replayed = replays();
      const plain = favourite ? tryKey(favourite, protocol, packet) : null;
      if (plain) return plain;
      const cause = replays() > replayed ? 'replayed' : 'refused';
      return tryOthers(packet) ?? cause;
    },
  };
};

/** The attempt that verified most; of equals the first. */
const bestOf = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.reduce<Attempt | undefined>(
    (best, attempt) => (attempt.verified > (best?.verified ?? 0) ? attempt : best),
    undefined,
  );

/** Refusals under one key; a packet that another verified first would have been refused for its tag. */
const refusalsOf = (attempt: Attempt | undefined, total: number): Record<string, number> => {
  if (!attempt) return {};
  const { tag = 0, ...refusals } = attempt.refusals;
  const untried = tag + total - attempt.tried;
  return untried > 0 ? { ...refusals, tag: untried } : refusals;
};

/**
 * Verifies one flow (AES-CM-128-HMAC-SHA1-80) as its packets come, under whichever keys verify them, and says of what fails why
 * it might. Memory does not grow with the flow.
 */
export const createStreamVerifier = (options: VerifierOptions): StreamVerifier => {
  const { candidates, protocol, take } = options;
  const { attempts, first, open } = createAttempts(options);
  const doctor = createDiagnostician(candidates.map(({ key }) => key));
  const speex = createSpeexCount();
  let total = 0;
  let firstVerifiedAt: number | null = null;
  let lastVerifiedAt: number | null = null;

  return {
    packet: (packet, at) => {
      total += 1;
      const plain = open(packet);
      if (typeof plain === 'string') {
        if (plain === 'refused' && protocol === 'rtp') doctor.refused(packet);
        return;
      }
      firstVerifiedAt ??= at;
      lastVerifiedAt = at;
      const payload =
        protocol === 'rtp' ? plain.subarray(rtpPayloadAt(plain, 0, plain.length)) : plain;
      if (protocol === 'rtp') speex.add(payload);
      take?.(at, payload, packet);
    },
    result: () => {
      const best = bestOf(attempts);
      const refusals = refusalsOf(best ?? first, total);
      const replayed = best?.refusals['replayed'] ?? 0;
      const failed = total - (best?.verified ?? 0) - replayed;
      return {
        key: best?.candidate.index ?? null,
        verified: best?.verified ?? 0,
        failed,
        replayed,
        refusals,
        diagnosis: failed > 0 ? doctor.diagnosis() : null,
        rollover: best?.rollover ?? 0,
        firstVerifiedAt,
        lastVerifiedAt,
        speex: speex.result(),
      };
    },
  };
};

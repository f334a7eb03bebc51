/** SRTP packet indices are 48 bits: rollover counter, then sequence number (RFC 3711 section 3.3.1). */
export const INDEX_LIMIT = 2 ** 48;

/** Packets behind the newest that may still arrive; RFC 3711 section 3.3.2 asks for at least 64. */
const REPLAY_WINDOW = 128;

/**
 * The packet index that a 16-bit sequence number most likely stands for (RFC 3711 section 3.3.1), given the highest index so
 * far, or null before the first packet, whose rollover counter is 0. No stream has a packet before rollover counter 0, so
 * there the guess "one less" is 0 (the RFC's 2^32 - 1 never authenticates). May reach {@link INDEX_LIMIT}, where the key has expired.
 */
export const estimateIndex = (highest: number | null, sequence: number): number => {
  if (highest === null) return sequence;
  const newest = highest % 2 ** 16;
  const rollover = (highest - newest) / 2 ** 16;
  if (newest < 2 ** 15)
    return Math.max(sequence - newest > 2 ** 15 ? rollover - 1 : rollover, 0) * 2 ** 16 + sequence;
  return (newest - 2 ** 15 > sequence ? rollover + 1 : rollover) * 2 ** 16 + sequence;
};

/** The replay list of one source and protocol (RFC 3711 section 3.3.2): a sliding window of 128 indices. */
export interface ReplayWindow {
  /** Highest index accepted, null before the first. */
  highest: number | null;
  /** 1 at an index modulo 128 that was accepted. */
  readonly seen: Uint8Array;
}

/** An empty replay list. */
export const newReplayWindow = (): ReplayWindow => ({
  highest: null,
  seen: new Uint8Array(REPLAY_WINDOW),
});

/** Whether an index may still be accepted; changes nothing. */
export const checkReplay = (
  { highest, seen }: ReplayWindow,
  index: number,
): 'fresh' | 'replayed' | 'too-old' => {
  if (highest === null || index > highest) return 'fresh';
  if (index <= highest - REPLAY_WINDOW) return 'too-old';
  return seen[index % REPLAY_WINDOW] === 1 ? 'replayed' : 'fresh';
};

/** Remembers the fresh index of a packet that verified. */
export const acceptIndex = (window: ReplayWindow, index: number): void => {
  const { highest, seen } = window;
  if (highest === null || index - highest >= REPLAY_WINDOW) seen.fill(0);
  else
    for (let skipped = highest + 1; skipped < index; skipped += 1)
      seen[skipped % REPLAY_WINDOW] = 0;
  seen[index % REPLAY_WINDOW] = 1;
  if (highest === null || index > highest) window.highest = index;
};

/** How many packets one master key may secure; whichever number is reached first ends the key for both protocols. */
export interface KeyLimits {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The limits of RFC 3711 section 9.2. */
export const KEY_LIFETIME: KeyLimits = { rtp: INDEX_LIMIT, rtcp: 2 ** 31 };

/** Packets secured under one master key, all sources together. */
export interface KeyUse {
  rtp: number;
  rtcp: number;
}

/** Whether a master key may secure nothing more. */
export const isKeyExpired = (used: KeyUse, limits: KeyLimits): boolean =>
  used.rtp >= limits.rtp || used.rtcp >= limits.rtcp;

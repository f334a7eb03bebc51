import { afterEach, beforeEach, vi } from 'vitest';
import type { SrtpMaster } from '../../../core/csl/key-schedule.ts';
import { aesCm128HmacSha1Tag80 } from '../../../core/rtp/srtp.ts';
import { speexMissing } from '../../audio/speex-codec.ts';
import {
  startMedia,
  type MediaChange,
  type MediaDirection,
  type MediaSession,
  type MediaSessionOptions,
} from '../media-session.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** Who takes part in a call of tests. */
export type Side = 'alice' | 'bob';

/** Where each receives RTP. */
export const PORTS = { alice: 4_000, bob: 5_000 } as const;

const START = 1_700_000_000_000;

/** Behind the title of a test that needs libspeex. */
export const speexNote = speexMissing() === null ? '' : ` (skipped: ${speexMissing()})`;

const keyOf = (seed: number): SrtpMaster => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 1),
});

/** Keys of the n-th exchange, as a side sees them. */
export const keysOf = (who: Side, exchange: number) => {
  const [alice, bob] = [keyOf(10 * exchange + 1), keyOf(10 * exchange + 5)];
  return who === 'alice' ? { ownKey: alice, peerKey: bob } : { ownKey: bob, peerKey: alice };
};

const peerOf = (who: Side) => ({
  address: '127.0.0.1',
  port: PORTS[who === 'alice' ? 'bob' : 'alice'],
});

/** Begins a side's media, whose clock is `performance`, to be faked. */
const startSide = (
  network: VirtualNetwork,
  who: Side,
  more: Partial<MediaSessionOptions> = {},
): MediaSession =>
  startMedia({
    suite: aesCm128HmacSha1Tag80,
    ports: network.open(PORTS[who]),
    peer: peerOf(who),
    ...keysOf(who, 0),
    ssrc: who === 'alice' ? 1 : 2,
    firstSequence: 32_700,
    firstTimestamp: 2 ** 32 - 8_000,
    cname: who,
    now: () => START + performance.now(),
    onAudio: () => undefined,
    onFault: (error) => {
      throw error;
    },
    ...more,
  });

/** What a side changes to in the n-th exchange. */
export const changeOf = (who: Side, exchange: number, direction: MediaDirection): MediaChange => ({
  ...keysOf(who, exchange),
  ssrc: 100 * exchange + (who === 'alice' ? 1 : 2),
  firstSequence: 7,
  firstTimestamp: 99,
  peer: peerOf(who),
  direction,
});

/** Calls in virtual time for each test of a file; every session is ended after it. `pass` lets milliseconds go by. */
export const useVirtualCalls = () => {
  const sessions: MediaSession[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.end()));
    vi.useRealTimers();
  });
  return {
    start: (...given: Parameters<typeof startSide>): MediaSession => {
      const session = startSide(...given);
      sessions.push(session);
      return session;
    },
    pass: (milliseconds: number): void => {
      vi.advanceTimersByTime(milliseconds);
    },
  };
};

import type { ReceivedInContext } from '../rtp/media-contexts.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { parseNarrowband, type SpeexRefusal } from '../speex/frame.ts';
import { createJitterBuffer, type JitterCounters } from './jitter-buffer.ts';

/**
 * A verified packet whose payload is not one frame that can be decoded. `frame-count`: several. `user-signal`: a message of the
 * application in-band, whose length libspeex reads otherwise than its manual says, so that it loses the frame behind it.
 */
export type FrameRefusal = SpeexRefusal | 'frame-count' | 'user-signal';

/** Checks that a payload is exactly one narrowband frame of 20 ms, which is what `a=ptime:20` promises. */
export const checkFrame = (frame: Uint8Array): Result<void, Fault<FrameRefusal>> => {
  const packet = parseNarrowband(frame);
  if (!packet.ok) return packet;
  if (packet.value.signals.some(({ kind }) => kind === 13)) return fault('user-signal', 0);
  const { length } = packet.value.frames;
  return length === 1 ? ok(undefined) : fault('frame-count', 0, String(length));
};

/** What is to be heard in the next 20 ms: a frame, null for one that is to be concealed, or `idle` while nobody speaks. */
export type Heard = Uint8Array | null | 'idle';

/** Verified packets in, 20 ms of audio at a time out; `now` in milliseconds. */
export interface IncomingAudio {
  /** A packet whose frame is malformed is as good as lost, and so is one that is `muted`: its call is on hold. */
  packet(
    packet: ReceivedInContext,
    now: number,
    muted?: 'muted',
  ): Result<void, Fault<FrameRefusal>>;
  next(now: number): Heard;
  counters(): JitterCounters & {
    /** Verified packets without a frame that can be decoded. */
    readonly malformed: number;
  };
}

/** Incoming audio of one call. */
export const createIncomingAudio = (): IncomingAudio => {
  const buffer = createJitterBuffer<Uint8Array>();
  let malformed = 0;
  return {
    packet: ({ stream, sequence, timestamp, frame }, now, muted) => {
      const checked = checkFrame(frame);
      if (!checked.ok) malformed += 1;
      else if (muted === undefined) buffer.insert({ stream, sequence, timestamp, frame }, now);
      return checked;
    },
    next: (now) => {
      const playout = buffer.next(now);
      if (playout.kind === 'frame') return playout.frame;
      return playout.kind === 'conceal' ? null : 'idle';
    },
    counters: () => ({ ...buffer.counters(), malformed }),
  };
};

import { createFrameQueue, type FrameQueue } from '../audio/frame-queue.ts';
import type { PhoneAudio } from '../audio/phone-audio.ts';
import { FRAME_SAMPLES } from '../audio/speex-codec.ts';

/** Takes 160 samples of what the phone hears, at 8 kHz. */
export type Loudspeaker = (samples: Int16Array) => void;

/** The user's voice and ears, as a phone's audio. */
export interface LiveAudio {
  readonly audio: PhoneAudio;
  /** What the user says; what is not fetched in time is dropped. */
  readonly queue: FrameQueue;
  isMuted(): boolean;
  setMuted(on: boolean): void;
  /** Who puts the other on hold does not expect to be heard, though the stream goes on (RFC 3264 section 8.4). */
  setHolding(on: boolean): void;
  /** Where what is heard goes from now on; null: nowhere. */
  listen(loudspeaker: Loudspeaker | null): void;
}

/** Makes live audio that is silent both ways until it is fed and listened to; silence is sent as frames like any other. */
export const createLiveAudio = (): LiveAudio => {
  const queue = createFrameQueue();
  let loudspeaker: Loudspeaker | null = null;
  let isMuted = false;
  let isHolding = false;
  const next = (): Int16Array => {
    const samples = queue.next();
    return isMuted || isHolding ? new Int16Array(FRAME_SAMPLES) : samples;
  };
  return {
    audio: {
      source: { kind: 'live', next },
      sink: { kind: 'live', take: (samples) => loudspeaker?.(samples) },
    },
    queue,
    isMuted: () => isMuted,
    setMuted(on) {
      isMuted = on;
    },
    setHolding(on) {
      isHolding = on;
    },
    listen(to) {
      loudspeaker = to;
    },
  };
};

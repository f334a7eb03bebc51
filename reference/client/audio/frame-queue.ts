import { FRAME_SAMPLES } from './speex-codec.ts';

/** Frames of 20 ms between two that run at their own pace, such as a microphone and a phone's clock. */
export interface FrameQueue {
  /** Takes 160 samples; when the queue is full, the oldest frame goes. Throws RangeError for another number of samples. */
  push(samples: Int16Array): void;
  /** The next 160 samples; silence where none are there in time. */
  next(): Int16Array;
  clear(): void;
  counters(): FrameQueueCounters;
}

/** What a queue has seen so far. */
export interface FrameQueueCounters {
  readonly taken: number;
  /** Frames that came too early to be kept: the reader is late. */
  readonly dropped: number;
  /** Frames of silence given because none had come. */
  readonly missed: number;
}

/** How many frames a queue holds at most, and how many it waits for before it gives the first, also after it ran dry. */
export interface FrameQueueOptions {
  readonly capacity?: number;
  readonly cushion?: number;
}

/** 160 ms at most, 40 ms before the first: what a browser's timers and a loopback socket need. */
const defaults = { capacity: 8, cushion: 2 } as const;

/** Makes an empty queue. */
export const createFrameQueue = (options: FrameQueueOptions = {}): FrameQueue => {
  const { capacity, cushion } = { ...defaults, ...options };
  const frames: Int16Array[] = [];
  const counted = { taken: 0, dropped: 0, missed: 0 };
  let isFilling = true;
  return {
    push(samples) {
      if (samples.length !== FRAME_SAMPLES)
        throw new RangeError(
          `frame queue: ${samples.length} samples in a frame; give ${FRAME_SAMPLES}`,
        );
      counted.taken += 1;
      frames.push(samples);
      if (frames.length > capacity) {
        frames.shift();
        counted.dropped += 1;
      }
      if (frames.length >= cushion) isFilling = false;
    },
    next() {
      const frame = isFilling ? undefined : frames.shift();
      if (frame !== undefined) return frame;
      isFilling = true;
      counted.missed += 1;
      return new Int16Array(FRAME_SAMPLES);
    },
    clear() {
      frames.length = 0;
      isFilling = true;
    },
    counters: () => ({ ...counted }),
  };
};

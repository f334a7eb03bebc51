import type { Link } from '../topology/schema.ts';
import { createPacketLink, type LinkModel } from './link-model.ts';
import { createVirtualTime } from './virtual-time.ts';

/** From the host into the segment, or to the host. */
export type Way = 'up' | 'down';

/** What one direction carried. Times are milliseconds. */
export interface CarriedCounts {
  /** Frames handed over. */
  readonly frames: number;
  /** Of these, lost. */
  readonly lost: number;
  /** Shortest and longest time from a frame's arrival to its departure; null before the first. */
  readonly shortest: number | null;
  readonly longest: number | null;
}

/** Delays and loses frames of both directions as a link's model says. */
export interface FrameCarrier {
  /** A frame arrived at `now`; times never go back. */
  take(way: Way, frame: Uint8Array, now: number): void;
  /** Hands out every frame that is due, in order. */
  release(now: number): void;
  /** When the next frame is due; undefined when none is on its way. */
  next(): number | undefined;
  counts(): Readonly<Record<Way, CarriedCounts>>;
}

interface Direction {
  readonly model: LinkModel;
  frames: number;
  lost: number;
  shortest: number | null;
  longest: number | null;
}

const newDirection = (model: LinkModel): Direction => ({
  model,
  frames: 0,
  lost: 0,
  shortest: null,
  longest: null,
});

const noteTime = (direction: Direction, took: number): void => {
  direction.shortest = Math.min(direction.shortest ?? took, took);
  direction.longest = Math.max(direction.longest ?? took, took);
};

const countsOf = ({ frames, lost, shortest, longest }: Direction): CarriedCounts => ({
  frames,
  lost,
  shortest,
  longest,
});

/** The same seed and frames give the same losses and delays; `deliver` is given each frame at its time. */
export const createFrameCarrier = (
  { up = {}, down = {}, seed = 1 }: Link,
  deliver: (way: Way, frame: Uint8Array) => void,
): FrameCarrier => {
  const directions = {
    up: newDirection(createPacketLink(up, seed)),
    down: newDirection(createPacketLink(down, seed + 1)),
  };
  const time = createVirtualTime();
  let present = 0;
  return {
    take(way, frame, now) {
      const direction = directions[way];
      direction.frames += 1;
      const due = direction.model.carry(frame.length, now);
      if (due === undefined) {
        direction.lost += 1;
        return;
      }
      time.at(due, () => {
        noteTime(direction, present - now);
        deliver(way, frame);
      });
    },
    release(now) {
      present = now;
      time.runUntil(now);
    },
    next: () => time.next(),
    counts: () => ({ up: countsOf(directions.up), down: countsOf(directions.down) }),
  };
};

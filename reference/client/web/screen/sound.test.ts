import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSound, type SoundNote } from './sound.ts';

/** What a browser's context does, as a test wants it; each refusal is a rejected promise that somebody has to take. */
interface Behaviour {
  readonly construct?: 'refused';
  readonly addModule?: 'refused';
  readonly resume?: 'refused';
  readonly close?: 'refused';
  readonly state: 'suspended' | 'running';
}

let behaviour: Behaviour;
let closed: number;

const answer = (how: 'refused' | undefined): Promise<void> =>
  how === 'refused'
    ? Promise.reject(new DOMException('not now', 'InvalidStateError'))
    : Promise.resolve();

class PlayedContext extends EventTarget {
  readonly state = behaviour.state;
  readonly destination = {};
  readonly audioWorklet = { addModule: () => answer(behaviour.addModule) };
  constructor() {
    super();
    if (behaviour.construct === 'refused') throw new DOMException('no device', 'NotSupportedError');
  }
  resume = () => answer(behaviour.resume);
  close = () => {
    closed += 1;
    return answer(behaviour.close);
  };
  createMediaStreamSource = () => ({ connect: () => undefined });
}

class PlayedNode {
  readonly port = { addEventListener() {}, start() {}, postMessage() {} };
  connect(): void {}
}

const stray: unknown[] = [];
const keep = (error: unknown): void => void stray.push(error);
beforeEach(() => {
  closed = 0;
  stray.length = 0;
  process.on('unhandledRejection', keep);
  vi.stubGlobal('AudioContext', PlayedContext);
  vi.stubGlobal('AudioWorkletNode', PlayedNode);
  vi.stubGlobal('navigator', {
    mediaDevices: { getUserMedia: async () => ({ getTracks: () => [] }) },
  });
});
afterEach(() => {
  process.off('unhandledRejection', keep);
  vi.unstubAllGlobals();
});

const begin = () => {
  const notes: SoundNote[] = [];
  const sound = createSound(
    () => undefined,
    (note) => notes.push(note),
  );
  sound.start();
  return { sound, notes };
};

/** Once everything that was begun has come to its end, refusals that nobody took included. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('a page whose browser', () => {
  it.each<[string, Behaviour, SoundNote]>([
    ['has no sound at all', { construct: 'refused', state: 'suspended' }, 'sound impossible'],
    ['takes no worklets', { addModule: 'refused', state: 'running' }, 'sound impossible'],
    ['allows no sound yet', { resume: 'refused', state: 'suspended' }, 'sound off'],
    ['has sound', { state: 'running' }, 'on'],
  ])('%s says so calmly, and leaves no error to the console', async (_, how, note) => {
    behaviour = { ...how, close: 'refused' };
    const { sound, notes } = begin();
    await vi.waitFor(() => expect(notes).toEqual([note]));
    sound.retry();
    await vi.waitFor(() => expect(notes).toEqual([note, note]));
    sound.stop();
    await settled();
    expect(notes.at(-1)).toBe('on');
    expect(stray).toEqual([]);
    expect(closed).toBe(how.construct === 'refused' ? 0 : 2);
  });
});

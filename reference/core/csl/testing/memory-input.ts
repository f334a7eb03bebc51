import { createReplayMemory, type Clocks, type ReplayMemory } from '../replay-memory.ts';
import { now, start } from './exchange-support.ts';
import { certificateDer } from './vector-support.ts';

/** Offers that a memory was given, and the moment its process began: what a memory is made of again. */
export interface MemoryInput {
  readonly start: number;
  readonly remembered: readonly {
    readonly certificate: string;
    readonly nonce: Uint8Array;
    readonly time: number;
    /** The receiver's clocks at that moment. */
    readonly at: Clocks;
  }[];
}

const inputs = new WeakMap<ReplayMemory, MemoryInput>();

/** A memory that has been given these offers. */
export const memoryOf = (input: MemoryInput): ReplayMemory => {
  const memory = createReplayMemory(input.start);
  for (const { certificate, nonce, time, at } of input.remembered)
    memory.remember({ certificate: certificateDer(certificate), nonce, time }, at);
  inputs.set(memory, input);
  return memory;
};

/** What {@link memoryOf} made a memory of. */
export const memoryInputOf = (memory: ReplayMemory): MemoryInput =>
  inputs.get(memory) ?? { start, remembered: [] };

/** An offer of `a` that the memory was given when it was `elapsed`. */
export const remembered = (
  nonce: Uint8Array,
  time: number,
  elapsed = 0,
): MemoryInput['remembered'][0] => ({
  certificate: 'a',
  nonce,
  time,
  at: { now, elapsed },
});

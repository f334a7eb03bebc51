import type { ReferenceTargetParts } from '../../devices/reference/target.ts';

/** A reference with one fault, composed of other parts. */
export interface Mutant {
  readonly id: string;
  /** What is wrong with it: one line, as its maker would describe the fault. */
  readonly fault: string;
  /** Claims that it breaks; a run must fail every one of them, and of what it selected nothing else. */
  readonly claims: readonly string[];
  /** What the verdict's reason or observation must say. */
  readonly because: RegExp;
  /** `warn` or `observation` for a fault that breaks no rule and must be told all the same; `fail` where absent. */
  readonly judged?: 'fail' | 'warn' | 'observation';
  /** Where the fault shows only between hosts of their own. */
  readonly lab?: 'netns';
  readonly parts: ReferenceTargetParts;
}

import { decodeInfo1 } from './info.ts';
import { deriveKeys } from './key-schedule.ts';

/** What a reading is composed of beside its checks: how X-CSL-Info1 is read, and the keys that a secret gives. */
export interface ReadingParts {
  readonly decodeInfo1: typeof decodeInfo1;
  readonly deriveKeys: typeof deriveKeys;
}

/** The parts of interpretations I-2 and I-4. */
export const readingParts: ReadingParts = { decodeInfo1, deriveKeys };

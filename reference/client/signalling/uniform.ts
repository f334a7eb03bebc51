import { randomInt } from 'node:crypto';

/** A random number in [0, 1), for waits. */
export const uniform = (): number => randomInt(2 ** 32) / 2 ** 32;

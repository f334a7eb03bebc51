import { parseNarrowband } from '../../reference/core/speex/frame.ts';

const TAG_80 = 10;
/** Fewest packets from which a shape is concluded: one frame may look like Speex by chance. */
const LEAST_PACKETS = 3;

/** Whether all the payloads so far are narrowband Speex, as they are or but for 80 bits behind them. */
export interface Readability {
  add(payload: Uint8Array): void;
  /** Whether the next payload can still change the answer. */
  readonly open: boolean;
  readonly plain: boolean;
  readonly tagged: boolean;
}

/** Nothing seen yet, so nothing is readable. */
export const createReadability = (): Readability => {
  let count = 0;
  let plain = true;
  let tagged = true;
  return {
    add: (payload) => {
      count += 1;
      plain &&= parseNarrowband(payload).ok;
      tagged &&= parseNarrowband(payload.subarray(0, Math.max(0, payload.length - TAG_80))).ok;
    },
    get open() {
      return plain || tagged;
    },
    get plain() {
      return plain && count >= LEAST_PACKETS;
    },
    get tagged() {
      return tagged && count >= LEAST_PACKETS;
    },
  };
};

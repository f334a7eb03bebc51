import type { Side } from './session.ts';

/** Notices when a phone of a call falls silent. */
export interface IdleWatch {
  /** Takes the packets of each phone so far at `now` (milliseconds); gives those that have just counted as silent, once until they send again. */
  look(now: number, caller: number, callee: number): readonly Side[];
}

/** Watches one call from `startedAt` on; a phone is silent after `idleAfter` milliseconds without a packet. */
export const createIdleWatch = (idleAfter: number, startedAt: number): IdleWatch => {
  const watched = (['caller', 'callee'] as const).map((side) => ({
    side,
    packets: 0,
    since: startedAt,
    isReported: false,
  }));
  return {
    look: (now, ...counts) =>
      watched.flatMap((phone, index) => {
        const packets = counts[index] ?? 0;
        if (packets !== phone.packets) {
          Object.assign(phone, { packets, since: now, isReported: false });
          return [];
        }
        if (phone.isReported || now - phone.since < idleAfter) return [];
        phone.isReported = true;
        return [phone.side];
      }),
  };
};

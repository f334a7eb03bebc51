import { signed32, word16 } from './bytes-at.ts';
import { linkTypes, type PacketView } from './capture-item.ts';

/**
 * Recognises captures on a loopback interface that show each packet twice, as it leaves and as it arrives: whole packets that
 * come again at once. A packet that was really sent twice stays apart, because in such a capture it comes four times.
 */
export interface TwinWatch {
  /** Whether this packet, whose network header is at `networkAt`, is the second sight of one seen before. */
  isTwin(view: PacketView, networkAt: number): boolean;
  /** Whether nearly every loopback packet came twice. */
  readonly isDoubled: () => boolean;
}

/** ARPHRD_LOOPBACK in the header of Linux cooked captures. */
const ARPHRD_LOOPBACK = 772;
/** Packets that wait for their twin: those on their way at the same time. */
const MAX_WAITING = 512;
const LEAST_PACKETS = 6;
const LEAST_SHARE = 0.9;

const isLoopback = ({ linkType, bytes, from }: PacketView): boolean => {
  switch (linkType) {
    case linkTypes.ethernet:
      // Linux gives loopback packets both addresses of zeros.
      return (
        bytes[from] === 0 &&
        signed32(bytes, from) === 0 &&
        signed32(bytes, from + 4) === 0 &&
        signed32(bytes, from + 8) === 0
      );
    case linkTypes.linuxCooked:
      return word16(bytes, from + 2) === ARPHRD_LOOPBACK;
    case linkTypes.linuxCooked2:
      return word16(bytes, from + 8) === ARPHRD_LOOPBACK;
    default:
      return false;
  }
};

/** FNV-1a, twice with different starts, as one exact integer. */
const fingerprint = (bytes: Uint8Array, from: number, to: number): number => {
  let low = 0x811c_9dc5;
  let high = to - from;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    low = Math.imul(low ^ byte, 0x0100_0193);
    high = Math.imul(high ^ byte, 0x85eb_ca6b);
  }
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
};

/** A watch that has seen nothing. */
export const createTwinWatch = (): TwinWatch => {
  const waiting = new Map<number, number>();
  let packets = 0;
  let twins = 0;
  return {
    isTwin: (view, networkAt) => {
      if (!isLoopback(view)) return false;
      packets += 1;
      const print = fingerprint(view.bytes, networkAt, view.to);
      const count = waiting.get(print) ?? 0;
      if (count > 0) {
        twins += 1;
        if (count === 1) waiting.delete(print);
        else waiting.set(print, count - 1);
        return true;
      }
      waiting.set(print, 1);
      const [oldest] = waiting.keys();
      if (waiting.size > MAX_WAITING && oldest !== undefined) waiting.delete(oldest);
      return false;
    },
    isDoubled: () => packets >= LEAST_PACKETS && twins * 2 >= packets * LEAST_SHARE,
  };
};

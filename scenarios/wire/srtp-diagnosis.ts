import { estimateIndex } from '../../reference/core/rtp/packet-index.ts';
import type { PreparedSrtpKey, SrtpTransform } from '../../reference/core/rtp/srtp-tables.ts';
import { word16, word32 } from './bytes-at.ts';
import { createReadability, type Readability } from './readability.ts';
import { rtpPayloadAt } from './udp-shape.ts';

/**
 * What would explain packets that no key verifies.
 * `tag-32`: the tag is 32 bits long. `no-tag`: encrypted under a known key, without a tag. `tag-wrong`: encrypted under a known
 * key, with a tag that is not its own. `clear`: the payload is Speex as it is. `clear-tagged`: Speex in clear with 80 bits behind it.
 * `unexplained`: none of these, as with keys that are not at hand.
 */
export type SrtpDiagnosis =
  | 'tag-32'
  | 'no-tag'
  | 'tag-wrong'
  | 'clear'
  | 'clear-tagged'
  | 'unexplained';

/** Looks for what all of a flow's refused RTP packets have in common. */
export interface Diagnostician {
  /** A packet that no key verified. */
  refused(packet: Uint8Array): void;
  /** What was found; `unexplained` while nothing was refused. */
  diagnosis(): SrtpDiagnosis;
}

const TAG_32 = 4;

/** One key's explanations that still hold. */
interface Suspect {
  readonly transform: SrtpTransform;
  readonly opened: Readability;
  shortTag: boolean;
}

/** Whether the last 32 bits are the beginning of the tag (RFC 3711 section 4.2). */
const hasShortTag = (packet: Uint8Array, index: number, transform: SrtpTransform): boolean => {
  const body = packet.length - TAG_32;
  return (
    (transform.mac(packet, body, Math.floor(index / 2 ** 16))[0] ?? 0) >>> 0 ===
    word32(packet, body)
  );
};

/** The payload decrypted without asking for a tag (RFC 3711 section 4.1.1). */
const decryptUnverified = (
  packet: Uint8Array,
  index: number,
  transform: SrtpTransform,
): Uint8Array => {
  const opened = new Uint8Array(packet);
  const from = rtpPayloadAt(packet, 0, packet.length);
  transform.crypt(word32(packet, 8), index, opened, from, opened.length);
  return opened.subarray(from);
};

const examine = (suspect: Suspect, packet: Uint8Array, index: number): void => {
  suspect.shortTag &&= hasShortTag(packet, index, suspect.transform);
  if (suspect.opened.open) suspect.opened.add(decryptUnverified(packet, index, suspect.transform));
};

const isHeaderWhole = (packet: Uint8Array): boolean =>
  packet.length >= 12 && rtpPayloadAt(packet, 0, packet.length) <= packet.length;

/** A diagnostician that suspects every key until a packet clears it. */
export const createDiagnostician = (keys: readonly PreparedSrtpKey[]): Diagnostician => {
  const clear = createReadability();
  let suspects: Suspect[] | null = null;
  let count = 0;
  let highest: number | null = null;

  return {
    refused: (packet) => {
      if (!isHeaderWhole(packet)) return;
      count += 1;
      if (clear.open) clear.add(packet.subarray(rtpPayloadAt(packet, 0, packet.length)));
      const index = estimateIndex(highest, word16(packet, 2));
      highest = Math.max(highest ?? index, index);
      suspects ??= keys.map(({ rtp }) => ({
        transform: rtp,
        opened: createReadability(),
        shortTag: true,
      }));
      if (suspects.length === 0) return;
      for (const suspect of suspects) examine(suspect, packet, index);
      suspects = suspects.filter(({ shortTag, opened }) => shortTag || opened.open);
    },
    diagnosis: () => {
      if (count === 0) return 'unexplained';
      if (clear.plain) return 'clear';
      for (const { shortTag, opened } of suspects ?? []) {
        if (shortTag) return 'tag-32';
        if (opened.plain) return 'no-tag';
        if (opened.tagged) return 'tag-wrong';
      }
      return clear.tagged ? 'clear-tagged' : 'unexplained';
    },
  };
};

import { concat } from '../../reference/core/bytes.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import { speexFrame } from './call-media.ts';
import { createSrtpWriter, type WriterKey } from './srtp-writer.ts';

/** What is sent to a phone within a call that has come about, and whether it may be taken. */
export interface RtpProbe {
  readonly name: string;
  readonly packets: readonly Uint8Array[];
  /** `either`: authentic, but nothing that can be played; the call must only go on. */
  readonly expected: 'refused' | 'accepted' | 'either';
  /** RTCP's port in place of RTP's. */
  readonly control?: true;
}

/** A sequence of probes, and packets beyond doubt to send between them. */
export interface RtpProbing {
  /** In the order they must be sent in: what is good moves the packet index on. */
  next(): RtpProbe | null;
  /** A good packet, newer than any before. */
  marker(): Uint8Array;
}

const times = (count: number, make: (place: number) => Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, place) => make(place));

/** The same bytes with one bit changed, for every bit. */
const flips = (bytes: Uint8Array): readonly Uint8Array[] =>
  times(bytes.length * 8, (bit) =>
    bytes.map((byte, place) => (place === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte)),
  );

/** Payloads that are no narrowband Speex packet: empty, wideband, reserved sub-mode, cut short, no padding, too long, noise. */
const malformedPayloads: readonly Uint8Array[] = [
  new Uint8Array(0),
  Uint8Array.of(0xa8, ...new Uint8Array(37)),
  Uint8Array.of(0x4f, ...new Uint8Array(37)),
  Uint8Array.of(0x28, 0, 0),
  new Uint8Array(38).fill(0xff),
  new Uint8Array(1_200).fill(0x28),
  times(1, () => new Uint8Array(38).map((_, place) => (place * 89 + 41) % 256))[0] ??
    new Uint8Array(1),
];

/** A compound packet in clear (RFC 3550 section 6.1): an empty receiver report, then BYE. */
const clearGoodbye = (ssrc: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  bytes.set([0x80, 201, 0, 1], 0);
  view.setUint32(4, ssrc);
  bytes.set([0x81, 203, 0, 1], 8);
  view.setUint32(12, ssrc);
  return bytes;
};

/** Good SRTCP, with one bit of each tag changed. */
const alteredControl = (key: WriterKey, ssrc: number): readonly Uint8Array[] => {
  const sender = aesCm128HmacSha1Tag80.sender(key);
  return times(repeats, () => {
    const secured = sender.protectRtcp(clearGoodbye(ssrc));
    const bytes = secured.ok ? secured.value : new Uint8Array(0);
    return bytes.map((byte, place) => (place === bytes.length - 1 ? byte ^ 1 : byte));
  });
};

/** How many of each kind that is not one packet for each bit. */
const repeats = 4;

/**
 * Probes of a receiver that is sent audio under `key` (catalogue R1 to R5, R7, R10). `echo` are packets that the receiver
 * sent itself.
 */
export const createRtpProbing = (
  key: WriterKey,
  ssrc: number,
  echo: () => readonly Uint8Array[],
): RtpProbing => {
  const writer = createSrtpWriter(key);
  let highest = 1_000;
  const packet = (index: number, payload = speexFrame()) => ({ index, ssrc, payload });
  const good = (index: number): Uint8Array => {
    highest = Math.max(highest, index);
    return writer.secured(packet(index));
  };
  const marker = (): Uint8Array => good(highest + 1);
  const refused = (name: string, packets: readonly Uint8Array[]): RtpProbe => ({
    name,
    packets,
    expected: 'refused',
  });
  const accepted = (name: string, indices: readonly number[]): RtpProbe => ({
    name,
    packets: indices.map(good),
    expected: 'accepted',
  });
  // What is to be refused has indices of its own: good packets behind it are newer, also for a receiver that takes it.
  const ahead = (): number => {
    highest += 1;
    return highest;
  };
  const cut = (bytes: Uint8Array, tag: number): Uint8Array =>
    bytes.subarray(0, bytes.length - 10 + tag);
  let replayed: readonly Uint8Array[] = [];
  const steps: readonly (() => RtpProbe)[] = [
    () => {
      replayed = times(repeats, () => marker());
      return { name: 'good', packets: replayed, expected: 'accepted' };
    },
    () =>
      refused(
        'clear',
        times(repeats, () => writer.clear(packet(ahead()))),
      ),
    () =>
      refused(
        'clear-with-zero-tag',
        times(repeats, () => concat(writer.clear(packet(ahead())), new Uint8Array(10))),
      ),
    () =>
      refused(
        'no-tag',
        times(repeats, () => writer.encrypted(packet(ahead()))),
      ),
    () =>
      refused(
        'tag-of-32-bits',
        times(repeats, () => cut(writer.secured(packet(ahead())), 4)),
      ),
    () => refused('bit-flips', flips(writer.secured(packet(ahead())))),
    () => refused('echo', echo().slice(0, repeats)),
    () => refused('replay', replayed),
    () => accepted('reordered', [highest + 3, highest + 1, highest + 2]),
    () => accepted('gap', [highest + 5_000]),
    () => refused('replay-outside-window', replayed),
    () => accepted('rollover', [30_000, 60_000, 65_534, 65_535, 65_536]),
    () => accepted('late-across-rollover', [65_533]),
    () =>
      refused(
        'other-rollover',
        [0, 2, 3, 2 ** 31].map((rollover) => writer.secured({ ...packet(highest + 2), rollover })),
      ),
    () => ({
      name: 'malformed-speex',
      packets: malformedPayloads.map((payload) => {
        highest += 1;
        return writer.secured(packet(highest, payload));
      }),
      expected: 'either',
    }),
    () => ({
      name: 'control-altered',
      packets: alteredControl(key, ssrc),
      expected: 'refused',
      control: true,
    }),
    () => ({
      name: 'control-in-clear',
      packets: times(repeats, () => clearGoodbye(ssrc)),
      expected: 'refused',
      control: true,
    }),
  ];
  let at = 0;
  return { marker, next: () => steps[at++]?.() ?? null };
};

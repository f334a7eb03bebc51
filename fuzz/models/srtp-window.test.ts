import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { aesCm128HmacSha1Tag80Tables } from '../../reference/core/rtp/srtp-tables.ts';
import { aesCm128HmacSha1Tag80, type SrtpReceiver } from '../../reference/core/rtp/srtp.ts';

const key = () => ({
  masterKey: new Uint8Array(16).fill(1),
  masterSalt: new Uint8Array(14).fill(2),
});

/** Indices cross the wrap of the sequence number. */
const firstIndex = 65_300;
const packetCount = 600;
const windowLength = 128;
const mostSources = 4;

const protectedBySource = new Map<number, readonly Uint8Array[]>();

/** The packets of one source, in order of their indices. */
const packetsOf = (ssrc: number): readonly Uint8Array[] => {
  const known = protectedBySource.get(ssrc);
  if (known) return known;
  const sender = aesCm128HmacSha1Tag80Tables.sender(key());
  const made = Array.from({ length: packetCount }, (_, place) => {
    const packet = sender.protectRtp(
      serializeRtp({
        marker: false,
        payloadType: 97,
        sequence: (firstIndex + place) % 65_536,
        timestamp: place * 160,
        ssrc,
        csrc: [],
        extension: null,
        payload: Uint8Array.of(place & 255),
        padding: new Uint8Array(),
      }),
    );
    if (!packet.ok) throw new Error(packet.error.code);
    return packet.value;
  });
  protectedBySource.set(ssrc, made);
  return made;
};

/** What a receiver has to remember (RFC 3711 section 3.3.2): the indices that were taken, by source. */
interface Model {
  readonly taken: Map<number, Set<number>>;
  isErased: boolean;
}

/** What a receiver must say of an index, before it looks at the tag. */
const verdict = ({ taken, isErased }: Model, ssrc: number, index: number): string => {
  if (isErased) return 'erased';
  const seen = taken.get(ssrc);
  // RFC 3711 section 3.3.1: the first packet's rollover counter is taken for zero.
  if (!seen) return index < 65_536 ? 'fresh' : 'tag';
  const highest = Math.max(...seen);
  if (index <= highest - windowLength) return 'too-old';
  return seen.has(index) ? 'replayed' : 'fresh';
};

type Receivers = readonly SrtpReceiver[];

const codesOf = (receivers: Receivers, packet: Uint8Array): readonly string[] =>
  receivers.map((receiver) => {
    const opened = receiver.unprotectRtp(packet);
    return opened.ok ? 'ok' : opened.error.code;
  });

class Deliver implements fc.Command<Model, Receivers> {
  readonly ssrc: number;
  readonly place: number;
  readonly isDamaged: boolean;
  constructor(ssrc: number, place: number, isDamaged: boolean) {
    this.ssrc = ssrc;
    this.place = place;
    this.isDamaged = isDamaged;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, receivers: Receivers): void {
    const { ssrc, place, isDamaged } = this;
    const index = firstIndex + place;
    const packet = Uint8Array.from(packetsOf(ssrc)[place] ?? []);
    if (isDamaged) packet[packet.length - 1] = (packet.at(-1) ?? 0) ^ 1;
    const seen = model.taken.get(ssrc);
    const isNew = seen === undefined;
    let expected = verdict(model, ssrc, index);
    if (expected === 'fresh' && isDamaged) expected = 'tag';
    if (expected === 'fresh' && isNew && model.taken.size >= mostSources)
      expected = 'too-many-sources';
    if (expected === 'fresh') {
      expected = 'ok';
      model.taken.set(ssrc, (seen ?? new Set()).add(index));
    }
    expect(codesOf(receivers, packet)).toEqual(receivers.map(() => expected));
  }
  toString(): string {
    return `deliver(${this.ssrc}, ${this.place}${this.isDamaged ? ', damaged' : ''})`;
  }
}

class Erase implements fc.Command<Model, Receivers> {
  check(): boolean {
    return true;
  }
  run(model: Model, receivers: Receivers): void {
    for (const receiver of receivers) receiver.erase();
    model.isErased = true;
  }
  toString(): string {
    return 'erase';
  }
}

const deliveries = (most: number): fc.Arbitrary<Deliver> =>
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.nat({ max: most }), fc.integer({ min: 0, max: 7 }))
    .map(([ssrc, place, damage]) => new Deliver(ssrc, place, damage === 0));

describe('the SRTP receiver against a set of indices', () => {
  test.prop(
    [
      fc.commands(
        [deliveries(20), deliveries(packetCount - 1), deliveries(250), fc.constant(new Erase())],
        { size: '+2', maxCommands: 200 },
      ),
    ],
    { numRuns: 150 },
  )('says the same at every step', (commands) => {
    fc.modelRun(
      () => ({
        model: { taken: new Map(), isErased: false },
        real: [aesCm128HmacSha1Tag80, aesCm128HmacSha1Tag80Tables].map((suite) =>
          suite.receiver(key()),
        ),
      }),
      commands,
    );
  });
});

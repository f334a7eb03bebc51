import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createFragmentReassembler } from './fragments.ts';
import type { IpPacket } from './ip.ts';
import { createTally } from './tally.ts';

const data = Uint8Array.from({ length: 4000 }, (_, index) => (index * 13) % 256);

const fragment = (
  offset: number,
  payload: Uint8Array,
  more: boolean,
  identification = 1,
  source = '10.0.0.1',
): IpPacket => ({
  source,
  destination: '10.0.0.2',
  protocol: 17,
  payload,
  cut: false,
  fragment: { identification, offset, more },
});
const piece = (from: number, to: number): IpPacket =>
  fragment(from, data.subarray(from, to), to < data.length);

const run = (packets: readonly IpPacket[], times: readonly number[] = []) => {
  const tally = createTally();
  const reassembler = createFragmentReassembler(tally);
  const whole = packets.flatMap(
    (packet, index) => reassembler.add(packet, times[index] ?? 0) ?? [],
  );
  reassembler.end();
  return { whole, told: tally.list().map(({ what, count }) => [what, count]) };
};

describe('fragments', () => {
  test.prop([fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), fc.nat({ max: 4 })])(
    'in any order, one of them twice, make the datagram once',
    (order, again) => {
      const pieces = [
        piece(0, 800),
        piece(800, 1600),
        piece(1600, 2400),
        piece(2400, 3200),
        piece(3200, 4000),
      ];
      const sent = [...order.slice(0, 4), again, ...order.slice(4)].flatMap(
        (index) => pieces[index] ?? [],
      );
      const { whole } = run(sent);
      expect(whole.map(({ payload }) => payload)).toEqual([data]);
      expect(whole[0]?.first.protocol).toBe(17);
    },
  );

  it.each([
    [
      'overlapping contents',
      [piece(0, 800), fragment(400, new Uint8Array(800), true), piece(800, 4000)],
    ],
    ['the same place with other contents', [piece(0, 800), fragment(0, new Uint8Array(800), true)]],
    [
      'two different ends',
      [piece(0, 800), piece(3200, 4000), fragment(1600, new Uint8Array(8), false)],
    ],
    ['bytes behind the end', [piece(3200, 4000), fragment(4000, new Uint8Array(8), true)]],
    ['more than a datagram can hold', [fragment(65_528, new Uint8Array(16), false)]],
  ])('%s: refused with the whole datagram, and named', (_name, packets) => {
    const { whole, told } = run([...packets, piece(800, 2400), piece(2400, 3200)]);
    expect(whole).toEqual([]);
    expect(told).toEqual([['ip-fragment-overlap', 1]]);
  });

  it.each([
    ['a missing piece', [piece(0, 800), piece(1600, 4000)], 2],
    ['a piece that the capture cut', [{ ...piece(0, 800), cut: true }, piece(800, 4000)], 1],
    ['a length that is not whole units', [fragment(0, data.subarray(0, 801), true)], 1],
  ])('%s leaves fragments that are counted', (_name, packets, count) => {
    expect(run(packets)).toEqual({ whole: [], told: [['ip-fragment', count]] });
  });

  it('datagrams of other hosts, protocols and numbers are other datagrams; so are those much later', () => {
    const half = data.subarray(0, 800);
    const { whole } = run([
      fragment(0, half, true),
      fragment(800, half, false, 2),
      fragment(800, half, false, 1, '10.0.0.9'),
      { ...fragment(800, half, false), protocol: 6 },
    ]);
    expect(whole).toEqual([]);
    expect(run([fragment(0, half, true), fragment(800, half, false)], [0, 31_000]).whole).toEqual(
      [],
    );
    expect(
      run([fragment(0, half, true), fragment(800, half, false)], [0, 29_000]).whole,
    ).toHaveLength(1);
  });

  it('a flood of beginnings is bounded and counted', () => {
    const half = data.subarray(0, 800);
    const flood = Array.from({ length: 3000 }, (_, index) => fragment(0, half, true, index));
    const { told } = run([...flood, fragment(800, half, false, 2999)]);
    expect(told).toEqual([['ip-fragment', 2999]]);
  });

  const anything = fc.record({
    offset: fc.nat({ max: 40 }).map((units) => units * 8),
    length: fc.nat({ max: 64 }),
    more: fc.boolean(),
    number: fc.nat({ max: 2 }),
  });
  test.prop([fc.array(anything, { maxLength: 40 })])('any fragments are total', (plans) => {
    const packets = plans.map(({ offset, length, more, number }) =>
      fragment(offset, data.subarray(offset, offset + length), more, number),
    );
    for (const { payload } of run(packets).whole)
      expect(payload).toEqual(data.subarray(0, payload.length));
  });
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import { createTcpReassembler, type Direction, type TcpConnection } from './tcp-reassembly.ts';

interface Sent {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly syn?: boolean;
  readonly from?: 'client' | 'server';
}

type Event = readonly [
  kind: 'data' | 'gap',
  direction: Direction,
  what: Uint8Array | number,
  at: number,
];

const run = (segments: readonly Sent[]): { opened: TcpConnection[]; events: Event[] } => {
  const opened: TcpConnection[] = [];
  const events: Event[] = [];
  const reassembler = createTcpReassembler((connection) => {
    opened.push(connection);
    return {
      data: (direction, bytes, at) => events.push(['data', direction, bytes.slice(), at]),
      gap: (direction, length, at) => events.push(['gap', direction, length, at]),
      end: () => {},
    };
  });
  segments.forEach(({ sequence, payload, syn = false, from = 'client' }, at) => {
    const [source, destination] = from === 'client' ? ['a', 'b'] : ['b', 'a'];
    const [sourcePort, destinationPort] = from === 'client' ? [1, 2] : [2, 1];
    const ack = !(syn && from === 'client');
    const flags = { syn, ack, fin: false, rst: false };
    const ports = { sourcePort, destinationPort };
    const numbers = { sequence: sequence >>> 0, acknowledgement: 0 };
    const segment = { ...ports, ...numbers, payload, ...flags };
    reassembler.segment({ source, destination, at, segment });
  });
  reassembler.end();
  return { opened, events };
};

const bytesOf = (events: readonly Event[], direction: Direction = 0): Uint8Array =>
  concat(
    ...events
      .filter(([kind, way]) => kind === 'data' && way === direction)
      .map(([, , bytes]) => bytes as Uint8Array),
  );

const none = new Uint8Array();
const stream = Uint8Array.from({ length: 400 }, (_, index) => (index * 7) % 251);

describe('TCP reassembly', () => {
  test.prop([
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.array(fc.tuple(fc.nat(399), fc.integer({ min: 1, max: 60 })), { maxLength: 20 }),
    fc.infiniteStream(fc.nat()),
  ])('order, repetition and overlap do not change the stream', (initial, extras, picks) => {
    const whole = Array.from({ length: 20 }, (_, index) => [index * 20, 20] as const);
    const pieces = [...whole, ...extras].map(([from, length]) => ({
      sequence: initial + 1 + from,
      payload: stream.subarray(from, from + length),
    }));
    const shuffled = pieces
      .map((piece) => ({ piece, order: picks.next().value as number }))
      .sort((left, right) => left.order - right.order)
      .map(({ piece }) => piece);
    const segments = [{ sequence: initial, payload: none, syn: true }, ...shuffled];
    const { events } = run(segments);
    expect(bytesOf(events)).toEqual(stream);
    expect(events.every(([kind]) => kind === 'data')).toBe(true);
  });

  it('each stretch keeps the time of its own packet', () => {
    const { events } = run([
      { sequence: 9, payload: none, syn: true },
      { sequence: 14, payload: Uint8Array.of(5, 6) },
      { sequence: 10, payload: Uint8Array.of(1, 2, 3, 4) },
    ]);
    expect(events.map(([, , , at]) => at)).toEqual([2, 1]);
  });

  it('a hole is named with its length, and what follows is given', () => {
    const { events } = run([
      { sequence: 0, payload: none, syn: true },
      { sequence: 1, payload: Uint8Array.of(1) },
      { sequence: 12, payload: Uint8Array.of(2) },
    ]);
    expect(events.map(([kind, , what]) => [kind, what])).toEqual([
      ['data', Uint8Array.of(1)],
      ['gap', 10],
      ['data', Uint8Array.of(2)],
    ]);
  });

  it('without a SYN the lowest sequence number is the start, though it came second', () => {
    const { events, opened } = run([
      { sequence: 0xfffffffe + 4, payload: Uint8Array.of(5, 6) },
      { sequence: 0xfffffffe, payload: Uint8Array.of(1, 2, 3, 4) },
    ]);
    expect(opened[0]?.fromStart).toBe(false);
    expect(bytesOf(events)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  it('the answer to a SYN names the client; the same ports again are another connection', () => {
    const { opened, events } = run([
      { sequence: 100, payload: none, syn: true, from: 'server' },
      { sequence: 101, payload: Uint8Array.of(9), from: 'server' },
      { sequence: 5_000_000, payload: none, syn: true },
      { sequence: 5_000_001, payload: Uint8Array.of(1) },
      { sequence: 9_000_000, payload: none, syn: true },
      { sequence: 9_000_001, payload: Uint8Array.of(2) },
    ]);
    expect(opened).toHaveLength(2);
    expect(opened[0]?.first).toEqual({ host: 'a', port: 1 });
    expect(bytesOf(events, 1)).toEqual(Uint8Array.of(9));
    expect(bytesOf(events, 0)).toEqual(Uint8Array.of(1, 2));
  });

  it('memory is bounded: too much behind a hole gives the hole up', () => {
    const block = new Uint8Array(64 * 1024);
    const blocks = Array.from({ length: 80 }, (_, index) => ({
      sequence: 100 + index * block.length,
      payload: block,
    }));
    const reassembled: string[] = [];
    const reassembler = createTcpReassembler(() => ({
      data: () => {},
      gap: () => reassembled.push('gap before the end'),
      end: () => reassembled.push('end'),
    }));
    const flags = { syn: false, ack: true, fin: false, rst: false };
    const ports = { sourcePort: 1, destinationPort: 2 };
    const feed = (sequence: number, payload: Uint8Array, syn: boolean): void =>
      reassembler.segment({
        source: 'a',
        destination: 'b',
        at: 0,
        segment: { ...ports, ...flags, syn, ack: !syn, sequence, acknowledgement: 0, payload },
      });
    feed(0, none, true);
    for (const { sequence, payload } of blocks) feed(sequence, payload, false);
    reassembler.end();
    expect(reassembled).toEqual(['gap before the end', 'end']);
  });
});

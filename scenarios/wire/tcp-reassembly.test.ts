import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import { createTcpReassembler, type Direction, type TcpConnection } from './tcp-reassembly.ts';

interface Sent {
  /** What it acknowledges; nothing unless told. */
  readonly acknowledgement?: number;
  readonly fin?: boolean;
  readonly rst?: boolean;
  /** Milliseconds; its place in the list unless told. */
  readonly time?: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly syn?: boolean;
  readonly from?: 'client' | 'server';
}

type Event = readonly [
  kind: 'data' | 'gap' | 'conflict',
  direction: Direction,
  what: Uint8Array | number,
  at: number,
];

const run = (segments: readonly Sent[]) => {
  const exceeded: string[] = [];
  let ended = 0;
  const opened: TcpConnection[] = [];
  const events: Event[] = [];
  const reassembler = createTcpReassembler(
    (connection) => {
      opened.push(connection);
      return {
        data: (direction, bytes, at) => events.push(['data', direction, bytes.slice(), at]),
        gap: (direction, length, at) => events.push(['gap', direction, length, at]),
        conflict: (direction, at) => events.push(['conflict', direction, 0, at]),
        end: () => (ended += 1),
      };
    },
    (code) => exceeded.push(code),
  );
  let endedBefore = 0;
  segments.forEach((sent, index) => {
    const { sequence, payload, syn = false, fin = false, rst = false, from = 'client' } = sent;
    const at = sent.time ?? index;
    const [source, destination] = from === 'client' ? ['a', 'b'] : ['b', 'a'];
    const [sourcePort, destinationPort] = from === 'client' ? [1, 2] : [2, 1];
    const ack = !(syn && from === 'client');
    const flags = { syn, ack, fin, rst };
    const ports = { sourcePort, destinationPort };
    const numbers = {
      sequence: sequence >>> 0,
      acknowledgement: (sent.acknowledgement ?? 0) >>> 0,
    };
    const segment = { ...ports, ...numbers, payload, ...flags };
    reassembler.segment({ source, destination, at, segment });
  });
  endedBefore = ended;
  reassembler.end();
  return { opened, events, exceeded, endedBefore, ended };
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

  const syn = { sequence: 0, payload: none, syn: true };
  const data = (from: number, to: number, more: Partial<Sent> = {}): Sent => ({
    sequence: 1 + from,
    payload: stream.subarray(from, to),
    ...more,
  });
  const kindsOf = (events: readonly Event[]): readonly string[] => events.map(([kind]) => kind);

  it('sequence numbers wrap', () => {
    const start = 2 ** 32 - 200;
    const pieces = [0, 100, 200, 300].map((from) =>
      data(from, from + 100, { sequence: start + from }),
    );
    const { events } = run([{ ...syn, sequence: start - 1 }, ...pieces.toReversed()]);
    expect(bytesOf(events)).toEqual(stream);
    expect(kindsOf(events)).not.toContain('gap');
  });

  it('of bytes that come again with other contents the first stay, and the conflict is told', () => {
    const other = (from: number, to: number) =>
      data(from, to, { payload: new Uint8Array(to - from) });
    const { events } = run([syn, data(0, 100), other(50, 150), data(0, 100), other(20, 40)]);
    expect(bytesOf(events)).toEqual(concat(stream.subarray(0, 100), new Uint8Array(50)));
    expect(kindsOf(events)).toEqual(['data', 'conflict', 'data', 'conflict']);
    const waiting = run([syn, data(100, 200), other(150, 250), data(0, 100)]);
    expect(bytesOf(waiting.events).subarray(0, 200)).toEqual(stream.subarray(0, 200));
    expect(kindsOf(waiting.events)).toEqual(['data', 'data', 'conflict', 'data']);
  });

  it('an honest repetition, however it is cut, and a keep-alive are no conflict', () => {
    const { events } = run([
      syn,
      data(0, 100),
      data(100, 200),
      data(50, 170),
      data(0, 200),
      { sequence: 200, payload: Uint8Array.of(77) },
    ]);
    expect(kindsOf(events)).toEqual(['data', 'data']);
  });

  it('a hole is given up soon after the receiver acknowledged it, and not before', () => {
    const behind = data(100, 200);
    const acknowledged: Sent = { from: 'server', sequence: 0, payload: none, acknowledgement: 201 };
    const early = run([syn, behind, acknowledged, data(200, 210), data(0, 100)]);
    expect(kindsOf(early.events)).not.toContain('gap');
    const late = run([syn, behind, acknowledged, data(200, 210, { time: 5000 }), data(0, 100)]);
    expect(late.events[0]).toEqual(['gap', 0, 100, 1]);
    const unacknowledged = run([syn, behind, data(200, 210, { time: 5000 }), data(0, 100)]);
    expect(kindsOf(unacknowledged.events)).not.toContain('gap');
  });

  it('a connection that closed is done with after a while; late repetitions begin no other', () => {
    const opened: number[] = [];
    const ended: number[] = [];
    const reassembler = createTcpReassembler(({ first }) => {
      opened.push(first.port);
      return { data: () => {}, gap: () => {}, end: () => ended.push(first.port) };
    });
    const send = (port: number, at: number, fields: Partial<Sent>, reply = false): void => {
      const { sequence = 0, payload = none, syn = false, fin = false } = fields;
      const ports = reply
        ? { sourcePort: 443, destinationPort: port }
        : { sourcePort: port, destinationPort: 443 };
      const flags = { syn, ack: !syn, fin, rst: false };
      const [source, destination] = reply ? ['b', 'a'] : ['a', 'b'];
      const segment = { ...ports, ...flags, sequence, acknowledgement: 0, payload };
      reassembler.segment({ source, destination, at, segment });
    };
    send(1, 0, syn);
    send(1, 0, { sequence: 899, syn: true }, true);
    send(1, 1, data(0, 100));
    send(1, 2, { sequence: 101, fin: true });
    send(1, 3, { sequence: 900, payload: Uint8Array.of(5), fin: true }, true);
    for (let port = 1000; port < 1600; port += 1) send(port, 100_000, syn);
    expect(ended).toEqual([1]);
    const before = opened.length;
    send(1, 200_001, data(0, 50));
    expect(opened).toHaveLength(before);
    send(1, 200_002, data(100, 200));
    expect(opened).toHaveLength(before + 1);
  });

  it('after a reset what still comes is read', () => {
    const reset: Sent = { sequence: 101, payload: none, rst: true };
    expect(bytesOf(run([syn, data(0, 100), reset, data(100, 200)]).events)).toEqual(
      stream.subarray(0, 200),
    );
  });

  const many = (segment: (port: number) => Sent, count: number) => {
    const opened: number[] = [];
    let ended = 0;
    const exceeded = new Set<string>();
    const reassembler = createTcpReassembler(
      ({ first }) => {
        opened.push(first.port);
        return { data: () => {}, gap: () => {}, end: () => (ended += 1) };
      },
      (code) => exceeded.add(code),
    );
    const flags = { syn: false, ack: true, fin: false, rst: false };
    for (let port = 0; port < count; port += 1) {
      const { sequence, payload, syn = false, time = port } = segment(port);
      const numbers = { sequence, acknowledgement: 0, sourcePort: port, destinationPort: 443 };
      const whole = { ...flags, ...numbers, syn, ack: !syn, payload };
      reassembler.segment({ source: 'a', destination: 'b', at: time, segment: whole });
    }
    return { opened: opened.length, ended, exceeded: [...exceeded] };
  };

  it('connections at once are bounded, which is told', () => {
    const flood = many(() => syn, 12_000);
    expect(flood).toMatchObject({ opened: 12_000, exceeded: ['limit-tcp-connections'] });
    expect(flood.opened - flood.ended).toBeLessThanOrEqual(10_000);
  });

  it('what waits behind holes is bounded in all, which is told', () => {
    const block = new Uint8Array(64 * 1024);
    const flood = many((port) => ({ sequence: port, payload: block }), 2000);
    expect(flood.exceeded).toEqual(['limit-tcp-memory']);
  });

  const anything = fc.record({
    sequence: fc.nat({ max: 60 }).map((at) => (at + 2 ** 32 - 30) % 2 ** 32),
    payload: fc.uint8Array({ maxLength: 9 }),
    syn: fc.boolean(),
    fin: fc.boolean(),
    rst: fc.boolean(),
    from: fc.constantFrom('client' as const, 'server' as const),
    acknowledgement: fc.nat({ max: 2 ** 32 - 1 }),
    time: fc.nat({ max: 200_000 }),
  });
  test.prop([fc.array(anything, { maxLength: 60 })])('any segments are total', (segments) => {
    const { opened, ended } = run(segments);
    expect(ended).toBe(opened.length);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import type { CaptureItem } from './capture-item.ts';
import { createCaptureReader } from './capture-reader.ts';
import { createCaptureScanner } from './capture-scanner.ts';
import { udpFrame } from './testing/packets.ts';
import { blocksOf } from './testing/pcapng-builder.ts';
import { hasTool } from './testing/tools.ts';

const little = blocksOf('little');
const big = blocksOf('big');
const frame = (number: number): Uint8Array => udpFrame(1000, 2000 + number, new Uint8Array(number));

const read = (...parts: readonly Uint8Array[]): readonly CaptureItem[] => {
  const reader = createCaptureReader();
  return [...reader.push(concat(...parts)), ...reader.end()];
};
const packetsOf = (items: readonly CaptureItem[]) => items.filter((item) => item.kind === 'packet');
const codesOf = (items: readonly CaptureItem[]): readonly string[] =>
  items.flatMap((item) => (item.kind === 'problem' ? [item.problem.code] : []));

describe('pcapng', () => {
  it('reads sections one behind the other, each in its own byte order with its own interfaces', () => {
    const items = read(
      ...[little, big, little].flatMap((make, index) => [
        make.section(),
        make.interface(index === 1 ? 101 : 1, 0),
        make.interface(113, 0),
        make.packet(index % 2, BigInt(index), frame(index)),
      ]),
    );
    expect(items.map((item) => item.kind === 'packet' && [item.linkType, item.at])).toEqual([
      [1, 0],
      [113, 0.001],
      [1, 0.002],
    ]);
  });

  it.each([
    ['microseconds without an option', [], 1_700_000_000_123_456n, 1_700_000_000_123.456],
    ['seconds', [little.option(9, Uint8Array.of(0))], 1_700_000_000n, 1_700_000_000_000],
    ['milliseconds', [little.option(9, Uint8Array.of(3))], 1_700_000_000_123n, 1_700_000_000_123],
    [
      'nanoseconds',
      [little.option(9, Uint8Array.of(9))],
      1_700_000_000_123_456_789n,
      1_700_000_000_123.4568,
    ],
    ['2^-10 seconds', [little.option(9, Uint8Array.of(0x8a))], 2048n, 2000],
    ['2^-32 seconds', [little.option(9, Uint8Array.of(0xa0))], 3n << 31n, 1500],
    ['an offset', [little.option(14, little.u64(1_700_000_000n))], 5000n, 1_700_000_000_005],
    ['an offset before 1970', [little.option(14, little.u64(2n ** 64n - 10n))], 0n, -10_000],
  ])('reads times in %s', (_name, options, ticks, at) => {
    const [packet] = packetsOf(
      read(little.section(), little.interface(1, 0, ...options), little.packet(0, ticks, frame(1))),
    );
    expect(packet?.at).toBeCloseTo(at, 3);
  });

  it('reads simple and old packet blocks; a simple one has the time of the packet before it', () => {
    const items = read(
      little.section(),
      little.interface(1, 60),
      little.packet(0, 7000n, frame(1)),
      little.simplePacket(frame(2).length, frame(2)),
      little.simplePacket(500, new Uint8Array(60).fill(9)),
      little.oldPacket(0, 0xffff, 8000n, frame(3)),
      little.oldPacket(0, 4, 9000n, frame(4)),
    );
    expect(packetsOf(items).map(({ at, bytes, length }) => [at, bytes.length, length])).toEqual([
      [7, 43, 43],
      [7, 44, 44],
      [7, 60, 500],
      [8, 45, 45],
      [9, 46, 46],
    ]);
    expect(items.at(-1)).toEqual({ kind: 'dropped', count: 4 });
  });

  it('drops told packet by packet and in the statistics are the same drops', () => {
    const drops = (count: bigint) => little.option(4, little.u64(count));
    const items = read(
      little.section(),
      little.interface(1, 0),
      little.packet(0, 1n, frame(1), drops(2n)),
      little.packet(0, 2n, frame(2), drops(3n)),
      little.statistics(0, little.option(5, little.u64(5n)), little.option(7, little.u64(1n))),
      little.statistics(0, little.option(5, little.u64(6n))),
    );
    const told = items.flatMap((item) => (item.kind === 'dropped' ? [item.count] : []));
    expect(told).toEqual([2, 3, 1]);
  });

  it('passes over blocks and options that it does not know', () => {
    const items = read(
      little.section(),
      little.block(0x0bad, new Uint8Array(40)),
      little.interface(1, 0, little.option(1234, new Uint8Array(7))),
      little.packet(0, 1n, frame(1), little.option(2, new Uint8Array(4))),
      little.block(10, little.u32(0x57474b4c), little.u32(4), new Uint8Array(4)),
    );
    expect(items.map(({ kind }) => kind)).toEqual(['packet']);
  });

  it.each([
    ['another version', [little.section(2)], 'capture-version', 12],
    [
      'a length of 4 GB',
      [little.section(), little.u32(6), little.u32(0xffff_fffc)],
      'block-length',
      32,
    ],
    [
      'a length that is not whole words',
      [little.section(), little.u32(6), little.u32(33)],
      'block-length',
      32,
    ],
    [
      'a length too short for a block',
      [little.section(), little.u32(6), little.u32(8)],
      'block-length',
      32,
    ],
    [
      'a trailing length that differs',
      [little.section(), little.u32(7), little.u32(16), little.u32(0), little.u32(20)],
      'block-trailer',
      40,
    ],
    [
      'the end inside a block',
      [little.section(), little.u32(6), little.u32(4096), new Uint8Array(9)],
      'capture-truncated',
      28,
    ],
  ])('%s is named at its offset and ends the reading', (_name, parts, code, offset) => {
    expect(read(...parts)).toMatchObject([{ kind: 'problem', problem: { code, offset } }]);
  });

  it('what is wrong inside a block is named, and the next block is read', () => {
    const short = little.block(6, new Uint8Array(8));
    const long = little.packet(0, 1n, frame(1));
    long.set(little.u32(1000), 20);
    const shorter = little.packet(0, 1n, frame(1));
    shorter.set(little.u32(3), 24);
    const items = read(
      little.section(),
      little.packet(0, 1n, frame(1)),
      little.interface(1, 0),
      short,
      long,
      shorter,
      little.block(10, little.u32(0x544c534b), little.u32(99), new Uint8Array(4)),
      little.statistics(3),
      little.packet(0, 1n, frame(1), concat(little.u16(9), little.u16(400))),
      little.packet(0, 2n, frame(2)),
    );
    expect(codesOf(items)).toEqual([
      'interface-unknown',
      'block-length',
      'packet-length',
      'packet-length',
      'secrets-length',
      'interface-unknown',
      'option-length',
    ]);
    expect(packetsOf(items).at(-1)?.at).toBe(0.002);
  });

  it('a section of very many interfaces is named and bounded', () => {
    const one = little.interface(1, 0);
    const many = new Uint8Array(one.length * 65_538);
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    expect(codesOf(read(little.section(), many))).toEqual(['interface-limit']);
  });

  it('lengths that lie make it keep what came, not what they say', () => {
    const scanner = createCaptureScanner({ packet: () => {}, note: () => {} });
    const before = process.memoryUsage().arrayBuffers;
    scanner.push(concat(little.section(), little.u32(6), little.u32(15 * 1024 * 1024)));
    scanner.push(new Uint8Array(5000));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test.prop([
    fc.constantFrom(little, big),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 1, max: 97 }),
  ])('mutated files are total, and give the same however they are cut', (make, changes, cut) => {
    const file = concat(
      make.section(),
      make.interface(1, 0, make.option(9, Uint8Array.of(9)), make.option(14, make.u64(3n))),
      make.secrets('CLIENT_RANDOM a b\n'),
      make.packet(0, 5n, frame(3), make.option(4, make.u64(1n))),
      make.oldPacket(0, 1, 6n, frame(4)),
      make.simplePacket(47, frame(5)),
      make.packet(0, 9n, frame(6)),
      make.statistics(0, make.option(5, make.u64(9n))),
    );
    for (const [at, value] of changes) file[at % file.length] = value;
    const whole = read(file);
    const reader = createCaptureReader();
    const pieces: CaptureItem[] = [];
    for (let at = 0; at < file.length; at += cut)
      pieces.push(...reader.push(file.subarray(at, at + cut)));
    pieces.push(...reader.end());
    expect(pieces).toEqual(whole);
    for (const item of whole)
      if (item.kind === 'problem') expect(item.problem.offset).toBeLessThanOrEqual(file.length);
  });
});

const wireshark = hasTool('tshark', '--version') && hasTool('editcap', '--version');
const why = wireshark ? '' : ' (skipped: tshark and editcap are missing)';
const folder = mkdtempSync(join(tmpdir(), 'discretio-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!wireshark)(`agreement with tshark${why}`, () => {
  const run = (program: string, ...options: readonly string[]): string =>
    execFileSync(program, options, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  const path = (name: string): string => join(folder, name);
  const source = (order: 'little' | 'big', start: bigint): Uint8Array => {
    const make = blocksOf(order);
    return concat(
      make.section(),
      make.interface(1, 0, make.option(9, Uint8Array.of(9))),
      ...Array.from({ length: 40 }, (_, index) =>
        make.packet(0, start + BigInt(index) * 20_000_123n, frame(index)),
      ),
    );
  };
  writeFileSync(path('a.pcapng'), source('little', 1_700_000_000_000_000_000n));
  writeFileSync(path('b.pcapng'), source('big', 1_700_000_000_010_000_000n));
  const convert: Readonly<Record<string, readonly string[]>> = {
    'a.pcapng': [],
    'b.pcapng': [],
    'micro.pcap': ['editcap', '-F', 'pcap', path('a.pcapng')],
    'nano.pcap': ['editcap', '-F', 'nsecpcap', path('a.pcapng')],
    'again.pcapng': ['editcap', '-F', 'pcapng', path('a.pcapng')],
    'cut.pcap': ['editcap', '-F', 'pcap', '-s', '50', path('a.pcapng')],
    'merged.pcapng': ['mergecap', '-F', 'pcapng', '-w'],
  };

  it.each(Object.entries(convert))('%s: number, time and lengths of packets', (name, command) => {
    const [program = '', ...options] = command;
    if (program === 'mergecap')
      run(program, ...options, path(name), path('a.pcapng'), path('b.pcapng'));
    else if (program !== '') run(program, ...options, path(name));
    const rows = run(
      'tshark',
      '-r',
      path(name),
      '-T',
      'fields',
      '-e',
      'frame.time_epoch',
      '-e',
      'frame.len',
      '-e',
      'frame.cap_len',
    )
      .trim()
      .split('\n')
      .map((line) => line.split('\t').map(Number));
    const ours = packetsOf(read(readFileSync(path(name))));
    expect(ours.map(({ length, bytes }) => [length, bytes.length])).toEqual(
      rows.map(([, length, captured]) => [length, captured]),
    );
    ours.forEach(({ at }, index) => expect(at / 1000).toBeCloseTo(rows[index]?.[0] ?? 0, 6));
  });
});

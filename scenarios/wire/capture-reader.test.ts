import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { CaptureItem } from './capture-item.ts';
import { createCaptureReader } from './capture-reader.ts';
import { captureChunks } from './capture-source.ts';
import { pcapFile, pcapngFile, udpFrame } from './testing/packets.ts';

const packets = [1, 2, 3, 4, 5].map((number) => ({
  at: 1_700_000_000_000_000 + number * 1500,
  bytes: udpFrame(1000, 2000 + number, new Uint8Array(number).fill(number)),
}));

const read = (file: Uint8Array, cut = file.length): readonly CaptureItem[] => {
  const reader = createCaptureReader();
  const items: CaptureItem[] = [];
  for (let at = 0; at < file.length; at += cut)
    items.push(...reader.push(file.subarray(at, at + cut)));
  return [...items, ...reader.end()];
};

const expected = packets.map(({ at, bytes }) => ({
  kind: 'packet',
  at: at / 1000,
  linkType: 1,
  bytes,
  length: bytes.length,
}));

const classic = (['little', 'big'] as const).flatMap((order) =>
  (['micro', 'nano'] as const).map((resolution) => [order, resolution] as const),
);

describe('capture files', () => {
  it.each(classic)('classic, %s endian, %sseconds', (order, resolution) => {
    const found = read(pcapFile(packets, order, resolution));
    expect(found).toEqual(expected);
  });

  it.each(['little', 'big'] as const)('pcapng, %s endian', (order) => {
    expect(read(pcapngFile(packets, order, 'CLIENT_RANDOM a b\n'))).toEqual([
      { kind: 'comment', text: 'made' },
      { kind: 'tls-key-log', lines: ['CLIENT_RANDOM a b'] },
      ...expected,
      { kind: 'dropped', count: 7 },
    ]);
  });

  test.prop([fc.integer({ min: 1, max: 200 }), fc.boolean()])(
    'any cut into chunks gives the same items',
    (cut, ng) => {
      const file = ng ? pcapngFile(packets) : pcapFile(packets);
      expect(read(file, cut)).toEqual(read(file));
    },
  );

  it.each([
    ['nothing', new Uint8Array(), 'capture-empty', 0],
    ['a text', new TextEncoder().encode('not a capture'), 'capture-format', 0],
    ['a cut classic file', pcapFile(packets).subarray(0, 30), 'capture-truncated', 24],
    ['a cut pcapng file', pcapngFile(packets).subarray(0, 45), 'capture-truncated', 40],
  ])('%s is a problem at its offset', (_name, file, code, offset) => {
    expect(read(file).at(-1)).toMatchObject({ kind: 'problem', problem: { code, offset } });
  });

  it.each([
    ['an absurd block length', 4, [0xff, 0xff, 0xff, 0x7f], 'block-length'],
    ['a wrong magic', 8, [1, 2, 3, 4], 'section-magic'],
  ])('pcapng with %s stops there', (_name, at, bytes, code) => {
    const file = pcapngFile(packets);
    file.set(bytes, at);
    expect(read(file)).toMatchObject([{ kind: 'problem', problem: { code, offset: at } }]);
  });

  it('a bogus record length of a classic file stops it without waiting for more', () => {
    const file = pcapFile(packets);
    file.set([0xff, 0xff, 0xff, 0x7f], 24 + 8);
    expect(read(file)).toMatchObject([{ problem: { code: 'packet-length', offset: 32 } }]);
  });

  test.prop([
    fc.boolean(),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
    fc.nat(),
  ])('mutated files never throw', (ng, changes, cut) => {
    const file = ng ? pcapngFile(packets) : pcapFile(packets);
    for (const [at, value] of changes) file[at % file.length] = value;
    const bytes = file.subarray(0, cut % (file.length + 1));
    for (const item of read(bytes)) {
      if (item.kind === 'problem') expect(item.problem.offset).toBeLessThanOrEqual(bytes.length);
      if (item.kind === 'packet') expect(item.bytes.length).toBeLessThanOrEqual(bytes.length);
    }
  });

  it('a file is read in chunks by its path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'discretio-reader-'));
    const path = join(folder, 'a.pcap');
    await writeFile(path, pcapFile(packets));
    const reader = createCaptureReader();
    const items: CaptureItem[] = [];
    for await (const chunk of captureChunks(path)) items.push(...reader.push(chunk));
    expect([...items, ...reader.end()].map((item) => item.kind)).toEqual(
      packets.map(() => 'packet'),
    );
    await rm(folder, { recursive: true });
  });
});

import { gzipSync } from 'node:zlib';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import { captureChunks } from './capture-source.ts';
import { gatherFacts } from './facts.ts';
import { pcapFile, udpFrame } from './testing/packets.ts';

const noise = Uint8Array.from(
  { length: 300_000 },
  (_, index) => ((index * 7919) >> 3) ^ (index % 251),
);
const packed = new Uint8Array(gzipSync(noise));

const read = async (file: Uint8Array, cut = file.length) => {
  const notes: unknown[] = [];
  let bytes = new Uint8Array();
  const source = function* (): Generator<Uint8Array> {
    for (let at = 0; at < file.length; at += cut) yield file.subarray(at, at + cut);
  };
  for await (const chunk of captureChunks(source, (note) => notes.push(note)))
    bytes = concat(bytes, chunk) as Uint8Array<ArrayBuffer>;
  return { bytes, notes };
};
const problem = (code: string, offset: number) => ({ kind: 'problem', problem: { code, offset } });

describe('gzip', () => {
  it.each([1, 7, 1000, packed.length])('is undone in chunks of %i bytes', async (cut) => {
    const { bytes, notes } = await read(packed, cut);
    expect(notes).toEqual([]);
    expect(bytes).toEqual(noise);
  });

  it('may have several members', async () => {
    const { bytes, notes } = await read(concat(packed, packed));
    expect([bytes.length, notes]).toEqual([2 * noise.length, []]);
  });

  it('cut short is named, and what came before is given', async () => {
    const { bytes, notes } = await read(packed.subarray(0, -5));
    expect(notes).toMatchObject([problem('gzip-truncated', packed.length - 5)]);
    expect(bytes).toEqual(noise);
  });

  it('with a wrong checksum or wrong contents is named', async () => {
    const changed = packed.slice();
    changed.fill(0xff, -6, -4);
    expect((await read(changed)).notes).toMatchObject([{ problem: { code: 'gzip-corrupt' } }]);
    const header = packed.slice();
    header[2] = 9;
    expect((await read(header)).notes).toMatchObject([problem('gzip-corrupt', 0)]);
  });

  it('with something else behind it is named', async () => {
    const { bytes, notes } = await read(concat(packed, new Uint8Array(50_000)));
    expect(notes).toMatchObject([problem('gzip-trailing', packed.length)]);
    expect(bytes).toEqual(noise);
  });

  it('captures are read through it, and a broken one is not taken for a whole one', async () => {
    const frames = Array.from({ length: 500 }, (_, at) => ({
      at,
      bytes: udpFrame(1, 2, noise.subarray(at, at + 99)),
    }));
    const file = new Uint8Array(gzipSync(pcapFile(frames)));
    const options = { sipPorts: [], registrationPorts: [] };
    expect(await gatherFacts(file, options)).toMatchObject({ packets: 500, problems: [] });
    const cut = await gatherFacts(file.subarray(0, file.length >> 1), options);
    expect(cut.problems.map(({ code }) => code)).toContain('gzip-truncated');
    expect(cut.packets).toBeGreaterThan(0);
    expect(cut.packets).toBeLessThan(500);
  });

  test.prop(
    [
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
      fc.nat(),
      fc.integer({ min: 1, max: 5000 }),
    ],
    { numRuns: 40 },
  )('mutations never throw and give the same however they are cut', async (changes, end, cut) => {
    const file = packed.slice(0, end % (packed.length + 1));
    for (const [at, value] of changes) if (file.length > 0) file[at % file.length] = value;
    const whole = await read(file);
    const pieces = await read(file, cut);
    expect(pieces.notes).toEqual(whole.notes);
    expect(pieces.bytes).toEqual(whole.bytes);
  });
});

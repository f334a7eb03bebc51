import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat } from '../../../reference/core/bytes.ts';
import { commands, encodePacket, maximalPayload, parsePacket, type Packet } from './packet.ts';
import { createPacketReader } from './reader.ts';

const number = fc.integer({ min: 0, max: 0xffffffff });
const packets = fc.record<Packet>({
  command: fc.constantFrom(...commands),
  arg0: number,
  arg1: number,
  payload: fc.uint8Array({ maxLength: 300 }),
});

const changed = (bytes: Uint8Array, offset: number): Uint8Array =>
  bytes.map((byte, index) => (index === offset ? byte ^ 1 : byte));

describe('a packet', () => {
  test.prop([packets, fc.boolean()])('is read back as it was written', (packet, hasChecksum) => {
    expect(parsePacket(encodePacket(packet, hasChecksum), hasChecksum)).toEqual({
      ok: true,
      value: packet,
    });
  });

  test.prop([fc.uint8Array({ maxLength: 80 }), fc.boolean()])(
    'is a value or a refusal, whatever the bytes',
    (bytes, hasChecksum) => {
      expect([true, false]).toContain(parsePacket(bytes, hasChecksum).ok);
    },
  );

  const good = encodePacket({ command: 'OPEN', arg0: 1, arg1: 0, payload: Uint8Array.of(1, 2) });
  const long = good.slice();
  new DataView(long.buffer).setUint32(12, maximalPayload + 1, true);

  it.each([
    ['a command that nobody knows', changed(good, 0), 'adb/command', 0],
    ['a magic that is not the complement', changed(good, 20), 'adb/magic', 20],
    ['a payload longer than announced limits', long, 'adb/length', 12],
    ['bytes after its end', concat(good, Uint8Array.of(0)), 'adb/length', 26],
    ['an end within its payload', good.subarray(0, 25), 'adb/short', 25],
    ['an end within its header', good.subarray(0, 5), 'adb/short', 5],
    ['a sum that is not the payload’s', changed(good, 24), 'adb/checksum', 16],
  ])('is refused with %s', (_what, bytes, code, offset) => {
    expect(parsePacket(bytes)).toMatchObject({ ok: false, error: { code, offset } });
  });

  it('needs no sum where both sides have said so', () => {
    expect(parsePacket(changed(good, 24), false).ok).toBe(true);
  });
});

describe('a reader', () => {
  test.prop([fc.array(packets, { maxLength: 6 }), fc.array(fc.nat(200), { maxLength: 12 })])(
    'finds the same packets however the stream is cut',
    (sent, cuts) => {
      const stream = concat(...sent.map((packet) => encodePacket(packet)));
      const reader = createPacketReader(() => true);
      const found: Packet[] = [];
      let at = 0;
      for (const cut of [...cuts, stream.length]) {
        const read = reader.push(stream.subarray(at, at + cut));
        if (read.ok) found.push(...read.value);
        at += cut;
      }
      expect(found).toEqual(sent);
    },
  );

  it('gives the same fault again once the stream is lost', () => {
    const reader = createPacketReader(() => true);
    const first = reader.push(new Uint8Array(24));
    expect(first).toMatchObject({ ok: false, error: { code: 'adb/command' } });
    expect(reader.push(new Uint8Array(1))).toEqual(first);
  });
});

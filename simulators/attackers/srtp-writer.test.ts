import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { createSrtpWriter } from './srtp-writer.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('the attacker’s SRTP', () => {
  test.prop([
    bytes(16),
    bytes(14),
    fc.nat(2 ** 15 - 1),
    fc.nat(),
    fc.uint8Array({ maxLength: 60 }),
  ])('is what the reference writes', (masterKey, masterSalt, index, ssrc, payload) => {
    const key = { masterKey, masterSalt };
    const writer = createSrtpWriter(key);
    const clear = serializeRtp({
      marker: false,
      payloadType: 97,
      sequence: index,
      timestamp: index * 160,
      ssrc,
      csrc: [],
      extension: null,
      payload,
      padding: new Uint8Array(0),
    });
    expect(writer.clear({ index, ssrc, payload })).toEqual(clear);
    const right = aesCm128HmacSha1Tag80.sender(key).protectRtp(clear);
    expect(right).toEqual({ ok: true, value: writer.secured({ index, ssrc, payload }) });
  });

  it('follows the rollover counter, and another where it is told', () => {
    const key = { masterKey: new Uint8Array(16).fill(1), masterSalt: new Uint8Array(14).fill(2) };
    const writer = createSrtpWriter(key);
    const receiver = aesCm128HmacSha1Tag80.receiver(key);
    const packet = (index: number) => ({ index, ssrc: 7, payload: Uint8Array.of(1, 2, 3) });
    for (const index of [20_000, 50_000, 65_535, 65_536])
      expect(receiver.unprotectRtp(writer.secured(packet(index))).ok).toBe(true);
    const wrong = writer.secured({ ...packet(65_540), rollover: 0 });
    expect(receiver.unprotectRtp(wrong)).toMatchObject({ ok: false, error: { code: 'tag' } });
  });
});

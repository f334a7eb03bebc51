import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { MasterKey } from './key-derivation.ts';
import { serializeRtp } from './packet.ts';
import { aesCm128HmacSha1Tag80 } from './srtp.ts';
import { aesCm128HmacSha1Tag80Tables, prepareSrtpKey } from './srtp-tables.ts';
import { rtpPackets } from './testing/arbitraries.ts';

const keys: fc.Arbitrary<MasterKey> = fc.record({
  masterKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  masterSalt: fc.uint8Array({ minLength: 14, maxLength: 14 }),
});

/** What happens to one packet on its way: the kind of packet, changes of its bytes, a cut, a repetition. */
const fates = fc.record({
  packet: rtpPackets,
  step: fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 40_000 })),
  source: fc.nat({ max: 5 }),
  control: fc.boolean(),
  change: fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { freq: 4 }),
  cut: fc.option(fc.nat({ max: 60 }), { freq: 8 }),
  again: fc.boolean(),
});

const rtcpOf = (ssrc: number, body: Uint8Array): Uint8Array => {
  const packet = new Uint8Array(8 + body.length);
  packet.set([0x80, 201, 0, 1]);
  new DataView(packet.buffer).setUint32(4, ssrc);
  packet.set(body, 8);
  return packet;
};

describe('SRTP with tables', () => {
  test.prop([keys, fc.array(fates, { maxLength: 40 })])(
    'makes the same packets and has the same outcomes, offsets included, as the node:crypto suite',
    (key, plans) => {
      const suites = [aesCm128HmacSha1Tag80, aesCm128HmacSha1Tag80Tables] as const;
      const [sender, fastSender] = suites.map((suite) => suite.sender(key));
      const [receiver, fastReceiver] = suites.map((suite) => suite.receiver(key));
      if (!sender || !fastSender || !receiver || !fastReceiver) throw new Error('two suites');
      let sequence = 60_000;
      for (const { packet, step, source, control, change, cut, again } of plans) {
        sequence += step;
        const way = control ? 'Rtcp' : 'Rtp';
        const bytes = control
          ? rtcpOf(source, packet.payload)
          : serializeRtp({ ...packet, sequence: sequence % 65_536, ssrc: source });
        const secured = sender[`protect${way}`](bytes);
        expect(fastSender[`protect${way}`](bytes)).toEqual(secured);
        if (!secured.ok) continue;
        const sent = secured.value.slice(0, cut ?? undefined);
        if (change && sent.length > 0) {
          const at = change[0] % sent.length;
          sent[at] = (sent[at] ?? 0) ^ change[1];
        }
        for (let times = again ? 2 : 1; times > 0; times -= 1)
          expect(fastReceiver[`unprotect${way}`](sent)).toEqual(receiver[`unprotect${way}`](sent));
      }
    },
  );

  test.prop([keys, fc.uint8Array({ maxLength: 60 }), fc.boolean()])(
    'refuses any bytes for the same reason',
    (key, bytes, control) => {
      const way = control ? 'unprotectRtcp' : 'unprotectRtp';
      const expected = aesCm128HmacSha1Tag80.receiver(key)[way](bytes);
      expect(aesCm128HmacSha1Tag80Tables.receiver(key)[way](bytes)).toEqual(expected);
    },
  );

  it('leaves the packet it is given as it is, a Buffer too', () => {
    const key = { masterKey: new Uint8Array(16), masterSalt: new Uint8Array(14) };
    const plainPacket = Buffer.from([0x80, 97, 0, 1, ...new Uint8Array(30)]);
    const secured = aesCm128HmacSha1Tag80Tables.sender(key).protectRtp(plainPacket);
    if (!secured.ok) throw new Error(secured.error.code);
    const packet = Buffer.from(secured.value);
    const opened = aesCm128HmacSha1Tag80Tables.receiver(key).unprotectRtp(packet);
    expect(opened).toEqual({ ok: true, value: new Uint8Array(plainPacket) });
    expect(new Uint8Array(packet)).toEqual(secured.value);
  });

  it('a prepared key verifies a stream that began before the capture, by its rollover counter', () => {
    const key = { masterKey: new Uint8Array(16).fill(1), masterSalt: new Uint8Array(14) };
    const sender = aesCm128HmacSha1Tag80Tables.sender(key);
    const send = (sequence: number): Uint8Array => {
      const packet = new Uint8Array(30);
      packet.set([0x80, 97, sequence >> 8, sequence & 255]);
      const secured = sender.protectRtp(packet);
      if (!secured.ok) throw new Error(secured.error.code);
      return secured.value;
    };
    const late = [100, 30_000, 60_000, 20_000, 20_001].map(send).slice(3);
    const receiver = prepareSrtpKey(key).receiver(1);
    const cold = prepareSrtpKey(key).receiver();
    for (const packet of late) {
      expect(receiver.unprotectRtp(packet).ok).toBe(true);
      expect(cold.unprotectRtp(packet)).toMatchObject({ error: { code: 'tag' } });
    }
  });
});

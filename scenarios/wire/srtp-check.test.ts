import { createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import { deriveSessionKeys } from '../../reference/core/rtp/key-derivation.ts';
import { openLibsrtp2, type Libsrtp2Session } from '../../reference/core/rtp/testing/libsrtp2.ts';
import type { Datagram } from './facts-model.ts';
import { verifyStream } from './srtp-check.ts';
import { rtpPackets, speexFrame } from './testing/media.ts';

const libsrtp2 = openLibsrtp2();
const why = libsrtp2 ? '' : ' (skipped: libsrtp2 is missing)';

const keyOf = (seed: number) => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 100),
});
const key = keyOf(1);
const other = keyOf(2);
const timed = (packets: readonly Uint8Array[]): Datagram[] =>
  packets.map((bytes, index) => ({ at: index * 20, bytes }));

/** Packets made by libsrtp2, the independent implementation. */
const protect = (
  packets: readonly Uint8Array[],
  how: keyof Libsrtp2Session = 'protectRtp',
): Uint8Array[] => {
  const session = libsrtp2?.outbound(key);
  if (!session) throw new Error('libsrtp2 is missing');
  const made = packets.map((packet) => {
    const result = session[how](packet);
    if (!result?.ok) throw new Error('libsrtp2 refused');
    return result.value;
  });
  session.close();
  return made;
};
const plain = rtpPackets(7, 6);

describe.skipIf(!libsrtp2)(`SRTP of a flow, packets from libsrtp2${why}`, () => {
  it('finds the key, verifies every packet and gives the audio', () => {
    const found = verifyStream(timed(protect(plain)), [other, key]);
    expect(found).toMatchObject({
      key: 1,
      verified: 6,
      failed: 0,
      replayed: 0,
      diagnosis: null,
      readableInClear: false,
    });
    expect(found.payloads.map(({ bytes }) => bytes)).toEqual(plain.map(() => speexFrame));
    expect(found.payloads[2]?.at).toBe(40);
  });

  it('verifies past the wrap of the sequence number', () => {
    const long = rtpPackets(7, 66_000, speexFrame.subarray(0, 1));
    expect(verifyStream(timed(protect(long)), [key])).toMatchObject({
      verified: 66_000,
      failed: 0,
    });
  });

  it('verifies SRTCP under the same key', () => {
    const report = concat(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 7));
    const sent = protect([report, report, report], 'protectRtcp');
    const found = verifyStream(timed(sent), [other, key], 'rtcp');
    expect(found).toMatchObject({ key: 1, verified: 3, failed: 0 });
    expect(found.payloads[0]?.bytes).toEqual(report);
    expect(verifyStream(timed([report]), [key], 'rtcp')).toMatchObject({ verified: 0, failed: 1 });
  });

  it('counts a replay apart from a failure', () => {
    const [first = new Uint8Array(), ...rest] = protect(plain);
    const found = verifyStream(timed([first, first, ...rest]), [key]);
    expect(found).toMatchObject({ verified: 6, failed: 0, replayed: 1, diagnosis: null });
  });

  it('one forged packet among good ones fails alone', () => {
    const packets = protect(plain);
    const forged = packets.map((packet, index) => {
      const changed = packet.slice();
      if (index === 3) changed[20] = (changed[20] ?? 0) ^ 1;
      return changed;
    });
    expect(verifyStream(timed(forged), [key])).toMatchObject({
      verified: 5,
      failed: 1,
      refusals: { tag: 1 },
    });
  });

  const shortTag = (packet: Uint8Array): Uint8Array => {
    const body = packet.subarray(0, -10);
    const { authenticationKey } = deriveSessionKeys(key).rtp;
    const mac = createHmac('sha1', authenticationKey).update(body).update(Buffer.alloc(4)).digest();
    return concat(body, mac.subarray(0, 4));
  };

  it.each([
    ['a tag of 32 bits', shortTag, 'tag-32', false],
    ['no tag', (packet: Uint8Array) => packet.subarray(0, -10), 'no-tag', false],
    [
      'a tag of zeros',
      (packet: Uint8Array) => concat(packet.subarray(0, -10), new Uint8Array(10)),
      'tag-wrong',
      false,
    ],
  ])('%s is diagnosed', (_name, change, diagnosis, readableInClear) => {
    const found = verifyStream(timed(protect(plain).map(change)), [other, key]);
    expect(found).toMatchObject({ key: null, verified: 0, failed: 6, diagnosis, readableInClear });
  });

  it('keys that are not at hand explain nothing', () => {
    const found = verifyStream(timed(protect(plain)), [other]);
    expect(found).toMatchObject({
      key: null,
      failed: 6,
      diagnosis: 'unexplained',
      readableInClear: false,
    });
  });
});

describe('audio in clear', () => {
  it.each([
    ['clear', new Uint8Array()],
    ['clear-tagged', new Uint8Array(10).fill(3)],
  ])('%s is diagnosed and readable', (diagnosis, tail) => {
    const packets = plain.map((packet) => concat(packet, tail));
    expect(verifyStream(timed(packets), [key])).toMatchObject({
      failed: 6,
      diagnosis,
      readableInClear: true,
    });
  });

  test.prop([fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), fc.boolean()])(
    'any bytes are counted, none throws',
    (packets, rtcp) => {
      const found = verifyStream(timed(packets), [key], rtcp ? 'rtcp' : 'rtp');
      expect(found.verified + found.failed + found.replayed).toBe(packets.length);
    },
  );
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { latin1 } from '../../reference/core/bytes.ts';
import { readSdp, writeSdp } from './call-sdp.ts';
import { openMediaTap } from './hostile-tap.ts';

describe('a media tap', () => {
  it('stands in for a phone: it records what comes for it and passes it on', async () => {
    const tap = openMediaTap('127.0.0.1');
    const phone = createSocket('udp4');
    const peer = createSocket('udp4');
    try {
      phone.bind(0, '127.0.0.1');
      await once(phone, 'listening');
      const sdp = writeSdp('127.0.0.1', phone.address().port, 1);
      const led = await tap.redirect('+33600000001', sdp);
      const standIn = readSdp(led)?.peer;
      expect(standIn?.port).not.toBe(phone.address().port);
      expect(tap.phoneOf('+33600000001')).toEqual({
        host: '127.0.0.1',
        port: phone.address().port,
      });
      const arrived = once(phone, 'message');
      const heard = tap.heard(5_000);
      peer.send(Uint8Array.of(1, 2, 3), standIn?.port ?? 0, '127.0.0.1');
      const [bytes] = (await arrived) as [Buffer];
      await heard;
      expect([...bytes]).toEqual([1, 2, 3]);
      expect(tap.count()).toBe(1);
      expect(tap.take()).toEqual([{ to: '+33600000001', bytes: Uint8Array.of(1, 2, 3) }]);
      expect(tap.take()).toEqual([]);
    } finally {
      tap.close();
      phone.close();
      peer.close();
    }
  });

  it('changes nothing but address and port, and leaves alone what names none', async () => {
    const tap = openMediaTap('127.0.0.1');
    const sdp = writeSdp('192.0.2.1', 40_000, 7);
    const port = readSdp(await tap.redirect('+33600000001', sdp))?.peer?.port ?? 0;
    expect(latin1(await tap.redirect('+33600000001', sdp))).toBe(
      latin1(sdp)
        .replace('c=IN IP4 192.0.2.1', 'c=IN IP4 127.0.0.1')
        .replace('m=audio 40000', `m=audio ${port}`),
    );
    const nothing = Uint8Array.of(1);
    expect(await tap.redirect('+33600000002', nothing)).toBe(nothing);
    tap.close();
  });
});

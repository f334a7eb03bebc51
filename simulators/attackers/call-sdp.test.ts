import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { readSdp, writeSdp } from './call-sdp.ts';

const withPort = (port: string): Uint8Array =>
  utf8(latin1(writeSdp('192.0.2.9', 40_000, 7)).replace('40000', port));

describe('the description of a peer', () => {
  it.each([
    ['1', { host: '192.0.2.9', port: 1 }],
    ['65535', { host: '192.0.2.9', port: 65_535 }],
    ['0', null],
    ['65536', null],
    ['99999', null],
  ])('with port %s says where to send audio, or that nothing can be sent', (port, peer) => {
    expect(readSdp(withPort(port))).toEqual({ text: 'RTP/SAVP 97 SPEEX/8000 20 sendrecv', peer });
  });
});

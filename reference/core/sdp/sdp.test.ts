import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { parseMedia, type Direction } from './media.ts';
import { rewriteTransport } from './rewrite.ts';
import { writeSession } from './write.ts';

interface Case {
  readonly id: string;
  readonly sdp: string;
  readonly media?: string;
  readonly refusal?: string;
}

const { sdp: cases } = JSON.parse(
  readFileSync(new URL('../csl/fixtures/csl.json', import.meta.url), 'utf8'),
) as { readonly sdp: readonly Case[] };

const good = writeSession({
  address: '192.0.2.1',
  port: 40_000,
  ssrc: 305_419_896,
  direction: 'sendrecv',
  sessionId: 1,
  version: 1,
  cname: 'x',
});

const sessionArbitrary = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_534 }),
  ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
  direction: fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive'),
  sessionId: fc.nat(),
  version: fc.nat(),
});

describe('the independent SDP cases', () => {
  it('are the 27 of the vectors', () => expect(cases).toHaveLength(27));

  it.each(cases)('$id', ({ sdp, media }) => {
    const parsed = parseMedia(utf8(sdp));
    expect(parsed.ok).toBe(media !== undefined);
    expect(parsed.ok ? parsed.value.text : undefined).toBe(media);
  });
});

describe('parseMedia', () => {
  it.each<[string, string, string | RegExp, string]>([
    ['nothing', 'sdp-empty', /[^]*/, ''],
    ['a carriage return inside a line', 'sdp-line', 's=-', 's=-\ra=inactive'],
    ['a NUL', 'sdp-line', 's=-', 's=\0'],
    ['a line without type', 'sdp-line', 's=-', 'hello'],
    ['an unending description', 'sdp-length', 's=-', `s=${'-'.repeat(70_000)}`],
    ['another version', 'sdp-session', 'v=0', 'v=1'],
    ['two origins', 'sdp-session', 's=-', 'o=- 1 1 IN IP4 192.0.2.1\r\ns=-'],
    ['k=', 'sdp-key-attribute', 's=-', 's=-\r\nk=clear:x'],
    ['crypto at session level', 'sdp-key-attribute', 't=0 0', 't=0 0\r\na=crypto:1 x inline:x'],
    ['crypto in capitals', 'sdp-key-attribute', 't=0 0', 't=0 0\r\na=CRYPTO:1 x inline:x'],
    ['key-mgmt', 'sdp-key-attribute', 't=0 0', 't=0 0\r\na=key-mgmt:mikey x'],
    ['setup', 'sdp-key-attribute', 'a=ptime', 'a=setup:actpass\r\na=ptime'],
    ['zrtp-hash', 'sdp-key-attribute', 'a=ptime', 'a=zrtp-hash:1.10 x\r\na=ptime'],
    ['a port of leading zero', 'sdp-media-line', 'm=audio 4', 'm=audio 04'],
    ['a port beyond 65535', 'sdp-media-line', 'm=audio 40000', 'm=audio 65536'],
    ['a count of ports', 'sdp-media-line', 'm=audio 40000', 'm=audio 40000/2'],
    ['a second rtpmap', 'sdp-rtpmap', 'a=ptime', 'a=rtpmap:0 PCMU/8000\r\na=ptime'],
    ['rtpmap at session level', 'sdp-rtpmap', 't=0 0', 't=0 0\r\na=rtpmap:97 SPEEX/8000'],
    ['ptime at session level', 'sdp-ptime', 't=0 0', 't=0 0\r\na=ptime:20'],
    ['an SSRC of 33 bits', 'sdp-ssrc', '305419896', '4294967296'],
    ['an SSRC without attribute', 'sdp-ssrc', ' cname:x', ''],
    ['an SSRC at session level', 'sdp-ssrc', 't=0 0', 't=0 0\r\na=ssrc:1 cname:x'],
    ['a direction in capitals', 'sdp-direction', 'a=sendrecv', 'a=SENDRECV'],
    ['a direction with a blank', 'sdp-direction', 'a=sendrecv', 'a=sendrecv '],
    [
      'two directions at session level',
      'sdp-direction',
      't=0 0',
      't=0 0\r\na=inactive\r\na=inactive',
    ],
    ['no connection', 'sdp-connection', 'c=IN IP4 192.0.2.1\r\n', ''],
    ['two connections', 'sdp-connection', 't=0 0', 'c=IN IP4 192.0.2.1\r\nt=0 0'],
    ['a host name', 'sdp-connection', 'c=IN IP4 192.0.2.1', 'c=IN IP4 example.net'],
    ['a multicast scope', 'sdp-connection', 'c=IN IP4 192.0.2.1', 'c=IN IP4 224.0.0.1/127'],
    ['an IPv6 address as IP4', 'sdp-connection', 'c=IN IP4 192.0.2.1', 'c=IN IP4 ::1'],
  ])('refuses %s', (_, code, from, to) => {
    const altered = good.replace(from, () => to);
    expect(altered).not.toBe(good);
    expect(parseMedia(altered)).toMatchObject({ ok: false, error: { code } });
  });

  it('names the offset of the line', () => {
    const altered = good.replace('a=ptime:20', 'a=ptime:40');
    expect(parseMedia(altered)).toMatchObject({ error: { offset: altered.indexOf('a=ptime') } });
  });

  it('takes the address of the media level before that of the session level', () => {
    const altered = good.replace('a=ptime', 'c=IN IP6 2001:db8::1\r\na=ptime');
    expect(parseMedia(altered)).toMatchObject({ ok: true, value: { address: '2001:db8::1' } });
  });

  it('accepts lines ended by LF', () => {
    expect(parseMedia(good.replaceAll('\r\n', '\n'))).toEqual(parseMedia(good));
  });

  test.prop([sessionArbitrary], { numRuns: 100 })('reads what is written', (session) => {
    const { address, port, ssrc, direction } = session;
    const text = `RTP/SAVP 97 SPEEX/8000 20 ${direction}`;
    const value = { text, direction, address, port, ssrcs: [ssrc] };
    expect(parseMedia(writeSession(session))).toEqual({ ok: true, value });
  });

  test.prop([fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })], { numRuns: 200 })(
    'any one byte changed: never a throw, and a reading of the one text',
    (offset, byte) => {
      const bytes = utf8(good);
      bytes[offset] = byte;
      const parsed = parseMedia(bytes);
      const text = parsed.ok ? parsed.value.text : 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';
      expect(text).toBe('RTP/SAVP 97 SPEEX/8000 20 sendrecv');
    },
  );

  test.prop([fc.uint8Array({ maxLength: 300 })])('arbitrary bytes are never media', (bytes) => {
    expect(parseMedia(bytes).ok).toBe(false);
  });
});

describe('rewriteTransport', () => {
  const relay = { address: '198.51.100.7', port: 52_222 };

  test.prop([sessionArbitrary], { numRuns: 50 })(
    'changes where the media goes and nothing of what is signed',
    (session) => {
      const written = writeSession(session);
      const rewritten = rewriteTransport(written, relay);
      if (!rewritten.ok) throw new Error(rewritten.error.code);
      const before = parseMedia(written);
      const after = parseMedia(rewritten.value);
      expect(after).toEqual(before.ok && { ok: true, value: { ...before.value, ...relay } });
      expect(rewriteTransport(rewritten.value, session)).toEqual({ ok: true, value: written });
    },
  );

  it('replaces every connection and a=rtcp, and keeps every other byte', () => {
    const text = [
      'v=0\no=- 1 1 IN IP4 192.0.2.1\r\ns=c=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0',
      'm=audio 40000 RTP/SAVP 97\r\nc=IN IP6 ::1\r\na=rtcp:40001 IN IP4 192.0.2.1\r\na=x: é',
    ].join('\r\n');
    const expected = [
      'v=0\no=- 1 1 IN IP4 192.0.2.1\r\ns=c=IN IP4 192.0.2.1\r\nc=IN IP4 198.51.100.7\r\nt=0 0',
      'm=audio 52222 RTP/SAVP 97\r\nc=IN IP4 198.51.100.7\r\na=rtcp:52223 IN IP4 198.51.100.7\r\na=x: é',
    ].join('\r\n');
    expect(rewriteTransport(text, relay)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['transport', good, { address: 'example.net', port: 1 }],
    ['transport', good, { address: '192.0.2.1', port: 65_535 }],
    ['sdp-media-line', 'v=0\r\n', relay],
    ['sdp-media-line', `${good}m=video 1 RTP/AVP 0\r\n`, relay],
    ['sdp-connection', good.replace('c=IN IP4 192.0.2.1\r\n', ''), relay],
    ['sdp-connection', good.replace('c=IN IP4 192.0.2.1', 'c=IN IP4 224.0.0.1 x'), relay],
    ['sdp-line', '\r\n', relay],
  ])('refuses with %s', (code, sdp, transport) => {
    expect(rewriteTransport(sdp, transport)).toMatchObject({ ok: false, error: { code } });
  });
});

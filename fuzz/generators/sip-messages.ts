import { readdirSync, readFileSync } from 'node:fs';
import { utf8 } from '../../reference/core/bytes.ts';
import { makeRequest, serialize } from '../../reference/core/sip/message/message.ts';
import { respond } from '../../reference/core/sip/message/responses.ts';
import type { TextGrammar } from './text-mutations.ts';

const torture = new URL('../../reference/core/sip/fixtures/rfc4475/', import.meta.url);

const body = utf8('v=0\r\no=- 1 1 IN IP4 10.0.1.1\r\ns=-\r\n');

const invite = makeRequest(
  'INVITE',
  'sip:+33687654321@example.com;transport=tls',
  [
    ['Via', 'SIP/2.0/TLS 10.0.1.1:4000;branch=z9hG4bKa;rport, SIP/2.0/TLS [2001:db8::1]'],
    ['Max-Forwards', '70'],
    ['From', '"A \\" b" <sip:+33612345678@example.com;user=phone>;tag=alice'],
    ['To', '<sip:+33687654321@example.com>'],
    ['Call-ID', 'call-1@10.0.1.1'],
    ['CSeq', '1 INVITE'],
    ['Contact', '<sip:+33612345678@10.0.1.1:4000;transport=tls>;expires=60'],
    ['Route', '<sip:10.0.0.1;lr>, <sip:10.0.0.2;lr>'],
    ['Expires', '120'],
    ['Content-Type', 'application/sdp'],
    ['X-CSL-From', 'AAAA'],
  ],
  body,
);

const register = makeRequest('REGISTER', 'sip:example.com', [
  ['v', 'SIP / 2.0 / TLS phone.example : 5061 ; branch=z9hG4bKr'],
  ['f', 'sip:+33612345678@example.com;tag=r'],
  ['t', 'sip:+33612345678@example.com'],
  ['i', 'r'],
  ['CSeq', '2147483647 REGISTER'],
  ['m', '*'],
  ['Expires', '0'],
]);

const large = makeRequest(
  'MESSAGE',
  'sip:+33687654321@example.com',
  [['Subject', 'x']],
  new Uint8Array(66_000).fill(65),
);

/** Every message of RFC 4475, and messages of this system. */
export const sipGrammar: TextGrammar = {
  bases: [
    ...[invite, register, respond(invite, 200, { toTag: 'bob', body }), invite, register].map(
      (message) => serialize(message),
    ),
    serialize(large),
    // What is answered by silence, however it is wrong.
    ...[0, 1].map((index) =>
      utf8(`ACK  sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK${index}\r\n\r\n`),
    ),
    ...readdirSync(torture)
      .filter((name) => name.endsWith('.dat'))
      .toSorted()
      .map((name) => new Uint8Array(readFileSync(new URL(name, torture)))),
  ],
  words: [
    ...'INVITE ACK REGISTER SIP/2.0 SIP/3.0 sip: sips: tel: mailto: sip:a@b;x?y=z * Via: From: To: Call-ID: CSeq: Content-Length: l: v: Max-Forwards: 70 255 256'.split(
      ' ',
    ),
    ...';tag= ;tag=x ;branch=z9hG4bK ;branch= ;rport ;lr ;expires=0 "a\\"b" " < > \\ , ; : = @ % %41 %4 [::1] [ 1.2.3.4 0 -1 2147483648 4294967296 99999999999999999999 UDP TLS'.split(
      ' ',
    ),
    'x\tx',
    '\r\n ',
    '\r',
    '\n',
    '\r\n\r\n',
    '\0',
    '\u00e9',
    'a'.repeat(300),
  ],
};

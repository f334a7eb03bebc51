import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, latin1 } from '../../bytes.ts';
import { readRequest } from './essentials.ts';
import { parseMessage, serialize } from './message.ts';
import { ALICE, codes, createPhone, createProxy, responses } from '../testing/request-fixture.ts';
import { refuseUnread, salvageRequest } from './salvage.ts';

const HEADERS = [
  'Via: SIP/2.0/TLS 10.0.1.1:4000;branch=z9hG4bKa',
  'v: SIP/2.0/TLS 10.0.1.2',
  ' ;branch=z9hG4bKb',
  'X-Other: y',
  'f: <sip:+33612345678@example.com>;tag=a',
  'To: <sip:+33687654321@example.com>',
  'i: call',
  'CSeq: 7 INVITE',
].join('\r\n');

const broken = (start: string, headers = HEADERS, rest = '\r\n\r\n') =>
  fromLatin1(`${start}\r\n${headers}${rest}`);

const answer = (bytes: Uint8Array, code = 'sip/start-line') => {
  const request = salvageRequest(bytes);
  const response = request && refuseUnread(request, code, 'tag');
  return response && latin1(serialize(response));
};

describe('salvageRequest', () => {
  // RFC 3261 section 8.2.6.2.
  it('brings back what a response needs, in its bytes', () => {
    expect(answer(broken('INVITE  sip:a@b  SIP/2.0 '))).toBe(
      [
        'SIP/2.0 400 Bad Request',
        ...HEADERS.split('\r\n').slice(0, 3),
        'f: <sip:+33612345678@example.com>;tag=a',
        'To: <sip:+33687654321@example.com>;tag=tag',
        ...HEADERS.split('\r\n').slice(-2),
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
    );
  });

  it.each([
    ['another version', 'INVITE sip:a@b SIP/3.0', 'sip/start-line', 505],
    ['an unknown scheme', 'INVITE x:a@b SIP/2.0', 'sip/uri-scheme', 416],
    ['too many bytes', 'INVITE sip:a@b SIP/2.0', 'sip/too-large', 513],
    ['anything else', 'INVITE sip:a@b SIP/2.0', 'sip/header-count', 400],
  ])('answers %s', (_name, start, code, status) => {
    expect(answer(broken(start), code)).toMatch(new RegExp(`^SIP/2.0 ${status} [A-Z]`));
  });

  it.each([
    ['an ACK', broken('ACK  sip:a@b SIP/2.0')],
    ['a response', broken('SIP/2.0 2000 OK SIP/2.0')],
    ['no Via', broken('INVITE  sip:a@b SIP/2.0', 'To: <sip:a@b>')],
    ['a Via with a bare line feed', broken('INVITE sip:a SIP/2.0', 'Via: a\nb: c')],
    ['a request of another protocol', broken('GET / HTTP/1.1')],
    ['no line end', fromLatin1('INVITE sip:a@b SIP/2.0')],
    [
      'Via behind the first 64 KB',
      broken('INVITE  s:a SIP/2.0', `X: ${'y'.repeat(65_536)}\r\n${HEADERS}`),
    ],
    ['Via in the body', broken('INVITE  s:a SIP/2.0', 'X: y', `\r\n\r\n${HEADERS}`)],
  ])('gives no answer to %s', (_name, bytes) => {
    expect(answer(bytes)).toBeUndefined();
  });

  it('leaves a To alone that cannot be read, and adds none', () => {
    const odd = answer(broken('INVITE  sip:a SIP/2.0', 'Via: x\r\nTo: "a <sip:b@c>'));
    expect(odd).toContain('\r\nTo: "a <sip:b@c>\r\n');
    expect(answer(broken('INVITE  sip:a SIP/2.0', 'Via: x'))).not.toContain('To:');
  });

  test.prop([fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(255)])(
    'is total, and its answers can be read',
    (noise, position, byte) => {
      const bytes = Uint8Array.from(broken('INVITE  sip:a@b SIP/2.0'));
      bytes[position % bytes.length] = byte;
      for (const input of [new Uint8Array(noise), bytes, concat(bytes, new Uint8Array(noise))]) {
        const text = answer(input);
        if (text !== undefined) expect(parseMessage(fromLatin1(text)).ok).toBe(true);
      }
    },
  );
});

describe('both sides', () => {
  const bytes = broken('OPTIONS  sip:+33687654321@example.com SIP/2.0');

  it('answer what they cannot read, and log why', () => {
    for (const outputs of [createPhone().receive(bytes), createProxy().from(ALICE, bytes)]) {
      expect(responses(outputs).map(({ status }) => status)).toEqual([400]);
      expect(codes(outputs)).toEqual(['sip/start-line']);
    }
  });
});

describe('readRequest', () => {
  const read = (start: string, changes: readonly (readonly [string, string])[] = []) => {
    const text = changes.reduce((all, [from, to]) => all.replace(from, to), HEADERS);
    const parsed = parseMessage(broken(start, text));
    if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('unreadable');
    const result = readRequest(parsed.value);
    return result.ok ? result.value : result.error.code;
  };
  const INVITE = 'INVITE sip:a@b SIP/2.0';

  it.each([
    ['sip/version', 'INVITE sip:a@b SIP/2.1', []],
    ['sip/uri-scheme', 'INVITE tel:+336 SIP/2.0', []],
    ['sip/request-uri', 'INVITE sip:a@b?Route=x SIP/2.0', []],
    ['sip/request-uri', 'INVITE sip:a@b@c SIP/2.0', []],
    ['sip/via', INVITE, [['4000;', '4000;;']]],
    ['sip/from', INVITE, [[';tag=a', '']]],
    ['sip/from', INVITE, [['example.com>;tag', 'a@b>;tag']]],
    ['sip/to', INVITE, [['>\r\ni', '?Subject=x>\r\ni']]],
    ['sip/to', INVITE, [['To:', 'To: "']]],
    ['sip/call-id', INVITE, [['i: call', 'i: a b']]],
    ['sip/cseq', INVITE, [['7 INVITE', '7 BYE']]],
    ['sip/max-forwards', INVITE, [['X-Other: y', 'Max-Forwards: 256']]],
    ['sip/max-forwards', INVITE, [['X-Other: y', 'Max-Forwards: -1']]],
  ] as const)('refuses with %s: %s', (code, start, changes) => {
    expect(read(start, changes)).toBe(code);
  });

  it('refuses a REGISTER whose To is no SIP URI (RFC 3261 section 10.2)', () => {
    const changes = [['<sip:+33687654321@example.com>', '<tel:+33687654321>']] as const;
    expect(read('REGISTER sip:b SIP/2.0', [...changes, ['7 INVITE', '7 REGISTER']])).toBe('sip/to');
    expect(read(INVITE, changes)).toMatchObject({ callId: 'call' });
  });

  // RFC 3261 section 20.22 sets no number of digits.
  it('reads Max-Forwards with leading zeros', () => {
    expect(read(INVITE, [['X-Other: y', 'Max-Forwards: 000070']])).toMatchObject({
      maxForwards: 70,
    });
  });

  // RFC 3261 section 17.2.3: the fields that RFC 2543 compares.
  it.each(['branch=z9hG4bK', 'branch=1', 'x'])(
    'tells requests apart with ;%s in Via',
    (parameter) => {
      const branch = (start: string, changes: readonly (readonly [string, string])[] = []) => {
        const result = read(start, [['branch=z9hG4bKa', parameter], ...changes]);
        return typeof result === 'string' ? result : result.branch;
      };
      const own = branch(INVITE);
      expect(own).not.toMatch(/^sip\//);
      expect(
        branch('ACK sip:a@b SIP/2.0', [
          ['7 INVITE', '7 ACK'],
          ['com>\r\ni', 'com>;tag=t\r\ni'],
        ]),
      ).toBe(own);
      for (const change of [
        [['i: call', 'i: other']],
        [['7 INVITE', '8 INVITE']],
        [[';tag=a', ';tag=b']],
        [['10.0.1.1', '10.0.1.3']],
      ] as const)
        expect(branch(INVITE, change)).not.toBe(own);
      expect(branch('INVITE sip:c@b SIP/2.0')).not.toBe(own);
    },
  );
});

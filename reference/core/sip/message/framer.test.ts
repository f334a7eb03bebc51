import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, latin1 } from '../../bytes.ts';
import { parseMessage } from './message.ts';
import { createFramer, type Frame, type FramerOptions, PING, PONG } from './framer.ts';

const message = (body: string, name = 'Content-Length') =>
  `OPTIONS sip:a SIP/2.0\r\nSubject: x\r\n y\r\n${name}:${body.length}\r\n\r\n${body}`;

const describeFrame = (frame: Frame): string => {
  if (frame.kind === 'message') return latin1(frame.bytes);
  return frame.kind === 'fault'
    ? `${frame.fault.code}@${frame.fault.offset} ${latin1(frame.head)}`
    : frame.kind;
};

const frames = (chunks: readonly Uint8Array[], options?: FramerOptions) => {
  const framer = createFramer(options);
  return chunks.flatMap((chunk) => framer.push(chunk)).map(describeFrame);
};

const cut = (bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(start, start + length));
    start += length;
  }
  return [...chunks, bytes.subarray(start)];
};

const piece = fc.oneof(
  fc
    .tuple(
      fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 60 }),
      fc.constantFrom('l', 'Content-Length', 'L  '),
    )
    .map(([body, name]) => message(body, name)),
  fc.constantFrom('\r\n', '\r\n\r\n', 'x\r\n\r\n', '\r', '\n'),
);

describe('createFramer', () => {
  it('cuts messages and keep-alives apart', () => {
    const stream = fromLatin1(`${message('one')}\r\n\r\n${message('', 'l')}\r\n${message('\r\n')}`);
    const expected = [message('one'), 'ping', message('', 'l'), message('\r\n')];
    expect(frames([stream])).toEqual(expected);
    expect(frames(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('reads a pong on the side of the client', () => {
    expect(frames([PONG], { side: 'client' })).toEqual(['pong']);
    expect(frames([PING])).toEqual(['ping']);
    expect(frames([PONG])).toEqual([]);
  });

  it.each([
    ['no length', 'OPTIONS sip:a SIP/2.0\r\nSubject: x\r\n\r\n', 'sip/content-length'],
    ['a signed length', 'OPTIONS sip:a SIP/2.0\r\nl: +1\r\n\r\n', 'sip/content-length'],
    ['two lengths', 'OPTIONS sip:a SIP/2.0\r\nl: 1\r\nl: 1\r\n\r\n', 'sip/content-length'],
    ['a CR alone', '\rO', 'sip/line-end'],
  ])('stops at %s, and reads nothing more', (_name, text, code) => {
    const result = frames([fromLatin1(text), fromLatin1(message('x'))]);
    expect(result).toHaveLength(1);
    expect(result[0]).toContain(code);
  });

  it('keeps to the size limit exactly, and never waits for a body beyond it', () => {
    const text = message('body');
    expect(frames([fromLatin1(text)], { maximumBytes: text.length })).toEqual([text]);
    const refused = ['sip/too-large'];
    const codes = (stream: string) =>
      frames([fromLatin1(stream)], { maximumBytes: text.length - 1 }).map((f) => f.split('@')[0]);
    expect(codes(text.slice(0, -4))).toEqual(refused);
    expect(codes('A'.repeat(text.length))).toEqual(refused);
  });

  // RFC 3261 section 7.5: line ends before a start line are no part of it.
  it('skips line ends before a message', () => {
    const text = message('x');
    expect(frames([fromLatin1(`\r\n${text}\r\n\r\n\r\n${text}`)])).toEqual([text, 'ping', text]);
    expect(frames([fromLatin1(`\r\n${text}`)], { side: 'client' })).toEqual(['pong', text]);
  });

  it('hands out the head of a message at fault, for an answer', () => {
    const head = 'OPTIONS sip:a SIP/2.0\r\nl: x\r\n\r\n';
    expect(frames([fromLatin1(`${head}rest`)])).toEqual([`sip/content-length@21 ${head}`]);
    const large = head.replace('x', '9'.repeat(400));
    expect(frames([fromLatin1(large)])).toEqual([`sip/too-large@65536 ${large}`]);
    expect(frames([fromLatin1(large)], { maximumBytes: 10 })).toEqual([
      'sip/too-large@10 OPTIONS si',
    ]);
  });

  // Both read Content-Length, and a difference would let a body pass for a message.
  test.prop([
    fc.constantFrom('Content-Length', 'content-LENGTH', 'l', 'L', 'Content-Lengt', 'll'),
    fc.constantFrom(':', ' :', '\t:', '\r\n :', ' '),
    fc.string({
      unit: fc.constantFrom(' ', '\t', '\r\n ', '\r', '\u00a0', '\u000b', '0', '1', '3', '+', '-'),
      maxLength: 6,
    }),
    fc.constantFrom('', 'l: 1\r\n', 'X: y\r\n l: 2\r\n'),
  ])('finds the same length as the parser', (name, colon, value, more) => {
    const head = fromLatin1(`OPTIONS sip:a SIP/2.0\r\n${more}${name}${colon}${value}\r\n\r\n`);
    const framer = createFramer();
    const framed = framer.push(concat(head, fromLatin1('x'.repeat(4000))))[0];
    if (framed?.kind !== 'message') return;
    const parsed = parseMessage(framed.bytes);
    expect(parsed.ok || parsed.error.code !== 'sip/content-length').toBe(true);
  });

  test.prop([
    fc.array(piece, { maxLength: 6 }),
    fc.array(fc.nat(40), { maxLength: 20 }),
    fc.constantFrom('client' as const, 'server' as const),
  ])('gives the same frames however the stream is cut', (pieces, lengths, side) => {
    const stream = fromLatin1(pieces.join(''));
    const options = { side, maximumBytes: 120 };
    expect(frames(cut(stream, lengths), options)).toEqual(frames([stream], options));
  });

  test.prop([fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 })])(
    'is total, and its messages are parts of the stream',
    (chunks) => {
      const stream = latin1(concat(...chunks.map((chunk) => new Uint8Array(chunk))));
      const framer = createFramer();
      for (const frame of chunks.flatMap((chunk) => framer.push(new Uint8Array(chunk))))
        if (frame.kind === 'message') expect(stream).toContain(latin1(frame.bytes));
    },
  );
});

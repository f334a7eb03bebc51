import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, latin1, utf8 } from '../../reference/core/bytes.ts';
import { createHttpReader, type HttpMessage } from './http.ts';

const read = (stream: Uint8Array, cut = stream.length, methods: string[] = []) => {
  const reader = createHttpReader(() => methods.shift());
  const messages: HttpMessage[] = [];
  const codes: string[] = [];
  const take = (result: ReturnType<typeof reader.end>): void => {
    messages.push(...result.messages);
    if (result.refused) codes.push(result.refused.code);
  };
  for (let at = 0; at < stream.length; at += cut) take(reader.push(stream.subarray(at, at + cut)));
  take(reader.end());
  return { messages, codes };
};

const stream = concat(
  utf8('POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc'),
  utf8(
    'PUT /b HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n4;x=y\r\nwxyz\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n',
  ),
  utf8('\r\nGET /c HTTP/1.0\r\n\r\n'),
);
const bodies = ({ messages }: ReturnType<typeof read>): string[] =>
  messages.map(({ body }) => latin1(body));

describe('HTTP/1.1', () => {
  test.prop([fc.integer({ min: 1, max: 60 })])('any cut gives the same requests', (cut) => {
    const found = read(stream, cut);
    expect(bodies(found)).toEqual(['abc', 'wxyz!', '']);
    expect(found.messages.map((it) => it.kind === 'request' && it.target)).toEqual([
      '/a',
      '/b',
      '/c',
    ]);
    expect(found.codes).toEqual([]);
  });

  it('a response without a length ends with the stream; one to HEAD has no body', () => {
    const open = utf8('HTTP/1.1 200 OK\r\n\r\nrest');
    expect(bodies(read(open, 5))).toEqual(['rest']);
    const head = utf8(
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    );
    expect(bodies(read(head, 7, ['HEAD', 'GET']))).toEqual(['', '']);
  });

  it.each([
    ['NONSENSE\r\n\r\n', 'http-start-line'],
    ['GET / HTTP/1.1\r\nno colon\r\n\r\n', 'http-header'],
    ['GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 'http-length'],
    ['GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'http-length'],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'http-chunk'],
    ['GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc', 'http-truncated'],
  ])('%j is refused as %s', (text, code) => {
    expect(read(utf8(text)).codes).toEqual([code]);
  });

  it('a body of very many chunks is read in one pass', () => {
    const many = utf8(
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(200_000)}0\r\n\r\n`,
    );
    expect(bodies(read(many, 16_384))[0]).toHaveLength(200_000);
  });

  test.prop([
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.integer({ min: 1, max: 60 }),
  ])('mutations are read or refused once', (changes, cut) => {
    const bytes = stream.slice();
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    expect(read(bytes, cut).codes.length).toBeLessThanOrEqual(1);
  });
});

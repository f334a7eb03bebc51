import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createSipFraming, type SipFrame } from './sip-framing.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (...chunks: readonly Uint8Array[]): readonly SipFrame[] => {
  const framing = createSipFraming();
  return chunks.flatMap((chunk) => framing.push(chunk));
};
const options = 'OPTIONS sip:a@b SIP/2.0\r\nl : 2\r\n\r\n{}';
const answer = 'SIP/2.0 200 Ünïque\r\nContent-Length: 0\r\n\r\n';

describe('the framing of the peer', () => {
  test.prop([fc.array(fc.nat(200), { maxLength: 12 })])('is the same in any cut', (cuts) => {
    const stream = bytes(`${options}\r\n${answer}${options}`);
    const ends = [...cuts.map((at) => at % stream.length), 0, stream.length].toSorted(
      (left, right) => left - right,
    );
    const chunks = ends.slice(1).map((end, index) => stream.subarray(ends[index], end));
    expect(read(...chunks)).toEqual([
      { kind: 'message', text: options },
      { kind: 'keep-alive' },
      { kind: 'message', text: answer },
      { kind: 'message', text: options },
    ]);
  });

  it.each([
    ['a message without Content-Length', bytes('BYE sip:a SIP/2.0\r\nTo: x\r\n\r\n')],
    ['a message above 64 KB', bytes('BYE sip:a SIP/2.0\r\nl: 65536\r\n\r\n')],
    ['a head above 64 KB', bytes('x'.repeat(65_537))],
  ])('gives up at %s, and reads nothing more', (_, stream) => {
    const frames = read(stream, bytes(options));
    expect(frames.map(({ kind }) => kind)).toEqual(['broken']);
  });

  test.prop([fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })])(
    'is total',
    (chunks) => {
      expect(read(...chunks).every(({ kind }) => kind !== 'message')).toBe(true);
    },
  );
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { parseMedia, type Direction } from './media.ts';
import {
  answers,
  directionToAnswer,
  directionToOffer,
  isOnHoldBy,
  mirrored,
} from './offer-answer.ts';
import { rewriteTransport } from './rewrite.ts';
import { writeSession } from './write.ts';

const direction = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');

describe('what may answer an offer (RFC 3264 section 6.1)', () => {
  it.each<[Direction, readonly Direction[]]>([
    ['sendrecv', ['sendrecv', 'sendonly', 'recvonly', 'inactive']],
    ['sendonly', ['recvonly', 'inactive']],
    ['recvonly', ['sendonly', 'inactive']],
    ['inactive', ['inactive']],
  ])('%s: %s', (offered, allowed) => {
    const all: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
    expect(all.filter((answered) => answers(offered, answered))).toEqual(allowed);
  });

  test.prop([direction, fc.boolean()])(
    'includes what is answered, held or not',
    (offered, holds) => {
      const answered = directionToAnswer(offered, holds);
      expect(answers(offered, answered)).toBe(true);
      expect(isOnHoldBy(answered)).toBe(holds || isOnHoldBy(mirrored(offered)));
    },
  );
});

describe('hold (RFC 3264 section 8.4)', () => {
  it.each<[boolean, boolean, Direction]>([
    [false, false, 'sendrecv'],
    [true, false, 'sendonly'],
    [true, true, 'inactive'],
    [false, true, 'sendrecv'],
  ])('this side %s, the other %s: %s is offered', (isHolding, isHeld, offered) => {
    expect(directionToOffer(isHolding, isHeld)).toBe(offered);
  });

  test.prop([fc.boolean(), fc.boolean()])(
    'whoever offers, each hears the other unless one of them holds',
    (offererHolds, answererHolds) => {
      const offered = directionToOffer(offererHolds, answererHolds);
      const answered = directionToAnswer(offered, answererHolds);
      const hears = (each: Direction): boolean => !isOnHoldBy(each);
      expect(hears(mirrored(answered))).toBe(!offererHolds);
      expect(hears(answered)).toBe(!answererHolds);
    },
  );
});

test.prop([direction])('a stream mirrored twice is itself', (each) => {
  expect(mirrored(mirrored(each))).toBe(each);
});

describe('descriptions of one session', () => {
  const session = {
    address: '192.0.2.1',
    port: 40_000,
    ssrc: 1,
    direction: 'sendrecv',
    sessionId: 7,
    version: 1,
  } as const;
  const good = writeSession(session);

  it('differ in what changed and the version of o= only (RFC 3264 section 8)', () => {
    const lines = good.split('\r\n');
    const later = writeSession({ ...session, version: 2, ssrc: 9, direction: 'sendonly' });
    const changed = later.split('\r\n').filter((line, index) => line !== lines[index]);
    expect(changed).toEqual(['o=- 7 2 IN IP4 192.0.2.1', 'a=ssrc:9 cname:-', 'a=sendonly']);
  });

  const piece = fc.record({
    at: fc.nat({ max: good.length }),
    removed: fc.nat({ max: 20 }),
    added: fc.uint8Array({ maxLength: 20 }),
  });

  test.prop([fc.array(piece, { minLength: 1, maxLength: 4 })], { numRuns: 300 })(
    'cut and pasted into: read or refused with a place in it, and rewritten where they are read',
    (pieces) => {
      const bytes = pieces.reduce<readonly number[]>(
        (text, { at, removed, added }) => text.toSpliced(at, removed, ...added),
        [...utf8(good)],
      );
      const text = new Uint8Array(bytes);
      const parsed = parseMedia(text);
      const rewritten = rewriteTransport(text, { address: '198.51.100.7', port: 20_000 });
      expect(parsed.ok || parsed.error.offset <= text.length).toBe(true);
      expect(!parsed.ok || rewritten.ok).toBe(true);
    },
  );
});

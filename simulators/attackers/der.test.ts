import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../reference/core/bytes.ts';
import {
  derChildren,
  derElement,
  derInteger,
  derOid,
  derSequence,
  derTime,
  readDer,
} from './der.ts';

describe('DER', () => {
  it('writes integers in the shortest form', () => {
    expect(toHex(derInteger(Uint8Array.of(0, 0, 0x7f)))).toBe('02017f');
    expect(toHex(derInteger(Uint8Array.of(0x80)))).toBe('02020080');
    expect(toHex(derInteger(new Uint8Array(3)))).toBe('020100');
  });
  it('writes object identifiers and times', () => {
    expect(toHex(derOid('1.2.840.113549.1.1.11'))).toBe('06092a864886f70d01010b');
    expect(toHex(derTime(0))).toBe(`170d${Buffer.from('700101000000Z').toString('hex')}`);
    const later = derTime(Date.UTC(2050, 0, 1));
    expect(toHex(later)).toBe(`180f${Buffer.from('20500101000000Z').toString('hex')}`);
  });
  test.prop([fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })])(
    'gives back what it wrote',
    (contents) => {
      const bytes = derSequence(...contents.map((content) => derElement(0x04, content)));
      const outer = readDer(bytes);
      expect(outer?.end).toBe(bytes.length);
      const children = outer ? derChildren(bytes, outer) : [];
      expect(children.map((child) => toHex(bytes.subarray(child.contentStart, child.end)))).toEqual(
        contents.map(toHex),
      );
    },
  );
  test.prop([fc.uint8Array({ maxLength: 40 }), fc.nat(45)])(
    'reads any bytes without harm',
    (bytes, at) => {
      const element = readDer(concat(Uint8Array.of(0x30), bytes), at);
      expect(element === null || element.end <= bytes.length + 1).toBe(true);
      if (element) expect(derChildren(bytes, element).length).toBeLessThanOrEqual(bytes.length);
    },
  );
});

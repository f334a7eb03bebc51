import { describe, expect, it } from 'vitest';
import { toBase64 } from '../bytes.ts';
import { decodeHeader, encodeHeaders, headerFaults, type HeaderList } from './headers.ts';

const all: HeaderList = [
  ['X-CSL-From', 'AA=='],
  ['X-CSL-From-Chain', 'AQ=='],
  ['X-CSL-Info1', 'Ag=='],
  ['X-CSL-Info2', 'Aw=='],
];
const onlyInfo2 = all.slice(3);
const faults = (headers: HeaderList, kind: 'offer' | 'answer' | 'confirmation' = 'offer') => [
  ...headerFaults(headers, kind),
];

describe('headerFaults: exactly one of each of a message’s own (I-2)', () => {
  it('finds none in what encodeHeaders writes, in an INVITE, a 200 or an ACK', () => {
    expect([faults(all), faults(all, 'answer'), faults(onlyInfo2, 'confirmation')]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it.each<[string, HeaderList, readonly string[]]>([
    ['nothing', [], ['headers-absent']],
    ['one missing', all.slice(1), ['headers-absent']],
    ['one twice', [...all, ...onlyInfo2], ['headers-repeated']],
    ['one more', [...all, ['X-CSL-Info3', '']], ['headers-unknown']],
    ['one more of an empty name', [...all, ['X-CSL-', '']], ['headers-unknown']],
    ['a line feed in a value', [...all.slice(1), ['X-CSL-From', 'AA\n ==']], ['headers-folded']],
    ['a carriage return', [...all.slice(1), ['X-CSL-From', 'AA\r==']], ['headers-folded']],
    ['a comma', [...all.slice(1), ['X-CSL-From', 'AA==,AA==']], ['headers-joined']],
    ['headers of other names', [...all, ['Via', 'a,\r\n b'], ['Subject-X-CSL-', 'a,b']], []],
  ])('%s: %j', (_, headers, expected) => {
    expect(faults(headers)).toEqual(expected);
  });

  it('an ACK has X-CSL-Info2 alone', () => {
    expect(faults(all, 'confirmation')).toEqual(['headers-unknown']);
    expect(faults(all.slice(0, 3), 'confirmation')).toEqual(['headers-absent', 'headers-unknown']);
  });

  it('a name is the same in any case, and with blanks before its colon (RFC 3261 section 25.1)', () => {
    const others = all.slice(1);
    expect(faults([['x-csl-from', 'AA=='], ...others])).toEqual([]);
    expect(faults([['X-CSL-FROM ', 'AA=='], ...others])).toEqual([]);
    expect(faults([...all, ['X-CSL-From\t', 'AA==']])).toEqual(['headers-repeated']);
  });
});

describe('decodeHeader', () => {
  const decoded = (value: string) => decodeHeader([['X-CSL-From', value]], 'X-CSL-From');

  it('takes 4,096 bytes and no more', () => {
    const bytes = new Uint8Array(4096).fill(5);
    expect(decoded(toBase64(bytes))).toEqual({ ok: true, value: bytes });
    expect(decoded(toBase64(new Uint8Array(4097)))).toMatchObject({
      error: { code: 'value-length', offset: 4096 },
    });
  });

  it('takes blanks off both ends, and no other space', () => {
    expect(decoded(' \t AQI= \t ')).toEqual({ ok: true, value: Uint8Array.of(1, 2) });
    expect(decoded('AQ I=')).toMatchObject({ error: { code: 'base64', offset: 2 } });
    expect(decoded('\u00a0AQI=')).toMatchObject({ error: { code: 'base64', offset: 0 } });
    expect(decoded('AQI=\n')).toMatchObject({ error: { code: 'base64' } });
  });

  it('an empty value is the empty byte string; an absent header is none', () => {
    expect(decoded('')).toEqual({ ok: true, value: new Uint8Array() });
    expect(decodeHeader([], 'X-CSL-From')).toMatchObject({ error: { code: 'headers-absent' } });
  });
});

it('encodeHeaders writes the values that it is given, in the order of their names', () => {
  const byte = Uint8Array.of(1);
  expect(encodeHeaders({ 'X-CSL-Info2': byte, 'X-CSL-From': new Uint8Array(2) })).toEqual([
    ['X-CSL-From', 'AAA='],
    ['X-CSL-Info2', 'AQ=='],
  ]);
});

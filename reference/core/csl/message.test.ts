import { describe, expect, it } from 'vitest';
import { concat, toBase64 } from '../bytes.ts';
import { localParty, numberOf } from './party.ts';
import { decodeInfo1, decodeInfo2, encodeInfo1, encodeInfo2, partsOf } from './info.ts';
import { peekCertificate, readMessage } from './message.ts';
import type { HeaderList, MessageKind } from './headers.ts';
import { filled, withByte } from './testing/exchange-support.ts';
import { certificateDer, certificateNamed } from './testing/vector-support.ts';

const info1 = encodeInfo1({ time: 5, nonce: filled(32, 1), publicValue: filled(256, 2) });
const offerInfo2 = encodeInfo2('offer', filled(256, 3));
const tagged = encodeInfo2('confirmation', filled(32, 4));
const from = Uint8Array.of(1);
const chain = Uint8Array.of(2);

const header = (name: string, bytes: Uint8Array): readonly [string, string] => [
  `X-CSL-${name}`,
  toBase64(bytes),
];
const offer: HeaderList = [
  header('From', from),
  header('From-Chain', chain),
  header('Info1', info1),
  header('Info2', offerInfo2),
];
const replaced = (name: string, bytes: Uint8Array): HeaderList =>
  offer.map((each) => (each[0] === `X-CSL-${name}` ? header(name, bytes) : each));
const faultsOf = (headers: HeaderList, kind: MessageKind = 'offer') => [
  ...readMessage(headers, kind).faults,
];

describe('readMessage', () => {
  it('gives every header decoded', () => {
    expect(readMessage(offer, 'offer')).toEqual({
      faults: new Set(),
      certificate: from,
      chain,
      info1Bytes: info1,
      info1: { version: 1, group: 14, time: 5, nonce: filled(32, 1), publicValue: filled(256, 2) },
      info2: { version: 1, parts: 1, signature: filled(256, 3) },
    });
  });

  it('gives of an ACK X-CSL-Info2 alone', () => {
    expect(readMessage([header('Info2', tagged)], 'confirmation')).toEqual({
      faults: new Set(),
      info2: { version: 1, parts: 2, tag: filled(32, 4) },
    });
    expect(readMessage([], 'confirmation')).toEqual({
      faults: new Set(['headers-absent', 'info2-length']),
    });
  });

  it('has nothing of what is absent', () => {
    expect(readMessage([], 'offer')).toEqual({
      faults: new Set(['headers-absent', 'info1-length', 'info2-length']),
    });
  });

  it.each<[string, HeaderList, readonly string[]]>([
    ['version of Info1', replaced('Info1', withByte(0, 2)(info1)), ['info1-version']],
    ['group', replaced('Info1', withByte(1, 15)(info1)), ['group']],
    ['length of Info1', replaced('Info1', info1.slice(1)), ['info1-length']],
    ['version of Info2', replaced('Info2', withByte(0, 2)(offerInfo2)), ['info2-version']],
    ['parts', replaced('Info2', withByte(1, 3)(offerInfo2)), ['info2-parts']],
    ['length of Info2', replaced('Info2', tagged), ['info2-length']],
    [
      'several at once',
      replaced('Info1', concat(Uint8Array.of(2, 2), info1.slice(2))),
      ['info1-version', 'group'],
    ],
  ])('names another %s', (_, headers, faults) => {
    expect(faultsOf(headers)).toEqual(faults);
  });

  it('names base64 that is none, whichever header it is in', () => {
    for (const [name] of offer) {
      const headers = offer.map((each) => (each[0] === name ? ([name, '*'] as const) : each));
      expect(faultsOf(headers)).toContain('base64');
    }
  });

  it('keeps the bytes of an Info1 that it cannot split, which are signed as they are', () => {
    const read = readMessage(replaced('Info1', Uint8Array.of(7)), 'offer');
    expect(read.info1Bytes).toEqual(Uint8Array.of(7));
    expect(read.info1).toBeUndefined();
  });
});

describe('peekCertificate', () => {
  it('gives the place of the fault, in base64 or in the DER', () => {
    expect(peekCertificate([['X-CSL-From', 'AAA*']])).toMatchObject({
      error: { code: 'base64', offset: 3 },
    });
    expect(peekCertificate([header('From', certificateDer('a').slice(0, -1))])).toMatchObject({
      error: { code: 'der-end' },
    });
  });
});

describe('Info1 and Info2 (I-2)', () => {
  it('are read wherever they stand in a larger buffer', () => {
    const within = (bytes: Uint8Array) => concat(new Uint8Array(3), bytes).subarray(3);
    expect(decodeInfo1(within(info1))).toEqual(decodeInfo1(info1));
    expect(decodeInfo1(within(info1))?.time).toBe(5);
    expect(decodeInfo2(within(tagged), 'confirmation')).toMatchObject({ tag: filled(32, 4) });
  });

  it.each<[MessageKind, number, 1 | 2 | 3]>([
    ['offer', 258, 1],
    ['answer', 290, 3],
    ['confirmation', 34, 2],
  ])('%s: Info2 has %i bytes, parts %i, and no other length', (kind, length, parts) => {
    expect(partsOf(kind)).toBe(parts);
    expect(decodeInfo2(new Uint8Array(length), kind)).toBeDefined();
    for (const other of [0, 1, 34, 258, 290, length - 1, length + 1].filter((n) => n !== length))
      expect(decodeInfo2(new Uint8Array(other), kind)).toBeUndefined();
  });
});

describe('a party’s number: exactly one CommonName, a text in number form', () => {
  const text = (value: string) => ({ kind: 'text', value }) as const;
  it('is taken', () => {
    expect(numberOf([text('+33612345678')])).toEqual({ ok: true, value: '+33612345678' });
  });

  it.each([
    [[]],
    [[text('33612345678')]],
    [[text('+33612345678'), text('+33612345678')]],
    [[text('+33612345678'), { kind: 'other', tag: 30 } as const]],
    [[{ kind: 'other', tag: 30 } as const]],
  ])('is refused: %j', (names) => {
    expect(numberOf(names)).toMatchObject({ error: { code: 'common-name' } });
  });

  it('makes a party of a certificate', () => {
    const certificate = certificateNamed('a');
    const authority = certificateNamed('clients');
    const sign = (bytes: Uint8Array): Uint8Array => bytes;
    expect(localParty(certificate, authority, sign)).toEqual({
      ok: true,
      value: { certificate, authority, number: '+33612345678', sign },
    });
    expect(localParty({ ...certificate, commonNames: [] }, authority, sign)).toMatchObject({
      error: { code: 'common-name' },
    });
  });
});

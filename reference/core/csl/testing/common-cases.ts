import { toBase64 } from '../../bytes.ts';
import { group14Prime } from '../../primitives/dh.ts';
import type { AnswerContext } from '../answer.ts';
import type { OfferContext } from '../offer.ts';
import type { Altered } from './altered.ts';
import {
  filled,
  flipped,
  longer,
  now,
  sessionText,
  shorter,
  withByte,
  withValue,
} from './exchange-support.ts';
import { certificateDer, certificateNamed } from './vector-support.ts';

const fromName = 'X-CSL-From';
const info2Name = 'X-CSL-Info2';

/** A public value made from the prime. */
export const publicValueFrom = (integer: (prime: bigint) => bigint): Uint8Array => {
  const prime = BigInt(`0x${Buffer.from(group14Prime).toString('hex')}`);
  const hex = integer(prime).toString(16).padStart(512, '0');
  return new Uint8Array(Buffer.from(hex, 'hex'));
};

/** Faults of an INVITE and of a 200 alike. */
export const bothKinds: readonly Altered<OfferContext & AnswerContext>[] = [
  ...['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'].flatMap(
    (name): Altered<OfferContext & AnswerContext>[] => [
      {
        what: `${name} absent`,
        code: 'headers-absent',
        change: { headers: (headers) => headers.filter(([each]) => each !== name) },
      },
      {
        what: `${name} twice, in another case`,
        code: 'headers-repeated',
        change: {
          headers: (headers) => [
            ...headers,
            [name.toLowerCase(), headers.find(([each]) => each === name)?.[1] ?? ''],
          ],
        },
      },
      {
        what: `${name} folded`,
        code: 'headers-folded',
        change: { headers: withValue(name, (text) => `${text.slice(0, 8)}\r\n ${text.slice(8)}`) },
      },
      {
        what: `${name} with a second value behind a comma`,
        code: 'headers-joined',
        change: { headers: withValue(name, (text) => `${text},${text}`) },
      },
      {
        what: `${name} with a blank inside`,
        code: 'base64',
        change: { headers: withValue(name, (text) => `${text.slice(0, 8)} ${text.slice(8)}`) },
      },
    ],
  ),
  {
    what: 'a further X-CSL header',
    code: 'headers-unknown',
    change: { headers: (headers) => [...headers, ['x-csl-info3', 'AQ==']] },
  },
  {
    what: 'base64 without padding',
    code: 'base64',
    change: { headers: withValue('X-CSL-Info1', (text) => text.replace(/=+$/, '')) },
  },
  {
    what: 'base64 with unused bits set',
    code: 'base64',
    change: {
      headers: withValue('X-CSL-Info1', (text) => text.replace(/.==$/, 'B==')),
    },
  },
  {
    what: 'a value of 4097 bytes',
    code: 'value-length',
    change: { headers: withValue(fromName, () => toBase64(new Uint8Array(4097))) },
  },
  { what: 'Info1 of 299 bytes', code: 'info1-length', change: { info1: longer } },
  { what: 'Info1 of 297 bytes', code: 'info1-length', change: { info1: shorter } },
  { what: 'Info1 of version 2', code: 'info1-version', change: { info1: withByte(0, 2) } },
  { what: 'group 2', code: 'group', change: { info1: withByte(1, 2) } },
  { what: 'Info2 one byte longer', code: 'info2-length', change: { info2: longer } },
  { what: 'Info2 one byte shorter', code: 'info2-length', change: { info2: shorter } },
  {
    what: 'an empty Info2',
    code: 'info2-length',
    change: { headers: withValue(info2Name, () => '') },
  },
  { what: 'Info2 of version 0', code: 'info2-version', change: { info2: withByte(0, 0) } },
  { what: 'parts that promise a tag only', code: 'info2-parts', change: { info2: withByte(1, 2) } },
  { what: 'no session description', code: 'media', change: { sdp: '' } },
  { what: 'RTP in clear', code: 'media', change: { sdp: sessionText.replace('SAVP', 'AVP') } },
  { what: '5 minutes and 1 ms early', code: 'time', change: { time: now - 300_001 } },
  { what: '5 minutes and 1 ms late', code: 'time', change: { time: now + 300_001 } },
  { what: 'the end of time', code: 'time', change: { info1: withByte(2, 0xff) } },
  ...(
    [
      ['0', () => 0n],
      ['1', () => 1n],
      ['p-1', (prime) => prime - 1n],
      ['p', (prime) => prime],
      ['p+1', (prime) => prime + 1n],
      ['2^2048-1', () => 2n ** 2048n - 1n],
    ] satisfies readonly (readonly [string, (prime: bigint) => bigint])[]
  ).map(([what, integer]): Altered<OfferContext & AnswerContext> => ({
    what: `public value ${what}`,
    code: 'public-value-range',
    change: { publicValue: publicValueFrom(integer) },
  })),
  {
    what: 'public value p-2, no quadratic residue',
    code: 'public-value-residue',
    change: { publicValue: publicValueFrom((prime) => prime - 2n) },
  },
  {
    what: 'a nonce of an own exchange under way',
    code: 'reflection',
    context: { underWay: [{ publicValue: filled(256, 9), nonce: filled(32, 5) }] },
    change: { nonce: filled(32, 5) },
  },
  {
    what: 'a public value of an own exchange under way',
    code: 'reflection',
    context: { underWay: [{ publicValue: publicValueFrom(() => 4n), nonce: filled(32, 9) }] },
    change: { publicValue: publicValueFrom(() => 4n) },
  },
  {
    what: 'the same authority reissued but not stored',
    code: 'from-chain',
    change: { chain: 'clients-reissued' },
  },
  { what: 'the root as From-Chain', code: 'from-chain', change: { chain: 'root' } },
  { what: 'the server authority as From-Chain', code: 'from-chain', change: { chain: 'servers' } },
  {
    what: 'bytes that are no certificate',
    code: 'certificate-form',
    change: { der: new Uint8Array([0x30, 0]) },
  },
  {
    what: 'a byte behind the certificate',
    code: 'certificate-form',
    change: { der: longer(certificateDer('c')), fromUser: '+33611111111' },
  },
  { what: 'a revoked certificate', code: 'revoked', context: { revocation: 'revoked' } },
  {
    what: 'no answer about revocation',
    code: 'revocation-unavailable',
    context: { revocation: 'unavailable' },
  },
  {
    what: 'nobody asked about revocation',
    code: 'revocation-unavailable',
    context: { revocation: 'not-consulted' },
  },
  {
    what: 'an authority stored that did not issue the certificate',
    code: 'issuer',
    change: { chain: 'clients-next' },
    context: { clientAuthorities: ['clients', 'clients-next'].map(certificateNamed) },
  },
  {
    what: 'a signature with one bit flipped',
    code: 'signature',
    change: { signature: flipped(255) },
  },
  {
    what: 'a signature not below the modulus',
    code: 'signature',
    change: { signature: (bytes) => bytes.map(() => 0xff) },
  },
  {
    what: 'a direction other than the one signed',
    code: 'signature',
    change: { sdp: sessionText.replace('sendrecv', 'recvonly') },
  },
  {
    what: 'another time than the one signed',
    code: 'signature',
    change: {
      headers: withValue('X-CSL-Info1', (text) =>
        toBase64(flipped(9)(new Uint8Array(Buffer.from(text, 'base64')))),
      ),
    },
  },
];

import type { Certificate, CommonName } from '../pki/certificate.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { parseNumber, type PhoneNumber } from './number.ts';

/** RSASSA-PKCS1-v1_5 with SHA-256 over a preimage: 256 bytes. */
export type Sign = (preimage: Uint8Array) => Uint8Array;

/** The phone's own side: whose certificate it sends and how it signs. Made by {@link localParty}. */
export interface LocalParty {
  readonly certificate: Certificate;
  /** The client authority's certificate that is sent as X-CSL-From-Chain. */
  readonly authority: Certificate;
  /** The CommonName of the own certificate. */
  readonly number: PhoneNumber;
  readonly sign: Sign;
}

/** The number that a subject's CommonNames give: exactly one, a text in number form. */
export const numberOf = (
  commonNames: readonly CommonName[],
): Result<PhoneNumber, Fault<'common-name'>> => {
  const [only, ...more] = commonNames;
  if (only?.kind !== 'text' || more.length > 0) return fault('common-name');
  const number = parseNumber(only.value);
  return number.ok ? number : fault('common-name');
};

/** Takes the own certificate as an identity; refuses one without exactly one CommonName in number form. */
export const localParty = (
  certificate: Certificate,
  authority: Certificate,
  sign: Sign,
): Result<LocalParty, Fault<'common-name'>> => {
  const number = numberOf(certificate.commonNames);
  return number.ok ? ok({ certificate, authority, number: number.value, sign }) : number;
};

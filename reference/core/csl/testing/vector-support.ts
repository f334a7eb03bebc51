import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fromHex } from '../../bytes.ts';
import { parseCertificate, type Certificate } from '../../pki/certificate.ts';
import { signRsaSha256 } from '../../primitives/rsa.ts';
import type { Result } from '../../result.ts';
import type { Direction } from '../../sdp/media.ts';
import type { CslHeaderName } from '../headers.ts';
import { parseNumber, type PhoneNumber } from '../number.ts';
import { localParty, type LocalParty, type Sign } from '../party.ts';

/** One side of an exchange in fixtures/csl.json. */
export interface VectorSide {
  readonly certificate: string;
  readonly key: string;
  readonly number: string;
  readonly chain: string;
  readonly exponent: string;
  readonly nonce: string;
  readonly time: number;
  readonly media: string;
  readonly start: number;
}

type VectorHeaders = readonly (readonly [CslHeaderName, string])[];

/** A complete exchange in fixtures/csl.json. */
export interface VectorExchange {
  readonly id: string;
  readonly note: string;
  readonly receiver_only: boolean;
  readonly inputs: {
    readonly call_id: string;
    readonly dialled: string;
    readonly previous_vector: string | null;
    readonly previous_h_answer: string | null;
    readonly stored_client_authorities: readonly string[];
    readonly caller: VectorSide & { readonly now_at_200: number };
    readonly callee: VectorSide & { readonly now_at_invite: number };
  };
  readonly invite: {
    readonly public: string;
    readonly info1: string;
    readonly offer_preimage: string;
    readonly h_offer: string;
    readonly signature: string;
    readonly info2: string;
    readonly headers: VectorHeaders;
  };
  readonly '200': {
    readonly public: string;
    readonly info1: string;
    readonly answer_preimage: string;
    readonly h_answer: string;
    readonly signature: string;
    readonly tag: string;
    readonly info2: string;
    readonly headers: VectorHeaders;
  };
  readonly ack: { readonly tag: string; readonly info2: string; readonly headers: VectorHeaders };
  readonly keys: Readonly<
    Record<
      | 'caller_confirm'
      | 'callee_confirm'
      | 'caller_to_callee_key'
      | 'caller_to_callee_salt'
      | 'callee_to_caller_key'
      | 'callee_to_caller_salt'
      | 'shared_secret',
      string
    >
  >;
  readonly displayed: { readonly caller: string; readonly callee: string };
}

interface Vectors {
  readonly keys: Readonly<Record<string, string>>;
  readonly certificates: {
    readonly pem: Readonly<Record<string, string>>;
    readonly key_of: Readonly<Record<string, string>>;
  };
  readonly good: readonly VectorExchange[];
  readonly sdp: readonly {
    readonly id: string;
    readonly sdp: string;
    readonly media?: string;
    readonly refusal?: string;
  }[];
}

/** The exchanges and SDP cases made by an independent implementation. */
export const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/csl.json', import.meta.url), 'utf8'),
) as Vectors;

/** The value of a result that a test expects to be one. */
export const must = <Value>(result: Result<Value, { readonly code: string }>): Value => {
  if (!result.ok) throw new Error(`expected a value, got ${result.error.code}`);
  return result.value;
};

/** Bytes of a hexadecimal text, left-padded to `length`. */
export const bytesOf = (hex: string, length = 0): Uint8Array =>
  must(fromHex(hex.padStart(Math.max(length * 2, hex.length + (hex.length % 2)), '0')));

/** DER of a certificate of the fixtures. */
export const certificateDer = (name: string): Uint8Array => {
  const pem = vectors.certificates.pem[name] ?? '';
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64'));
};

/** A certificate of the fixtures. */
export const certificateNamed = (name: string): Certificate =>
  must(parseCertificate(certificateDer(name)));

const signers = new Map<string, Sign>();

/** Signs with a private key of the fixtures. */
export const signWith = (name: string): Sign => {
  const known = signers.get(name);
  if (known) return known;
  const key = createPrivateKey(vectors.keys[name] ?? '');
  const sign: Sign = (preimage) => signRsaSha256(key, preimage);
  signers.set(name, sign);
  return sign;
};

/** A number that a test knows to be one. */
export const number = (text: string): PhoneNumber => must(parseNumber(text));

/** A side of an exchange as its own phone has it. */
export const partyOf = (side: Pick<VectorSide, 'certificate' | 'chain' | 'key'>): LocalParty =>
  must(
    localParty(
      certificateNamed(side.certificate),
      certificateNamed(side.chain),
      signWith(side.key),
    ),
  );

/** The direction at the end of a media text. */
export const directionIn = (media: string): Direction => media.split(' ').at(-1) as Direction;

import { randomBytes } from 'node:crypto';
import { concat, fromBase64, toBase64, toHex } from '../../reference/core/bytes.ts';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import type { Check } from '../../reference/core/csl/checks.ts';
import { confirmationChecks } from '../../reference/core/csl/confirmation.ts';
import { deriveKeys, type SrtpMaster } from '../../reference/core/csl/key-schedule.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import { mediaText } from '../../reference/core/sdp/media.ts';
import { ok } from '../../reference/core/result.ts';
import type { Mutant } from './mutant.ts';
import { anyLength, inHeaders, inInfo2, passing, withParts } from './readings.ts';

const withoutLeadingZeros = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(bytes.findIndex((byte) => byte !== 0));

/** Drawn once, for all calls of a phone. */
const onlyOnce = {
  exponent: new Uint8Array(randomBytes(64)),
  nonce: new Uint8Array(randomBytes(32)),
};

const zeros = (): SrtpMaster => ({
  masterKey: new Uint8Array(16),
  masterSalt: new Uint8Array(14),
});

const tagLength = 32;
const zeroTag = (info2: Uint8Array): Uint8Array =>
  info2.length % 256 === tagLength + 2
    ? concat(info2.subarray(0, info2.length - tagLength), new Uint8Array(tagLength))
    : info2;

const without = <Examined>(checks: readonly Check<Examined>[], left: string) =>
  checks.filter(({ code }) => code !== left);

/** The medium that a phone expects of a first INVITE or its 200. */
const expectedMedia = mediaText('sendrecv');

/** What becomes of values and keys. */
const valueMutants: readonly Mutant[] = [
  {
    id: 'any-length-taken',
    fault: 'public values shorter or longer than 256 bytes are filled up or cut',
    claims: ['5.1.i'],
    because: /public-value-(short|long)" was accepted/,
    parts: { phone: { keyAgreement: withParts({ decodeInfo1: anyLength }) } },
  },
  {
    id: 'leading-zeros-dropped',
    fault: 'keys are derived from the secret without its leading zeros',
    claims: ['5.1.i'],
    because: /leading-zero-secret" and the phone came to other keys/,
    parts: {
      phone: {
        keyAgreement: withParts({
          deriveKeys: (secret, binding) => deriveKeys(withoutLeadingZeros(secret), binding),
        }),
      },
    },
  },
  {
    id: 'one-key-for-both-directions',
    fault: 'both directions of a call have the same master key',
    claims: ['2.1.e', '5.1.g', '5.1.i'],
    because: /master key was used twice|uses the key of the other direction/,
    parts: {
      phone: {
        keyAgreement: withParts({
          deriveKeys(secret, binding) {
            const keys = deriveKeys(secret, binding);
            const { masterKey, masterSalt } = keys.session.callerToCallee;
            const copy = { masterKey: masterKey.slice(), masterSalt: masterSalt.slice() };
            return { ...keys, session: { ...keys.session, calleeToCaller: copy } };
          },
        }),
      },
    },
  },
  {
    id: 'keys-of-public-values-alone',
    fault: 'SRTP keys are derived from what everybody sees',
    claims: ['2.1.e', '3.1.d', '4.a', '5.1.i'],
    because: /uses a key that the exchange does not give|the server understood the audio/,
    parts: {
      phone: {
        keyAgreement: withParts({
          deriveKeys: (secret, binding) => ({
            ...deriveKeys(secret, binding),
            session: deriveKeys(new Uint8Array(secret.length), binding).session,
          }),
        }),
      },
    },
  },
  {
    id: 'keys-of-zeros',
    fault: 'SRTP keys are zeros',
    claims: ['2.1.e', '3.1.d', '4.a', '5.1.i'],
    because: /uses a key that the exchange does not give|an outsider on the wire read|used twice/,
    parts: {
      phone: {
        keyAgreement: withParts({
          deriveKeys: (secret, binding) => ({
            ...deriveKeys(secret, binding),
            session: { callerToCallee: zeros(), calleeToCaller: zeros() },
          }),
        }),
      },
    },
  },
  {
    id: 'exponent-used-again',
    fault: 'a phone calls with the same exponent every time',
    claims: ['5.1.i'],
    because: /a public value was used twice/,
    parts: {
      phone: {
        keyAgreement: passing({
          offering: (input) => ({ ...input, exponent: onlyOnce.exponent.slice() }),
        }),
      },
    },
  },
  {
    id: 'nonce-used-again',
    fault: 'a phone answers with the same nonce every time',
    claims: ['5.1.i'],
    because: /a nonce was used twice/,
    parts: {
      phone: {
        keyAgreement: passing({
          answering: (input) => ({ ...input, nonce: onlyOnce.nonce.slice() }),
        }),
      },
    },
  },
];

/** What is proved, and of what. */
const proofMutants: readonly Mutant[] = [
  {
    id: 'media-not-covered',
    fault:
      'signatures are verified over the medium that is expected, not the one that was received',
    claims: ['5.1.j'],
    because: /"(offer|answer)-direction": the calle[er] took/,
    parts: {
      phone: {
        keyAgreement: passing({
          received: (message) => ({
            ...message,
            media: message.media.ok
              ? ok({ ...message.media.value, text: expectedMedia })
              : message.media,
          }),
        }),
      },
    },
  },
  {
    id: 'nothing-signed',
    fault: 'there are zeros where the signatures should be, and nobody minds',
    claims: ['2.1.b', '5.1.j', '5.2.a'],
    because:
      /signature of the|does not prove (the|its) key|sign|took the call for verified|was accepted/,
    parts: {
      phone: {
        keyAgreement: passing({
          offering: (input) => ({
            ...input,
            own: { ...input.own, sign: () => new Uint8Array(256) },
          }),
          outward: inInfo2((bytes) =>
            bytes.length > 256
              ? concat(bytes.slice(0, 2), new Uint8Array(256), bytes.slice(258))
              : bytes,
          ),
        }),
        offerChecks: without(offerChecks, 'signature'),
        answerChecks: without(answerChecks, 'signature'),
      },
    },
  },
  {
    id: 'nothing-tagged',
    fault: 'there are zeros where the tags should be, and nobody minds',
    claims: ['5.1.j'],
    because: /HMAC-SHA256 tag of the|-tag" was accepted|"altered-ack": the callee took/,
    parts: {
      phone: {
        keyAgreement: passing({ outward: inInfo2(zeroTag) }),
        answerChecks: without(answerChecks, 'tag'),
        confirmationChecks: without(confirmationChecks, 'tag'),
      },
    },
  },
];

const certificateHeaders = ['x-csl-from', 'x-csl-from-chain'] as const;

const bytesOf = (base64: string): Uint8Array => {
  const bytes = fromBase64(base64.trim());
  return bytes.ok ? bytes.value : new Uint8Array();
};

const armour = [/-----BEGIN CERTIFICATE-----/, /-----END CERTIFICATE-----/] as const;

/** How the headers look. */
const formMutants: readonly Mutant[] = [
  {
    id: 'certificates-sent-as-pem',
    fault: 'X-CSL-From and X-CSL-From-Chain hold PEM',
    claims: ['6.1.d', '6.2.c'],
    because: /X-CSL-From/,
    parts: {
      phone: {
        keyAgreement: passing({
          outward: inHeaders(
            certificateHeaders,
            (value) => `-----BEGIN CERTIFICATE-----${value}-----END CERTIFICATE-----`,
          ),
          inward: inHeaders(certificateHeaders, (value) =>
            armour.reduce((text, part) => text.replace(part, ''), value),
          ),
        }),
      },
    },
  },
  {
    id: 'certificates-sent-as-hex',
    fault: 'X-CSL-From and X-CSL-From-Chain hold hexadecimal digits',
    claims: ['6.1.d', '6.2.c'],
    because: /X-CSL-From/,
    parts: {
      phone: {
        keyAgreement: passing({
          outward: inHeaders(certificateHeaders, (value) => toHex(bytesOf(value))),
          inward: inHeaders(certificateHeaders, (value) =>
            toBase64(new Uint8Array(Buffer.from(value.trim(), 'hex'))),
          ),
        }),
      },
    },
  },
  {
    id: 'exchange-headers-renamed',
    fault: 'the exchange is in X-Key-Info1 and X-Key-Info2',
    claims: ['6.2.b'],
    because: /X-CSL-Info/,
    parts: {
      phone: {
        keyAgreement: passing({
          outward: (headers) =>
            headers.map(([name, value]) => [name.replace(/^X-CSL-Info/i, 'X-Key-Info'), value]),
          inward: (headers) =>
            headers.map(([name, value]) => [name.replace(/^X-Key-Info/i, 'X-CSL-Info'), value]),
        }),
      },
    },
  },
];

/** Phones that agree on keys in another way than interpretations I-1 to I-4 say. */
export const readingMutants: readonly Mutant[] = [...valueMutants, ...proofMutants, ...formMutants];

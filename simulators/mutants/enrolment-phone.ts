import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { ApplianceParts } from '../../reference/appliance/parts.ts';
import { startRegistrationService } from '../../reference/appliance/registration/service.ts';
import { requestKey, type RequestedKey } from '../../reference/client/enrolment/answer.ts';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import { createRequest } from '../../reference/core/pki/request.ts';
import {
  derBitString,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derUtf8String,
} from '../attackers/der.ts';
import type { Mutant } from './mutant.ts';

const spkiOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

const commonNameOnly = (name: string): Uint8Array =>
  derSequence(derSet(derSequence(derOid('2.5.4.3'), derUtf8String(name))));

const sha256WithRsa = derSequence(derOid('1.2.840.113549.1.1.11'), derNull());
const challengePassword = '1.2.840.113549.1.9.7';

/** A request whose one attribute is a secret of the key. */
const requestWithKey = (number: string, privateKey: KeyObject): string => {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const secret = new Uint8Array(Buffer.from(d, 'base64url'));
  const attribute = derSequence(derOid(challengePassword), derSet(derOctetString(secret)));
  const info = derSequence(
    derInteger(Uint8Array.of(0)),
    commonNameOnly(number),
    spkiOf(privateKey),
    derElement(0xa0, attribute),
  );
  const signature = new Uint8Array(sign('sha256', info, privateKey));
  const request = derSequence(info, sha256WithRsa, derBitString(signature));
  return toPem('CERTIFICATE REQUEST', request);
};

const telling = async (number: string): Promise<RequestedKey> => {
  const requested = await requestKey(number);
  return { ...requested, csr: requestWithKey(number, requested.privateKey) };
};

/** Makes a key when it is first needed, and the same ever after. */
const onceMade = (): (() => KeyObject) => {
  let made: KeyObject | null = null;
  return () => (made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
};

/** Of every phone. */
const commonKey = onceMade();

const sharing = async (number: string): Promise<RequestedKey> => {
  const sharedKey = commonKey();
  const spki = spkiOf(sharedKey);
  const csr = await createRequest({
    commonName: number,
    publicKey: spki,
    sign: async (message) => new Uint8Array(sign('sha256', message, sharedKey)),
  });
  return { privateKey: sharedKey, spki, csr };
};

const someKey = onceMade();
let certified = 0;

/** Registration that forgets which keys it has certified: the store is told another one for each. */
const forgettingKeys: ApplianceParts['startRegistration'] = ({ store, ...options }) => {
  if (!store) return startRegistrationService(options);
  const { enrolments } = store;
  const another = (): Uint8Array => {
    const spki = spkiOf(someKey());
    certified += 1;
    // Bytes of the modulus.
    spki.set([certified >> 8, certified & 0xff], spki.length - 40);
    return spki;
  };
  return startRegistrationService({
    ...options,
    store: {
      ...store,
      enrolments: {
        ...enrolments,
        isKeyKnown: () => false,
        issue: ({ certificate, ...made }) =>
          enrolments.issue({ ...made, certificate: { ...certificate, publicKey: another() } }),
      },
    },
  });
};

/** Phones that make or ask for their key otherwise than they should. */
export const enrolmentPhoneMutants: readonly Mutant[] = [
  {
    id: 'key-of-all-phones',
    fault: 'every phone has the same key, and registration does not mind',
    claims: ['2.2.a'],
    because: /shares its key with another phone/,
    parts: {
      phone: {
        requestKey: sharing,
        // A phone takes its own key in another's certificate for a reflection.
        offerChecks: offerChecks.filter(({ code }) => code !== 'reflection'),
        answerChecks: answerChecks.filter(({ code }) => code !== 'reflection'),
      },
      appliance: { startRegistration: forgettingKeys },
    },
  },
  {
    id: 'private-key-in-request',
    fault: 'the request for a certificate has the private exponent as an attribute',
    claims: ['2.2.f', '3.1.b'],
    because: /private exponent of/,
    parts: { phone: { requestKey: telling } },
  },
];

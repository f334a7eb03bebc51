import type { Target } from '../../devices/contract.ts';
import { referenceTarget, type ReferenceTargetParts } from '../../devices/reference/target.ts';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import type { Check } from '../../reference/core/csl/checks.ts';
import { confirmationChecks } from '../../reference/core/csl/confirmation.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import type { CslRefusal } from '../../reference/core/csl/refusal.ts';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { nullCipher } from './audio-in-clear.ts';
import { connectToAnyone } from './trusts-any-server.ts';
import { alsoAes128, onlyAes128 } from './profiles.ts';
import { aesCm128HmacSha1Tag32 } from './short-tag.ts';

/** A reference with one fault, composed of other parts. */
export interface Mutant {
  readonly id: string;
  /** Claims that it breaks; a run must fail every one of them. */
  readonly claims: readonly string[];
  /** What the verdict's reason or observation must say. */
  readonly because: RegExp;
  readonly parts: ReferenceTargetParts;
}

const without = <Examined>(
  checks: readonly Check<Examined>[],
  ...codes: readonly CslRefusal[]
): readonly Check<Examined>[] => checks.filter(({ code }) => !codes.includes(code));

/** Asks nobody. */
const anyStatus: PhoneParts['revocation'] = () => Promise.resolve('good');

/** Every mutant by id. */
export const mutants: readonly Mutant[] = [
  {
    id: 'sip-also-aes128',
    claims: ['5.1.k'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { sipProfile: alsoAes128 } },
  },
  {
    id: 'sip-only-aes128',
    claims: ['5.1.b', '5.1.k'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { sipProfile: onlyAes128 } },
  },
  {
    id: 'registration-also-aes128',
    claims: ['5.1.l'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { registrationProfile: alsoAes128 } },
  },
  {
    id: 'sip-without-client-certificate',
    claims: ['2.1.b', '5.2.a'],
    because: /registered without a certificate/,
    parts: { appliance: { requireClientCertificate: false, identityRule: () => undefined } },
  },
  {
    id: 'tag-of-32-bits',
    claims: ['5.1.g'],
    because: /a tag of 32 bits/,
    parts: { phone: { suite: aesCm128HmacSha1Tag32 } },
  },
  {
    id: 'audio-in-clear',
    claims: ['5.1.g', '5.1.m'],
    because: /in clear|as it is/,
    parts: { phone: { suite: nullCipher } },
  },
  {
    id: 'phone-trusts-any-server',
    claims: ['2.1.g'],
    because: /accepted the certificate "rogue-authority"/,
    parts: { phone: { connectTls: connectToAnyone } },
  },
  {
    id: 'callee-ignores-number',
    claims: ['5.2.d'],
    because: /certificate-of-another-number" was accepted/,
    parts: { phone: { offerChecks: without(offerChecks, 'identity') } },
  },
  {
    id: 'caller-ignores-number',
    claims: ['5.2.f'],
    because: /certificate-of-another-number" was accepted/,
    parts: { phone: { answerChecks: without(answerChecks, 'identity') } },
  },
  {
    id: 'caller-ignores-issuer',
    claims: ['5.2.c', '3.1.c'],
    because: /(rogue-authority|altered-certificate)" was accepted/,
    // The appliance does not know what a rogue authority issued: asking for its status would refuse it as well.
    parts: { phone: { answerChecks: without(answerChecks, 'issuer'), revocation: anyStatus } },
  },
  {
    id: 'callee-ignores-signature',
    claims: ['5.1.j'],
    because: /altered-signature" was accepted/,
    parts: { phone: { offerChecks: without(offerChecks, 'signature') } },
  },
  {
    id: 'callee-ignores-tag',
    claims: ['5.1.j'],
    because: /altered-tag" was accepted/,
    parts: { phone: { confirmationChecks: without(confirmationChecks, 'tag') } },
  },
  {
    id: 'phone-ignores-revocation',
    claims: ['4.d'],
    because: /revoked-certificate" was accepted/,
    parts: { phone: { revocation: anyStatus } },
  },
  {
    id: 'appliance-keeps-revoked-sessions',
    claims: ['4.d'],
    because: /did not follow the revocation at once/,
    parts: { appliance: { endSessions: () => undefined } },
  },
  {
    id: 'appliance-admits-revoked-users',
    claims: ['4.d'],
    because: /a revoked certificate registered/,
    parts: { appliance: { clientStatus: () => () => 'good' } },
  },
];

/** The mutant of that id as a target. */
export const mutantTarget = (id: string): Target => {
  const mutant = mutants.find((candidate) => candidate.id === id);
  if (!mutant) throw new Error(`there is no mutant ${id}`);
  return referenceTarget({ ...mutant.parts, name: `mutant ${id}` });
};

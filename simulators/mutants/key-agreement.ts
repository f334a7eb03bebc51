import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import type { Check, Subject } from '../../reference/core/csl/checks.ts';
import { confirmationChecks } from '../../reference/core/csl/confirmation.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import type { CslRefusal } from '../../reference/core/csl/refusal.ts';
import type { Mutant } from './mutant.ts';
import { anyStatus } from './revocation.ts';

const without = <Examined>(
  checks: readonly Check<Examined>[],
  ...codes: readonly CslRefusal[]
): readonly Check<Examined>[] => checks.filter(({ code }) => !codes.includes(code));

const calleeWithout = (...codes: readonly CslRefusal[]) => ({
  phone: { offerChecks: without(offerChecks, ...codes) },
});

const callerWithout = (...codes: readonly CslRefusal[]) => ({
  phone: { answerChecks: without(answerChecks, ...codes) },
});

const keyOf = ({ certificate }: Subject): KeyObject | null =>
  certificate
    ? createPublicKey({
        key: Buffer.from(certificate.publicKey.spki),
        type: 'spki',
        format: 'der',
      })
    : null;

/** RSA signatures by other hashes and with other padding than I-1's. */
const otherSignatureHolds = (subject: Subject): boolean => {
  const [key, signature] = [keyOf(subject), subject.message.info2?.signature];
  if (!key || !signature) return false;
  const forms = [
    ['sha256', constants.RSA_PKCS1_PADDING],
    ['sha1', constants.RSA_PKCS1_PADDING],
    ['sha512', constants.RSA_PKCS1_PADDING],
    ['sha256', constants.RSA_PKCS1_PSS_PADDING],
  ] as const;
  return forms.some(([hash, padding]) =>
    verify(hash, subject.transcript, { key, padding }, signature),
  );
};

const anySignature = <Examined extends Subject>(
  checks: readonly Check<Examined>[],
): readonly Check<Examined>[] =>
  checks.map((each) =>
    each.code === 'signature' ? { code: each.code, check: otherSignatureHolds } : each,
  );

/** Phones that do not look at who it is. */
const identityMutants: readonly Mutant[] = [
  {
    id: 'callee-ignores-number',
    fault: 'the callee does not compare the certificate’s CommonName with the caller’s number',
    claims: ['5.2.d'],
    because: /certificate-of-another-number" was accepted|"caller-number": the callee took/,
    parts: calleeWithout('identity'),
  },
  {
    id: 'caller-ignores-number',
    fault: 'the caller does not compare the certificate’s CommonName with the number it called',
    claims: ['5.1.j', '5.2.f'],
    because: /certificate-of-another-number" was accepted|"answered-by-another": the caller took/,
    parts: callerWithout('identity'),
  },
  {
    id: 'callee-ignores-issuer',
    fault: 'the callee takes certificates of any authority',
    claims: ['3.1.c', '5.2.c'],
    because: /(rogue-authority|altered-certificate)" was accepted/,
    parts: { phone: { ...calleeWithout('issuer').phone, revocation: anyStatus } },
  },
  {
    id: 'caller-ignores-issuer',
    fault: 'the caller takes certificates of any authority',
    claims: ['5.2.c', '3.1.c'],
    because: /(rogue-authority|altered-certificate)" was accepted/,
    // The appliance does not know what a rogue authority issued: asking for its status would refuse it as well.
    parts: { phone: { ...callerWithout('issuer').phone, revocation: anyStatus } },
  },
  {
    id: 'callee-trusts-sent-chain',
    fault: 'the callee trusts the authority that the caller sends, not the one that it stores',
    claims: ['5.2.c'],
    because: /rogue-chain" was accepted/,
    parts: { phone: { ...calleeWithout('from-chain').phone, revocation: anyStatus } },
  },
  {
    id: 'caller-trusts-sent-chain',
    fault: 'the caller trusts the authority that the callee sends, not the one that it stores',
    claims: ['5.2.c'],
    because: /rogue-chain" was accepted/,
    parts: { phone: { ...callerWithout('from-chain').phone, revocation: anyStatus } },
  },
  {
    id: 'caller-ignores-key-identifier',
    fault: 'the caller takes a certificate whose Subject Key Identifier is another key’s',
    claims: ['5.2.e'],
    because: /Subject Key Identifier is another key’s/,
    parts: callerWithout('key-identifier'),
  },
  {
    id: 'callee-lets-certificate-change',
    fault: 'the callee takes a re-INVITE under another certificate than the dialog’s first',
    claims: ['3.1.d', '5.1.j', '5.1.m', '5.2.f'],
    because: /"re-invite-of-another-key" was accepted/,
    parts: calleeWithout('dialog-certificate'),
  },
];

/** Phones that do not look at a proof. */
const proofMutants: readonly Mutant[] = [
  {
    id: 'callee-ignores-signature',
    fault: 'the callee does not verify the offer’s signature',
    claims: ['3.1.d', '4.a', '5.1.j'],
    because:
      /(altered|sha1|sha512|pss)-signature" was accepted|"man-in-the-middle": the callee took/,
    parts: calleeWithout('signature'),
  },
  {
    id: 'caller-ignores-signature',
    fault: 'the caller does not verify the answer’s signature',
    claims: ['3.1.d', '4.a', '5.1.i', '5.1.j'],
    because:
      /(altered|sha1|sha512|pss)-signature" was accepted|"answer-recomputed": the caller took|the server understood the audio/,
    parts: callerWithout('signature'),
  },
  {
    id: 'nobody-verifies-signatures',
    fault: 'neither phone verifies a signature',
    claims: ['3.1.d', '4.a', '5.1.i', '5.1.j'],
    because:
      /"man-in-the-middle": the calle[er]|the server understood the audio|was accepted|took the call/,
    parts: { phone: { ...calleeWithout('signature').phone, ...callerWithout('signature').phone } },
  },
  {
    id: 'signatures-of-any-form',
    fault: 'the phones take signatures by SHA-1 and SHA-512, and RSASSA-PSS',
    claims: ['5.1.j'],
    because: /(sha1|sha512|pss)-signature" was accepted/,
    parts: {
      phone: { offerChecks: anySignature(offerChecks), answerChecks: anySignature(answerChecks) },
    },
  },
  {
    id: 'callee-ignores-tag',
    fault: 'the callee does not verify the caller’s tag',
    claims: ['5.1.j'],
    because: /(altered|zero|reflected)-tag" was accepted|"altered-ack": the callee took/,
    parts: { phone: { confirmationChecks: without(confirmationChecks, 'tag') } },
  },
  {
    id: 'caller-ignores-tag',
    fault: 'the caller does not verify the callee’s tag',
    claims: ['5.1.j'],
    because: /(altered|zero)-tag" was accepted/,
    parts: callerWithout('tag'),
  },
  {
    id: 'callee-takes-any-ack',
    fault: 'the callee looks at nothing in the ACK',
    claims: ['2.1.e', '3.1.d', '5.1.j', '5.1.m'],
    because: /-tag" was accepted|": the callee took the call for verified/,
    parts: { phone: { confirmationChecks: [] } },
  },
];

/** Phones that take values they should not. */
const valueMutants: readonly Mutant[] = [
  {
    id: 'callee-takes-values-out-of-range',
    fault: 'the callee takes the public values 1 and p+1',
    claims: ['5.1.i'],
    because: /public-value-(one|p-plus-one)" was (accepted|computed with)/,
    parts: calleeWithout('public-value-range'),
  },
  {
    id: 'caller-takes-values-out-of-range',
    fault: 'the caller takes the public values 1 and p+1',
    claims: ['5.1.i'],
    because: /public-value-(one|p-plus-one)" was (accepted|computed with)/,
    parts: callerWithout('public-value-range'),
  },
  {
    id: 'callee-takes-non-residues',
    fault: 'the callee takes public values that are no quadratic residues',
    claims: ['5.1.i'],
    because: /public-value-non-residue" was (accepted|computed with)/,
    parts: calleeWithout('public-value-residue'),
  },
  {
    id: 'caller-takes-non-residues',
    fault: 'the caller takes public values that are no quadratic residues',
    claims: ['5.1.i'],
    because: /public-value-non-residue" was (accepted|computed with)/,
    parts: callerWithout('public-value-residue'),
  },
  {
    id: 'any-public-value-taken',
    fault: 'the phones look at no public value',
    claims: ['5.1.i'],
    because: /public-value-[a-z-]+" was (accepted|computed with)/,
    parts: {
      phone: {
        ...calleeWithout('public-value-range', 'public-value-residue').phone,
        ...callerWithout('public-value-range', 'public-value-residue').phone,
      },
    },
  },
  {
    id: 'other-groups-taken',
    fault: 'the phones do not look at the number of the Diffie-Hellman group',
    claims: ['5.1.i'],
    because: /other-group" was accepted/,
    parts: { phone: { ...calleeWithout('group').phone, ...callerWithout('group').phone } },
  },
  {
    id: 'callee-ignores-time',
    fault: 'the callee does not look at the offer’s time',
    claims: ['5.1.j'],
    because: /(past|future)-time" was accepted/,
    parts: calleeWithout('time'),
  },
  {
    id: 'caller-ignores-time',
    fault: 'the caller does not look at the answer’s time',
    claims: ['5.1.j'],
    because: /(past|future)-time" was accepted/,
    parts: callerWithout('time'),
  },
  {
    id: 'callee-remembers-no-offer',
    fault: 'the callee takes an INVITE that it has taken before',
    claims: ['5.1.j'],
    because: /"old-invite" was accepted/,
    parts: calleeWithout('replay', 'memory-full'),
  },
  {
    id: 'caller-takes-own-nonce',
    fault: 'the caller takes its own nonce back',
    claims: ['5.1.j'],
    because: /reflected-nonce" was accepted/,
    parts: callerWithout('reflection'),
  },
];

/** Phones that leave out a check of the exchange. */
export const keyAgreementMutants: readonly Mutant[] = [
  ...identityMutants,
  ...proofMutants,
  ...valueMutants,
];

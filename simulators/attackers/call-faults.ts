import type { KeyObject } from 'node:crypto';
import {
  alterCommonName,
  forgeAuthority,
  forgeClient,
  type CertifiedKey,
} from './certificate-forger.ts';
import { valueFalsifications } from './csl-falsifications.ts';
import type { CslFalsification } from './csl-exchange.ts';

/**
 * The one thing that a malicious user makes wrong in a call. `none` is the control.
 * - `certificate-of-another-number`: X-CSL-From and the signature are of another enrolled number (5.2.d, 5.2.f).
 * - `rogue-authority`: X-CSL-From bears the right number but a forged authority signed it; the chain names the true one (5.2.c).
 * - `rogue-chain`: as before, with the forged authority's certificate as chain.
 * - `altered-certificate`: another number's certificate whose CommonName was changed to one's own after signing (3.1.c).
 * - `altered-signature`, `missing-signature`: in the INVITE or the 200.
 * - `altered-tag`, `missing-tag`: in the 200, or in the ACK.
 * - `no-headers`: no X-CSL header at all (K9).
 * - `public-value-…`: one that is out of range, of the wrong order or of another length, signed like any other (K1).
 * - `other-group`: a group that the format does not know (K2).
 * - `truncated-…`, `sha1-signature`, `sha512-signature`, `pss-signature`, `zero-tag`: other forms of both proofs (K5).
 * - `reflected-nonce`: in a 200, the caller's own; `reflected-tag`: in an ACK, the callee's own (K3).
 * - `past-time`, `future-time`: more than five minutes off (K8).
 * - `leading-zero-value`, `leading-zero-secret`: nothing is wrong with these (K13).
 */
export const callFaults = [
  'none',
  'certificate-of-another-number',
  'rogue-authority',
  'rogue-chain',
  'altered-certificate',
  'altered-signature',
  'missing-signature',
  'altered-tag',
  'missing-tag',
  'no-headers',
  'public-value-zero',
  'public-value-one',
  'public-value-p-minus-one',
  'public-value-p',
  'public-value-p-plus-one',
  'public-value-non-residue',
  'public-value-empty',
  'public-value-short',
  'public-value-long',
  'other-group',
  'truncated-signature',
  'sha1-signature',
  'sha512-signature',
  'pss-signature',
  'truncated-tag',
  'zero-tag',
  'reflected-nonce',
  'reflected-tag',
  'past-time',
  'future-time',
  'leading-zero-value',
  'leading-zero-secret',
] as const;
export type CallFault = (typeof callFaults)[number];

/** A number with the certificate it was given and the key. */
export interface EnrolledIdentity extends CertifiedKey {
  readonly number: string;
}

/** What a caller or callee puts into its X-CSL headers. */
export interface FalsifiedParty {
  readonly certificate: Uint8Array;
  readonly chain: Uint8Array;
  readonly key: KeyObject;
  /** CommonName of the certificate sent: the number a caller signs as its own. */
  readonly number: string;
  readonly falsification: CslFalsification;
}

/** Faults that need a second enrolled number. */
export const needsAnotherNumber = (fault: CallFault): boolean =>
  fault === 'certificate-of-another-number' || fault === 'altered-certificate';

const falsifications: Partial<Record<CallFault, CslFalsification>> = {
  ...valueFalsifications,
  'altered-signature': { signature: 'altered' },
  'missing-signature': { signature: 'missing' },
  'altered-tag': { tag: 'altered' },
  'missing-tag': { tag: 'missing' },
  'no-headers': { omit: ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] },
};

/**
 * Applies a fault to an identity; everything that the fault does not name stays right. `authority` is the DER of the true
 * client authority. Throws if the fault needs another enrolled number and none is given.
 */
export const applyFault = (
  fault: CallFault,
  own: EnrolledIdentity,
  other: EnrolledIdentity | null,
  authority: Uint8Array,
): FalsifiedParty => {
  const party = { ...own, chain: authority, falsification: falsifications[fault] ?? {} };
  if (fault === 'rogue-authority' || fault === 'rogue-chain') {
    const rogue = forgeAuthority(authority);
    const chain = fault === 'rogue-chain' ? rogue.certificate : authority;
    return { ...party, ...forgeClient(own.number, rogue.key, chain), chain };
  }
  if (!needsAnotherNumber(fault)) return party;
  if (!other)
    throw new Error(
      `fault ${fault}: needs the certificate of another number; enrol one and name it as \`other\``,
    );
  if (fault === 'certificate-of-another-number') return { ...party, ...other };
  const certificate = alterCommonName(other.certificate, own.number);
  return { ...party, certificate, key: other.key };
};

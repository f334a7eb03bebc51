import { derTag, type DerNode } from './der.ts';

/** Codes of CRLReason (RFC 5280 section 5.3.1) that a complete list or an OCSP answer may give. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;
export type RevocationReason = keyof typeof revocationReasons;

/** A certificate taken out of use. */
export interface RevokedCertificate {
  /** Unsigned, big-endian; leading zeros do not count. */
  readonly serial: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: RevocationReason;
}

const reasonsByCode: ReadonlyMap<number, RevocationReason> = new Map(
  Object.entries(revocationReasons).map(([name, code]) => [code, name as RevocationReason]),
);

/** Reads an ENUMERATED CRLReason; undefined for anything else, removeFromCRL included. */
export const readReason = (node: DerNode | undefined): RevocationReason | undefined =>
  node?.tag === derTag.enumerated && node.content.length === 1
    ? reasonsByCode.get(node.content[0] ?? -1)
    : undefined;

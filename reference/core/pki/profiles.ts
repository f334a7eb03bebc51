/** Bits of the key usage extension (RFC 5280 section 4.2.1.3), by their number. */
export const keyUsageBit = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsage = keyof typeof keyUsageBit;

/** Object identifiers of the extended key usages in use (RFC 5280 section 4.2.1.12). */
export const extendedKeyUsage = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** What the system issues certificates for, as leaves. */
export type LeafKind = 'client' | 'server';

/** What a kind of certificate contains beside names, key and dates. */
export interface CertificateProfile {
  readonly kind: 'root' | `${LeafKind}-authority` | LeafKind;
  /** Path length of an authority, null for a leaf. */
  readonly pathLength: number | null;
  readonly keyUsage: readonly KeyUsage[];
  /** Object identifiers; an authority's limit what it is good for (target 5.2, claim 5.2.g). */
  readonly extendedKeyUsage: readonly string[];
}

const authority = (
  kind: 'root' | 'client-authority' | 'server-authority',
  pathLength: number,
  keyUsage: readonly KeyUsage[],
  usages: readonly string[],
): CertificateProfile => ({ kind, pathLength, keyUsage, extendedKeyUsage: usages });

/** An online authority signs certificates, its list and, itself, OCSP answers (RFC 6960 section 4.2.2.2), which are digital signatures. */
const onlineUsage = ['digitalSignature', 'keyCertSign', 'cRLSign'] as const;

export const rootProfile = authority('root', 1, ['keyCertSign', 'cRLSign'], []);
export const clientAuthorityProfile = authority('client-authority', 0, onlineUsage, [
  extendedKeyUsage.clientAuth,
]);
export const serverAuthorityProfile = authority('server-authority', 0, onlineUsage, [
  extendedKeyUsage.serverAuth,
]);

export const clientProfile: CertificateProfile = {
  kind: 'client',
  pathLength: null,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [extendedKeyUsage.clientAuth],
};

export const serverProfile: CertificateProfile = {
  kind: 'server',
  pathLength: null,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: [extendedKeyUsage.serverAuth],
};

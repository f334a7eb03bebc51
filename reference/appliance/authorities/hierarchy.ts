import { toPem } from '../../core/keystore/pem.ts';
import { issueCertificate, type RsaSigner } from '../../core/pki/issue.ts';
import {
  clientAuthorityProfile,
  rootProfile,
  serverAuthorityProfile,
} from '../../core/pki/profiles.ts';
import { newSerial } from './authority-keys.ts';
import { issueList, readAuthority } from './online.ts';
import type { AuthoritiesWorld, Authority, AuthorityNames, IssuedCrl } from './types.ts';
import { clockTolerance, lifetimes } from './validity.ts';

/** A public key (DER of the SubjectPublicKeyInfo) and the use of the private one. */
export interface SigningKey {
  readonly spki: Uint8Array;
  readonly sign: RsaSigner;
}

/** What a hierarchy is made from. */
export interface HierarchyOrder {
  readonly names: AuthorityNames;
  readonly keys: {
    readonly root: SigningKey;
    readonly clientAuthority: SigningKey;
    readonly serverAuthority: SigningKey;
  };
  /** The only hosts that the authorities' certificates may name; absent: no constraint. */
  readonly onlyHosts?: {
    readonly clientAuthority: readonly string[];
    readonly serverAuthority?: readonly string[] | undefined;
  };
}

/** Three authorities and the root's first list. */
export interface Hierarchy {
  readonly root: Authority;
  readonly clientAuthority: Authority;
  readonly serverAuthority: Authority;
  readonly rootList: IssuedCrl;
}

export const defaultNames: AuthorityNames = {
  root: 'Discretio Root Authority',
  clientAuthority: 'Discretio Client Authority',
  serverAuthority: 'Discretio Server Authority',
};

const profiles = {
  root: rootProfile,
  clientAuthority: clientAuthorityProfile,
  serverAuthority: serverAuthorityProfile,
} as const;

/** Issues the certificates of the three authorities of target 5.2 and the root's list, which revokes nothing. */
export const issueHierarchy = async (
  { names, keys, onlyHosts }: HierarchyOrder,
  world: AuthoritiesWorld,
): Promise<Hierarchy> => {
  const now = world.now();
  const issue = async (
    which: keyof typeof profiles,
    hosts: readonly string[] | undefined,
    issuer: Authority | undefined,
  ): Promise<Authority> => {
    const { spki, sign } = keys[which];
    const validFor = which === 'root' ? lifetimes.root : lifetimes.authority;
    const certificate = await issueCertificate({
      profile: profiles[which],
      subject: { commonName: names[which] },
      publicKey: spki,
      issuer: issuer ?? { sign },
      ...(hosts === undefined ? {} : { onlyHosts: hosts }),
      serial: newSerial(world.randomBytes),
      notBefore: now - clockTolerance,
      notAfter: now + validFor,
    });
    return { certificate, pem: toPem('CERTIFICATE', certificate), sign };
  };
  const root = await issue('root', undefined, undefined);
  const [clientAuthority, serverAuthority, rootList] = await Promise.all([
    issue('clientAuthority', onlyHosts?.clientAuthority, root),
    issue('serverAuthority', onlyHosts?.serverAuthority, root),
    issueList(
      readAuthority(root.certificate, 'root'),
      root.sign,
      { number: 1n, now, lifetime: lifetimes.rootList },
      [],
    ),
  ]);
  return { root, clientAuthority, serverAuthority, rootList };
};

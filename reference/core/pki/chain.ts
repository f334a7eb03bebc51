import { equal } from '../bytes.ts';
import { err, fault, ok, type Fault, type Result } from '../result.ts';
import { issuedBy, keyIdentifierOf, parseCertificate, type Certificate } from './certificate.ts';
import { allowsNames } from './name-constraints.ts';
import { extendedKeyUsage, type LeafKind } from './profiles.ts';

/** Which certificate of a chain is meant. */
type Role = 'root' | 'authority' | 'leaf';

/** Why a chain is refused: whose certificate, and what is wrong with it. */
export type ChainFaultCode =
  | `chain-${Role}-${'form' | 'critical-extension' | 'key' | 'key-identifier' | 'not-yet-valid' | 'expired' | 'issuer' | 'usage' | 'kind'}`
  | 'chain-root-constraints'
  | 'chain-authority-constraints'
  | 'chain-leaf-is-authority'
  | 'chain-leaf-common-name'
  | 'chain-leaf-name';

type Failure = Fault<ChainFaultCode>;

/** A chain of target 5.2; certificates are DER. */
export interface CertificateChain {
  readonly kind: LeafKind;
  readonly leaf: Uint8Array;
  /** The authority stored for this kind of certificate: no other may have issued the leaf. */
  readonly authority: Uint8Array;
  readonly root: Uint8Array;
}

const failure = (code: ChainFaultCode, detail?: string): Failure =>
  detail === undefined ? { code, offset: -1 } : { code, offset: -1, detail };

/** What holds for every certificate of the system (target 6.1, RFC 5280 section 6.1.3). */
const checkCommon = (role: Role, certificate: Certificate, now: number): Failure | undefined => {
  const { publicKey, extensions, notBefore, notAfter } = certificate;
  const [unknown] = extensions.unknownCritical;
  if (unknown !== undefined) return failure(`chain-${role}-critical-extension`, unknown);
  if (extensions.nameConstraints?.hasOtherForms === true) {
    return failure(`chain-${role}-critical-extension`, 'name constraints of another form');
  }
  if (
    publicKey.algorithm !== 'rsa' ||
    publicKey.modulusBits !== 2048 ||
    publicKey.exponent !== 65_537n
  ) {
    return failure(`chain-${role}-key`, 'not RSA, 2048 bits, exponent 65537');
  }
  const identifier = extensions.subjectKeyIdentifier;
  if (identifier === undefined || !equal(identifier, keyIdentifierOf(certificate))) {
    return failure(`chain-${role}-key-identifier`);
  }
  if (now < notBefore) return failure(`chain-${role}-not-yet-valid`);
  // notAfter names a whole second.
  return now < notAfter + 1000 ? undefined : failure(`chain-${role}-expired`);
};

const checkAuthority = (
  role: 'root' | 'authority',
  { extensions }: Certificate,
  below: number,
): Failure | undefined => {
  const constraints = extensions.basicConstraints;
  if (constraints?.authority !== true || (constraints.pathLength ?? below) < below) {
    return failure(`chain-${role}-constraints`);
  }
  return extensions.keyUsage?.has('keyCertSign') === true
    ? undefined
    : failure(`chain-${role}-usage`);
};

const checkLeaf = (
  kind: LeafKind,
  { extensions, commonNames }: Certificate,
): Failure | undefined => {
  if (extensions.basicConstraints?.authority === true) return failure('chain-leaf-is-authority');
  const usage = extensions.keyUsage;
  // RFC 5280 section 4.2.1.9: keyCertSign is for authorities; a leaf signs neither certificates nor lists (I-2).
  if (usage?.has('digitalSignature') !== true || usage.has('keyCertSign') || usage.has('cRLSign')) {
    return failure('chain-leaf-usage');
  }
  if (extensions.extendedKeyUsage?.includes(extendedKeyUsage[`${kind}Auth`]) !== true) {
    return failure('chain-leaf-kind', `not for ${kind}Auth`);
  }
  return commonNames.length === 1 && commonNames[0]?.kind === 'text'
    ? undefined
    : failure('chain-leaf-common-name');
};

/** What root and authority say of the names below them (RFC 5280 section 6.1.4 (g)). */
const checkNames = (
  authorities: readonly Certificate[],
  leaf: Certificate,
): Failure | undefined => {
  const names = leaf.extensions.subjectAltName;
  const constraints = authorities
    .map(({ extensions }) => extensions.nameConstraints)
    .filter((found) => found !== undefined);
  return names === undefined || constraints.every((found) => allowsNames(found, names))
    ? undefined
    : failure('chain-leaf-name', 'a host that its authority may not name');
};

/** The purposes of an authority or a root, where it names any, must include that of the leaves below it. */
const allows = (authority: Certificate, kind: LeafKind): boolean =>
  authority.extensions.extendedKeyUsage?.includes(extendedKeyUsage[`${kind}Auth`]) ?? true;

const parseAs = (role: Role, der: Uint8Array): Result<Certificate, Failure> => {
  const parsed = parseCertificate(der);
  return parsed.ok ? parsed : fault(`chain-${role}-form`, parsed.error.offset, parsed.error.code);
};

const authorityFailure = (
  root: Certificate,
  authority: Certificate,
  kind: LeafKind,
  now: number,
): Failure | undefined => {
  const inRoot = checkCommon('root', root, now) ?? checkAuthority('root', root, 1);
  if (inRoot !== undefined) return inRoot;
  if (!allows(root, kind)) return failure('chain-root-kind', `not for ${kind}Auth`);
  if (!issuedBy(root, root)) return failure('chain-root-issuer');
  const inAuthority =
    checkCommon('authority', authority, now) ?? checkAuthority('authority', authority, 0);
  if (inAuthority !== undefined) return inAuthority;
  if (!allows(authority, kind)) return failure('chain-authority-kind', `not for ${kind}Auth`);
  return equal(authority.der, root.der) || !issuedBy(authority, root)
    ? failure('chain-authority-issuer')
    : undefined;
};

interface VerifiedAuthority {
  readonly root: Certificate;
  readonly authority: Certificate;
}

const verifyBoth = (
  chain: Omit<CertificateChain, 'leaf'>,
  now: number,
): Result<VerifiedAuthority, Failure> => {
  const root = parseAs('root', chain.root);
  if (!root.ok) return root;
  const authority = parseAs('authority', chain.authority);
  if (!authority.ok) return authority;
  const error = authorityFailure(root.value, authority.value, chain.kind, now);
  return error === undefined ? ok({ root: root.value, authority: authority.value }) : err(error);
};

/** Verifies a stored authority and its root at a time (milliseconds since 1970) and gives the authority; total. */
export const verifyAuthority = (
  chain: Omit<CertificateChain, 'leaf'>,
  now: number,
): Result<Certificate, Failure> => {
  const both = verifyBoth(chain, now);
  return both.ok ? ok(both.value.authority) : both;
};

/**
 * Verifies leaf, authority and root at a time (milliseconds since 1970) and gives the leaf (target 5.2, RFC 5280 section 6).
 * Each authority is good only for its own kind of leaf, and for the hosts that its name constraints allow. Says nothing of
 * revocation. Total; of several faults the one nearest to the root is named.
 */
export const verifyChain = (chain: CertificateChain, now: number): Result<Certificate, Failure> => {
  const both = verifyBoth(chain, now);
  if (!both.ok) return both;
  const { root, authority } = both.value;
  const leaf = parseAs('leaf', chain.leaf);
  if (!leaf.ok) return leaf;
  if (!issuedBy(leaf.value, authority)) return err(failure('chain-leaf-issuer'));
  const error =
    checkCommon('leaf', leaf.value, now) ??
    checkLeaf(chain.kind, leaf.value) ??
    checkNames([root, authority], leaf.value);
  return error === undefined ? leaf : err(error);
};

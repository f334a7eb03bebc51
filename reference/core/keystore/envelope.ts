import { derTag, objectIdentifierText, parseDer, type DerNode } from '../pki/der.ts';
import { fault, ok, type Result } from '../result.ts';
import { parsePem } from './pem.ts';

/** Names of the object identifiers of RFC 8018 and its predecessors that stored keys are met with. */
const names: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.13': 'PBES2',
  '1.2.840.113549.1.5.12': 'PBKDF2',
  '1.3.6.1.4.1.11591.4.11': 'scrypt',
  '1.2.840.113549.1.5.3': 'pbeWithMD5AndDES-CBC',
  '1.2.840.113549.1.5.10': 'pbeWithSHA1AndDES-CBC',
  '1.2.840.113549.1.12.1.3': 'pbeWithSHAAnd3-KeyTripleDES-CBC',
  '1.2.840.113549.2.7': 'hmacWithSHA1',
  '1.2.840.113549.2.8': 'hmacWithSHA224',
  '1.2.840.113549.2.9': 'hmacWithSHA256',
  '1.2.840.113549.2.10': 'hmacWithSHA384',
  '1.2.840.113549.2.11': 'hmacWithSHA512',
  '1.2.840.113549.3.7': 'des-ede3-cbc',
  '2.16.840.1.101.3.4.1.2': 'aes-128-cbc',
  '2.16.840.1.101.3.4.1.22': 'aes-192-cbc',
  '2.16.840.1.101.3.4.1.42': 'aes-256-cbc',
};

/** Ciphers whose parameters are an IV alone, with the length of their key in bytes. */
const cbcKeyLengths: ReadonlyMap<string, number> = new Map([
  ['des-ede3-cbc', 24],
  ['aes-128-cbc', 16],
  ['aes-192-cbc', 24],
  ['aes-256-cbc', 32],
]);

/** An algorithm by its common name, or its object identifier where it has none here. */
interface NamedAlgorithm {
  readonly name: string;
  /** Bytes from the start of the DER, as for every offset here. */
  readonly offset: number;
}

/** How a stored private key is protected: the parameters of PBES2 with PBKDF2 (RFC 8018 section 6.2, appendix A). */
export interface StoredKeyParameters {
  readonly scheme: NamedAlgorithm & { readonly name: 'PBES2' };
  readonly keyDerivation: NamedAlgorithm & { readonly name: 'PBKDF2' };
  /** Left out, the pseudorandom function is hmacWithSHA1 (RFC 8018 appendix A.2). */
  readonly prf: NamedAlgorithm & { readonly leftOut: boolean };
  readonly iterations: { readonly count: number; readonly offset: number };
  /** Length in bytes. */
  readonly salt: { readonly length: number; readonly bytes: Uint8Array; readonly offset: number };
  readonly cipher: NamedAlgorithm;
  readonly iv: { readonly length: number; readonly bytes: Uint8Array; readonly offset: number };
  readonly encryptedKey: { readonly length: number; readonly offset: number };
}

const isNode = (node: DerNode | undefined, tag: number): node is DerNode => node?.tag === tag;

/** An AlgorithmIdentifier of at most one parameter. */
const algorithmOf = (
  node: DerNode | undefined,
): (NamedAlgorithm & { readonly parameters: DerNode | undefined }) | undefined => {
  const [identifier, parameters, ...rest] = node?.children ?? [];
  if (!isNode(node, derTag.sequence) || !isNode(identifier, derTag.objectIdentifier)) {
    return undefined;
  }
  if (rest.length > 0) return undefined;
  const oid = objectIdentifierText(identifier.content);
  return { name: names[oid] ?? oid, offset: identifier.offset, parameters };
};

const positive = (node: DerNode): number | undefined => {
  const value = node.content.reduce((sum, byte) => sum * 256 + byte, 0);
  const negative = (node.content[0] ?? 0x80) >= 0x80;
  return negative || value === 0 || node.content.length > 6 ? undefined : value;
};

const octets = (node: DerNode): StoredKeyParameters['salt'] => ({
  length: node.content.length,
  bytes: node.content,
  offset: node.offset,
});

type DerivationParameters = Pick<StoredKeyParameters, 'prf' | 'iterations' | 'salt'> & {
  /** The optional keyLength, in bytes. */
  readonly keyLength: number | undefined;
};

const parseDerivation = (node: DerNode | undefined, at: number): Result<DerivationParameters> => {
  if (!isNode(node, derTag.sequence)) return fault('keystore-derivation', at);
  const [salt, iterations, ...optional] = node.children;
  if (salt?.tag !== derTag.octetString) return fault('keystore-salt', salt?.offset ?? node.offset);
  const count = isNode(iterations, derTag.integer) ? positive(iterations) : undefined;
  if (iterations === undefined || count === undefined) {
    return fault('keystore-iterations', iterations?.offset ?? node.offset);
  }
  const lengthNode = isNode(optional[0], derTag.integer) ? optional.shift() : undefined;
  const keyLength = lengthNode && positive(lengthNode);
  if (lengthNode !== undefined && keyLength === undefined) {
    return fault('keystore-key-length', lengthNode.offset);
  }
  const [prfNode, ...rest] = optional;
  if (rest[0] !== undefined) return fault('keystore-derivation', rest[0].offset);
  const shared = {
    iterations: { count, offset: iterations.offset },
    salt: octets(salt),
    keyLength,
  };
  if (prfNode === undefined) {
    return ok({ ...shared, prf: { name: 'hmacWithSHA1', offset: node.offset, leftOut: true } });
  }
  const prf = algorithmOf(prfNode);
  // DER leaves out a value equal to the default (X.690 section 11.5).
  if (prf === undefined || !isNode(prf.parameters, derTag.null) || prf.name === 'hmacWithSHA1') {
    return fault('keystore-prf', prfNode.offset, prf?.name);
  }
  return ok({ ...shared, prf: { name: prf.name, offset: prf.offset, leftOut: false } });
};

type CipherParameters = Pick<StoredKeyParameters, 'cipher' | 'iv'>;

const parseCipher = (node: DerNode): Result<CipherParameters> => {
  const cipher = algorithmOf(node);
  if (cipher === undefined || !cbcKeyLengths.has(cipher.name)) {
    return fault('keystore-cipher', node.offset, cipher?.name);
  }
  if (!isNode(cipher.parameters, derTag.octetString)) return fault('keystore-iv', cipher.offset);
  const { name, offset } = cipher;
  return ok({ cipher: { name, offset }, iv: octets(cipher.parameters) });
};

const parsePbes2 = (
  scheme: NamedAlgorithm,
  parameters: DerNode | undefined,
  encrypted: DerNode,
): Result<StoredKeyParameters> => {
  const [derivationNode, cipherNode, ...rest] = parameters?.children ?? [];
  if (!isNode(parameters, derTag.sequence) || cipherNode === undefined || rest.length > 0) {
    return fault('keystore-scheme', scheme.offset, 'malformed parameters');
  }
  const derivation = algorithmOf(derivationNode);
  if (derivation === undefined || derivation.name !== 'PBKDF2') {
    return fault('keystore-derivation', derivationNode?.offset, derivation?.name);
  }
  const derived = parseDerivation(derivation.parameters, derivation.offset);
  if (!derived.ok) return derived;
  const cipher = parseCipher(cipherNode);
  if (!cipher.ok) return cipher;
  const { keyLength, ...protection } = derived.value;
  if (keyLength !== undefined && keyLength !== cbcKeyLengths.get(cipher.value.cipher.name)) {
    return fault('keystore-key-length', derivation.offset, String(keyLength));
  }
  return ok({
    scheme: { name: 'PBES2', offset: scheme.offset },
    keyDerivation: { name: 'PBKDF2', offset: derivation.offset },
    ...protection,
    ...cipher.value,
    encryptedKey: { length: encrypted.content.length, offset: encrypted.offset },
  });
};

/**
 * Reads the outside of an encrypted PKCS#8 private key (RFC 5958 section 3) in PEM (RFC 7468 section 11): how it is
 * protected, without any passphrase. A key in clear and the older encrypted formats are refused by their PEM label
 * (`pem-label`), other schemes by name (`keystore-scheme`). Total; offsets count bytes of the DER, or characters of the PEM
 * for `pem-` codes.
 */
export const parsePkcs8Envelope = (pem: string): Result<StoredKeyParameters> => {
  const der = parsePem(pem, 'ENCRYPTED PRIVATE KEY');
  if (!der.ok) return der;
  const root = parseDer(der.value);
  if (!root.ok) return root;
  const [algorithm, encrypted, ...rest] = root.value.children;
  if (!isNode(root.value, derTag.sequence) || rest.length > 0) return fault('keystore-form', 0);
  if (!isNode(encrypted, derTag.octetString) || encrypted.content.length === 0) {
    return fault('keystore-form', encrypted?.offset ?? 0);
  }
  const scheme = algorithmOf(algorithm);
  if (scheme === undefined || scheme.name !== 'PBES2') {
    return fault('keystore-scheme', algorithm?.offset, scheme?.name);
  }
  return parsePbes2(scheme, scheme.parameters, encrypted);
};

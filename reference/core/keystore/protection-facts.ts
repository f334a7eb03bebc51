import { derTag, objectIdentifierText, type DerNode } from '../pki/der.ts';
import type { Fault } from '../result.ts';
import { algorithmName } from './algorithm-names.ts';

/** Which field of an EncryptedPrivateKeyInfo is malformed. */
export type ProtectionFaultCode =
  | 'keystore-form'
  | 'keystore-scheme'
  | 'keystore-derivation'
  | 'keystore-salt'
  | 'keystore-iterations'
  | 'keystore-key-length'
  | 'keystore-prf'
  | 'keystore-cipher'
  | 'keystore-iv'
  | 'keystore-encrypted-key';

/** An algorithm by its common name, or its object identifier where it has none here. */
export interface NamedAlgorithm {
  readonly name: string;
  /** Object identifier, dotted. */
  readonly oid: string;
  /** Bytes from the start of the DER, as for every offset here. */
  readonly offset: number;
}

/** A number written in the file. */
export interface NamedNumber {
  readonly count: number;
  readonly offset: number;
}

/** A byte string of the file. */
export interface NamedOctets {
  /** In bytes. */
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * Everything that the outside of an encrypted private key says of its protection (RFC 5958 section 3, RFC 8018 appendix A).
 * A field is null where the scheme has none or where it is malformed, which `faults` then names.
 */
export interface ProtectionFacts {
  readonly scheme: NamedAlgorithm;
  /** Of PBES2; older schemes imply theirs. */
  readonly keyDerivation: NamedAlgorithm | null;
  /** Left out, the pseudorandom function of PBKDF2 is hmacWithSHA1 (RFC 8018 appendix A.2); the offset is then that of its parameters. */
  readonly prf: (NamedAlgorithm & { readonly leftOut: boolean }) | null;
  readonly iterations: NamedNumber | null;
  readonly salt: NamedOctets | null;
  /** PBKDF2's or scrypt's optional keyLength, in bytes. */
  readonly keyLength: NamedNumber | null;
  /** Parameters N, r and p of scrypt (RFC 7914 section 7.1). */
  readonly scrypt: {
    readonly cost: number;
    readonly blockSize: number;
    readonly parallelization: number;
    readonly offset: number;
  } | null;
  readonly cipher: NamedAlgorithm | null;
  readonly iv: NamedOctets | null;
  readonly encryptedKey: NamedOctets;
  /** In the order of the file. */
  readonly faults: readonly Fault<ProtectionFaultCode>[];
}

type Report = (code: ProtectionFaultCode, offset: number, detail?: string) => void;

/** Key length in bytes of the ciphers in CBC mode whose only parameter is an IV. */
export const cbcKeyLengths: ReadonlyMap<string, number> = new Map([
  ['des-ede3-cbc', 24],
  ['aes-128-cbc', 16],
  ['aes-192-cbc', 24],
  ['aes-256-cbc', 32],
]);

/** Reads an AlgorithmIdentifier of at most one parameter (RFC 5280 section 4.1.1.2). */
export const namedAlgorithm = (
  node: DerNode | undefined,
): (NamedAlgorithm & { readonly parameters: DerNode | undefined }) | null => {
  const [identifier, parameters, ...rest] = node?.children ?? [];
  if (node?.tag !== derTag.sequence || rest.length > 0) return null;
  if (identifier?.tag !== derTag.objectIdentifier) return null;
  const oid = objectIdentifierText(identifier.content);
  return { name: algorithmName(oid), oid, offset: identifier.offset, parameters };
};

const octets = ({ content, offset }: DerNode): NamedOctets => ({
  length: content.length,
  bytes: content,
  offset,
});

/** A positive INTEGER below 2^47. */
const positive = (node: DerNode | undefined): NamedNumber | null => {
  if (node?.tag !== derTag.integer || node.content.length > 6) return null;
  const count = node.content.reduce((sum, byte) => sum * 256 + byte, 0);
  return (node.content[0] ?? 0x80) >= 0x80 || count === 0 ? null : { count, offset: node.offset };
};

/** The scheme and its encrypted key alone. */
const bare = (scheme: NamedAlgorithm, encryptedKey: NamedOctets) =>
  ({
    scheme,
    keyDerivation: null,
    prf: null,
    iterations: null,
    salt: null,
    keyLength: null,
    scrypt: null,
    cipher: null,
    iv: null,
    encryptedKey,
  }) satisfies Omit<ProtectionFacts, 'faults'>;

const readPrf = (
  node: DerNode | undefined,
  parameters: DerNode,
  report: Report,
): ProtectionFacts['prf'] => {
  if (node === undefined) {
    const oid = '1.2.840.113549.2.7';
    return { name: algorithmName(oid), oid, offset: parameters.offset, leftOut: true };
  }
  const prf = namedAlgorithm(node);
  if (prf === null) {
    report('keystore-prf', node.offset, 'no algorithm identifier');
    return null;
  }
  const { name, oid, offset } = prf;
  if (prf.parameters?.tag !== derTag.null) {
    report('keystore-prf', node.offset, `${name} without its NULL parameters`);
  } else if (name === 'hmacWithSHA1') {
    // DER leaves out a value equal to the default (X.690 section 11.5).
    report('keystore-prf', node.offset, name);
  }
  return { name, oid, offset, leftOut: false };
};

type Derived = Pick<ProtectionFacts, 'prf' | 'iterations' | 'salt' | 'keyLength' | 'scrypt'>;
const underived: Derived = {
  prf: null,
  iterations: null,
  salt: null,
  keyLength: null,
  scrypt: null,
};

const readSalt = (node: DerNode | undefined, at: number, report: Report): NamedOctets | null => {
  if (node?.tag === derTag.octetString) return octets(node);
  report('keystore-salt', node?.offset ?? at, 'no OCTET STRING');
  return null;
};

const readNumber = (
  node: DerNode | undefined,
  at: number,
  code: ProtectionFaultCode,
  report: Report,
): NamedNumber | null => {
  const number = positive(node);
  if (number === null) report(code, node?.offset ?? at, 'no INTEGER from 1 to 2^47-1');
  return number;
};

const readPbkdf2 = (node: DerNode, report: Report): Derived => {
  const [saltNode, countNode, ...optional] = node.children;
  const salt = readSalt(saltNode, node.offset, report);
  const iterations = readNumber(countNode, node.offset, 'keystore-iterations', report);
  const lengthNode = optional[0]?.tag === derTag.integer ? optional.shift() : undefined;
  const keyLength =
    lengthNode === undefined
      ? null
      : readNumber(lengthNode, node.offset, 'keystore-key-length', report);
  const [prfNode, extra] = optional;
  const prf = readPrf(prfNode, node, report);
  if (extra !== undefined) report('keystore-derivation', extra.offset, 'an element too many');
  return { prf, iterations, salt, keyLength, scrypt: null };
};

const readScrypt = (node: DerNode, report: Report): Derived => {
  const [saltNode, ...numbers] = node.children;
  const salt = readSalt(saltNode, node.offset, report);
  const [cost, blockSize, parallelization, keyLength] = numbers.map((number) => positive(number));
  if (!cost || !blockSize || !parallelization || keyLength === null || numbers.length > 4) {
    report('keystore-derivation', node.offset, 'malformed parameters of scrypt');
    return { ...underived, salt };
  }
  const scrypt = {
    cost: cost.count,
    blockSize: blockSize.count,
    parallelization: parallelization.count,
    offset: cost.offset,
  };
  return { ...underived, salt, keyLength: keyLength ?? null, scrypt };
};

const readDerivation = (
  node: DerNode,
  report: Report,
): Derived & Pick<ProtectionFacts, 'keyDerivation'> => {
  const algorithm = namedAlgorithm(node);
  if (algorithm === null) {
    report('keystore-derivation', node.offset, 'no algorithm identifier');
    return { ...underived, keyDerivation: null };
  }
  const { name, oid, offset, parameters } = algorithm;
  const keyDerivation = { name, oid, offset };
  if (name !== 'PBKDF2' && name !== 'scrypt') return { ...underived, keyDerivation };
  if (parameters?.tag !== derTag.sequence) {
    report('keystore-derivation', offset, `malformed parameters of ${name}`);
    return { ...underived, keyDerivation };
  }
  const read = name === 'PBKDF2' ? readPbkdf2 : readScrypt;
  return { ...read(parameters, report), keyDerivation };
};

const readCipher = (node: DerNode, report: Report): Pick<ProtectionFacts, 'cipher' | 'iv'> => {
  const algorithm = namedAlgorithm(node);
  if (algorithm === null) {
    report('keystore-cipher', node.offset, 'no algorithm identifier');
    return { cipher: null, iv: null };
  }
  const { name, oid, offset, parameters } = algorithm;
  const iv = parameters?.tag === derTag.octetString ? octets(parameters) : null;
  if (iv === null && cbcKeyLengths.has(name)) report('keystore-iv', offset, 'no OCTET STRING');
  return { cipher: { name, oid, offset }, iv };
};

const readPbes2 = (
  scheme: NamedAlgorithm,
  parameters: DerNode | undefined,
  encryptedKey: NamedOctets,
  report: Report,
): Omit<ProtectionFacts, 'faults'> => {
  const [derivationNode, cipherNode, ...rest] = parameters?.children ?? [];
  if (!derivationNode || !cipherNode || rest.length > 0 || parameters?.tag !== derTag.sequence) {
    report('keystore-scheme', scheme.offset, 'malformed parameters');
    return bare(scheme, encryptedKey);
  }
  const derived = readDerivation(derivationNode, report);
  const encryption = readCipher(cipherNode, report);
  const demanded = cbcKeyLengths.get(encryption.cipher?.name ?? '');
  const { keyLength } = derived;
  if (keyLength !== null && demanded !== undefined && keyLength.count !== demanded) {
    report('keystore-key-length', keyLength.offset, String(keyLength.count));
  }
  const block = encryption.cipher?.name.startsWith('aes-') === true ? 16 : 8;
  const whole = encryptedKey.length > 0 && encryptedKey.length % block === 0;
  if (demanded !== undefined && !whole) {
    const detail = `${encryptedKey.length} bytes, no whole blocks of ${block}`;
    report('keystore-encrypted-key', encryptedKey.offset, detail);
  }
  return { ...bare(scheme, encryptedKey), ...derived, ...encryption };
};

/** Schemes of PKCS#5 v1 and PKCS#12, whose parameters are a salt and a count (RFC 8018 appendix A.3, RFC 7292 appendix C). */
const readOldScheme = (
  scheme: NamedAlgorithm,
  parameters: DerNode | undefined,
  encryptedKey: NamedOctets,
  report: Report,
): Omit<ProtectionFacts, 'faults'> => {
  const [saltNode, countNode, ...rest] = parameters?.children ?? [];
  if (parameters?.tag !== derTag.sequence || rest.length > 0) {
    report('keystore-scheme', scheme.offset, 'malformed parameters');
    return bare(scheme, encryptedKey);
  }
  return {
    ...bare(scheme, encryptedKey),
    salt: readSalt(saltNode, parameters.offset, report),
    iterations: readNumber(countNode, parameters.offset, 'keystore-iterations', report),
  };
};

/**
 * Names how an EncryptedPrivateKeyInfo (RFC 5958 section 3) is protected, as far as it can be read; null if the element is no
 * such structure. Total. The faults name every malformed field; whether the algorithms are good ones is not judged here.
 */
export const readProtection = (root: DerNode): ProtectionFacts | null => {
  const [schemeNode, encrypted, ...rest] = root.children;
  const algorithm = namedAlgorithm(schemeNode);
  if (root.tag !== derTag.sequence || algorithm === null || rest.length > 0) return null;
  if (encrypted?.tag !== derTag.octetString) return null;
  const faults: Fault<ProtectionFaultCode>[] = [];
  const report: Report = (code, offset, detail) =>
    faults.push(detail === undefined ? { code, offset } : { code, offset, detail });
  const { name, oid, offset, parameters } = algorithm;
  const scheme = { name, oid, offset };
  const encryptedKey = octets(encrypted);
  if (name === 'PBES2') return { ...readPbes2(scheme, parameters, encryptedKey, report), faults };
  if (!name.startsWith('pbeWith')) return { ...bare(scheme, encryptedKey), faults };
  return { ...readOldScheme(scheme, parameters, encryptedKey, report), faults };
};

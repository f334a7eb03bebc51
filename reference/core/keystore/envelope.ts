import { parseDer } from '../pki/der.ts';
import { fault, ok, type Result } from '../result.ts';
import { parsePem } from './pem.ts';
import {
  cbcKeyLengths,
  readProtection,
  type NamedAlgorithm,
  type NamedNumber,
  type NamedOctets,
  type ProtectionFacts,
} from './protection-facts.ts';

/** How a stored private key is protected: the parameters of PBES2 with PBKDF2 (RFC 8018 section 6.2, appendix A). */
export interface StoredKeyParameters {
  readonly scheme: NamedAlgorithm & { readonly name: 'PBES2' };
  readonly keyDerivation: NamedAlgorithm & { readonly name: 'PBKDF2' };
  /** Left out, the pseudorandom function is hmacWithSHA1 (RFC 8018 appendix A.2). */
  readonly prf: NamedAlgorithm & { readonly leftOut: boolean };
  readonly iterations: NamedNumber;
  readonly salt: NamedOctets;
  readonly cipher: NamedAlgorithm;
  readonly iv: NamedOctets;
  readonly encryptedKey: NamedOctets;
}

/** Only PBES2 with PBKDF2 and a cipher in CBC mode, nothing malformed. */
const strictly = (facts: ProtectionFacts): Result<StoredKeyParameters> => {
  const { scheme, keyDerivation, prf, iterations, salt, cipher, iv, encryptedKey, faults } = facts;
  if (scheme.name !== 'PBES2') return fault('keystore-scheme', scheme.offset, scheme.name);
  if (keyDerivation !== null && keyDerivation.name !== 'PBKDF2') {
    return fault('keystore-derivation', keyDerivation.offset, keyDerivation.name);
  }
  if (cipher !== null && !cbcKeyLengths.has(cipher.name)) {
    return fault('keystore-cipher', cipher.offset, cipher.name);
  }
  const [first] = faults;
  if (first) return fault(first.code, first.offset, first.detail);
  if (!keyDerivation || !prf || !iterations || !salt || !cipher || !iv) {
    return fault('keystore-form', 0);
  }
  return ok({
    scheme: { ...scheme, name: 'PBES2' },
    keyDerivation: { ...keyDerivation, name: 'PBKDF2' },
    prf,
    iterations,
    salt,
    cipher,
    iv,
    encryptedKey,
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
  const facts = readProtection(root.value);
  return facts === null ? fault('keystore-form', 0) : strictly(facts);
};

import type {
  ProtectionFacts,
  ProtectionFaultCode,
} from '../../reference/core/keystore/protection-facts.ts';
import {
  contentName,
  type PlacedFault,
  type StoredObject,
} from '../../reference/core/keystore/stored-file.ts';
import type { StoredKeyPolicy } from './evidence.ts';
import { explain } from './explanations.ts';
import { der, row, type Finding, type StoredKeyClaim } from './finding.ts';

const described = ({ name, oid }: { readonly name: string; readonly oid: string }): string =>
  name === oid ? oid : `${name} (${oid})`;

const encryption = ['5.3.a'] as const;
const derivation = ['5.3.b'] as const;
const both = ['5.3.a', '5.3.b'] as const;

const cipherRows = (
  { scheme, cipher, iv, encryptedKey }: ProtectionFacts,
  policy: StoredKeyPolicy,
): readonly Finding[] => {
  const isPbes2 = scheme.name === 'PBES2';
  const rows = [
    row(
      isPbes2 ? encryption : both,
      'scheme',
      {
        value: described(scheme),
        place: der(scheme.offset),
        expected: 'PBES2',
        reason: 'an older or other scheme, which has neither that cipher nor PBKDF2',
      },
      isPbes2,
    ),
  ];
  if (cipher)
    rows.push(
      row(
        encryption,
        'cipher',
        { value: described(cipher), place: der(cipher.offset), expected: policy.cipher },
        cipher.name === policy.cipher,
      ),
    );
  if (iv) {
    const expected = `${policy.ivLength} bytes`;
    const passes = iv.length === policy.ivLength || cipher?.name !== policy.cipher;
    const value = `${iv.length} bytes`;
    rows.push(row(encryption, 'IV', { value, place: der(iv.offset), expected }, passes));
  }
  const value = `${encryptedKey.length} bytes`;
  const place = der(encryptedKey.offset);
  rows.push(row(encryption, 'encrypted key', { value, place, expected: 'whole blocks' }, true));
  return rows;
};

const prfRow = (prf: NonNullable<ProtectionFacts['prf']>, policy: StoredKeyPolicy): Finding => {
  const passes = prf.name === policy.prf;
  return row(
    derivation,
    'PRF',
    {
      value: prf.leftOut ? `${described(prf)}, left out: the default` : described(prf),
      place: der(prf.offset),
      expected: policy.prf,
      ...(prf.leftOut
        ? { reason: 'left out of the file, which means HMAC-SHA1 (RFC 8018 appendix A.2)' }
        : {}),
    },
    passes,
  );
};

const numberRows = (
  { salt, iterations, keyLength, scrypt }: ProtectionFacts,
  policy: StoredKeyPolicy,
): readonly Finding[] => {
  const rows: Finding[] = [];
  if (iterations) {
    const { count, offset } = iterations;
    const expected = String(policy.iterations);
    rows.push(
      row(derivation, 'iterations', { value: String(count), place: der(offset), expected }),
    );
  }
  if (salt) {
    const expected = `${policy.minimumSaltLength} bytes or more`;
    const reason = 'shorter than RFC 8018 section 4.1 asks for';
    const data = { value: `${salt.length} bytes`, place: der(salt.offset), expected, reason };
    rows.push(row(derivation, 'salt', data, salt.length >= policy.minimumSaltLength));
  }
  if (keyLength) {
    const data = { value: `${keyLength.count} bytes`, place: der(keyLength.offset) };
    rows.push(row(derivation, 'key length', { ...data, expected: 'that of the cipher' }, true));
  }
  if (scrypt) {
    const { cost, blockSize, parallelization, offset } = scrypt;
    const value = `N = ${cost}, r = ${blockSize}, p = ${parallelization}`;
    const data = { value, place: der(offset), expected: 'none' };
    // Told, not judged: the derivation itself is.
    rows.push(row([], 'scrypt cost', data, true));
  }
  return rows;
};

const derivationRows = (
  protection: ProtectionFacts,
  policy: StoredKeyPolicy,
): readonly Finding[] => {
  const { keyDerivation, prf } = protection;
  const rows: Finding[] = [];
  if (keyDerivation) {
    const { offset, name } = keyDerivation;
    const data = { value: described(keyDerivation), place: der(offset), expected: 'PBKDF2' };
    rows.push(row(derivation, 'key derivation', data, name === 'PBKDF2'));
  }
  if (prf) rows.push(prfRow(prf, policy));
  return [...rows, ...numberRows(protection, policy)];
};

/** The claims that a malformed field counts for; the scheme has everything inside it. */
const claimsOfField = (code: ProtectionFaultCode): readonly StoredKeyClaim[] => {
  switch (code) {
    case 'keystore-form':
    case 'keystore-scheme':
      return both;
    case 'keystore-derivation':
    case 'keystore-salt':
    case 'keystore-iterations':
    case 'keystore-key-length':
    case 'keystore-prf':
      return derivation;
    case 'keystore-cipher':
    case 'keystore-iv':
    case 'keystore-encrypted-key':
      return encryption;
  }
};

/** A departure from the strict form. */
export const faultRow = (
  claims: readonly StoredKeyClaim[],
  { code, offset, detail, within }: PlacedFault,
): Finding => ({
  claims,
  parameter: within === 'file' ? 'armour' : 'encoding',
  value: detail === undefined ? code : `${code}: ${detail}`,
  place: { within, offset },
  kind: 'fail',
  expected: within === 'file' ? 'one object in strict PEM (RFC 7468)' : 'well-formed DER',
  reason: explain(code),
});

const formatRow = ({ content, offset }: StoredObject): Finding => {
  const data = {
    value: contentName(content),
    place: { within: 'file', offset } as const,
    expected: 'encrypted PKCS#8',
  };
  if (content.kind === 'no-private-key') {
    const reason = `holds no private key but a ${content.what}; name the file of the private key`;
    return { ...data, claims: both, parameter: 'format', kind: 'inconclusive', reason };
  }
  const clear =
    content.kind === 'key-in-clear' ||
    (content.kind === 'foreign' && content.encryption === 'none');
  const why = clear ? { reason: 'whoever reads the file has the private key' } : {};
  return row(both, 'format', { ...data, ...why }, content.kind === 'encrypted-pkcs8');
};

/** What an object's structure and its protection show. */
export const objectRows = (object: StoredObject, policy: StoredKeyPolicy): readonly Finding[] => {
  const { content, faults } = object;
  const ofForm = faults.map((fault) =>
    faultRow(fault.within === 'file' ? ['6.1.c', '5.3.a'] : encryption, fault),
  );
  const format = formatRow(object);
  if (content.kind !== 'encrypted-pkcs8') return [format, ...ofForm];
  const { protection } = content;
  // Bytes that nobody can read as PKCS#8 show no PBKDF2 either.
  if (protection === null) {
    const reason = 'it cannot be read, so that no protection can be told';
    return [{ ...format, kind: 'fail', reason }, ...ofForm];
  }
  const fields = protection.faults.map((fault) =>
    faultRow(claimsOfField(fault.code), { ...fault, within: 'der' }),
  );
  return [
    format,
    ...ofForm,
    ...cipherRows(protection, policy),
    ...derivationRows(protection, policy),
    ...fields,
  ];
};

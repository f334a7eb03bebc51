import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  pbkdf2,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { parsePkcs8Envelope, type StoredKeyParameters } from '../../core/keystore/envelope.ts';
import { toPem } from '../../core/keystore/pem.ts';
import {
  derAlgorithm,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  unsignedBytes,
} from '../../core/pki/der-write.ts';
import { authoritiesProblem, type AuthoritiesProblem } from './problem.ts';

const derive = promisify(pbkdf2);

/** PBKDF2 with HMAC-SHA256: the fewest iterations, as OWASP counsels, and the most that are waited for. */
export const keyIterations = { fewest: 600_000, most: 10_000_000 } as const;
const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

/** Fewest characters of a passphrase of the authorities or the root. */
export const minimumPassphrase = 12;

/** Throws an AuthoritiesProblem unless the passphrase may protect an authority's key. */
export const requirePassphrase = (passphrase: Uint8Array, thing: string): void => {
  const { length } = Array.from(new TextDecoder().decode(passphrase));
  if (length >= minimumPassphrase) return;
  const reason = `the passphrase is shorter than ${minimumPassphrase} characters; choose a longer one`;
  throw authoritiesProblem('authorities/passphrase', thing, reason);
};

/**
 * A private key as encrypted PKCS#8 in PEM (RFC 5958, RFC 8018): PBES2, AES-256-CBC, PBKDF2 with HMAC-SHA256 and 600,000
 * iterations, salt and IV of 16 random bytes.
 */
export const encryptPrivateKey = async (
  key: KeyObject,
  passphrase: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): Promise<string> => {
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const secret = await derive(passphrase, salt, keyIterations.fewest, 32, 'sha256');
  const clear = key.export({ type: 'pkcs8', format: 'der' });
  const cipher = createCipheriv('aes-256-cbc', secret, iv);
  const encrypted = Buffer.concat([cipher.update(clear), cipher.final()]);
  clear.fill(0);
  secret.fill(0);
  const derivation = derSequence(
    derOctetString(salt),
    derInteger(unsignedBytes(BigInt(keyIterations.fewest))),
    derAlgorithm(oids.hmacSha256),
  );
  const scheme = derSequence(
    derSequence(derObjectIdentifier(oids.pbkdf2), derivation),
    derSequence(derObjectIdentifier(oids.aes256Cbc), derOctetString(iv)),
  );
  const protection = derSequence(derObjectIdentifier(oids.pbes2), scheme);
  return toPem('ENCRYPTED PRIVATE KEY', derSequence(protection, derOctetString(encrypted)));
};

const requireProtection = (pem: string, thing: string): StoredKeyParameters => {
  const envelope = parsePkcs8Envelope(pem);
  const refuse = (reason: string): AuthoritiesProblem =>
    authoritiesProblem('authorities/key-protection', thing, `${reason}; hold a new ceremony`);
  if (!envelope.ok) throw refuse(`it is not an encrypted PKCS#8 key (${envelope.error.code})`);
  const { cipher, prf, iterations, iv } = envelope.value;
  if (cipher.name !== 'aes-256-cbc' || prf.name !== 'hmacWithSHA256' || iv.length !== 16)
    throw refuse(`it is protected by ${cipher.name} and ${prf.name}`);
  if (iterations.count < keyIterations.fewest || iterations.count > keyIterations.most)
    throw refuse(`its key derivation has ${iterations.count} iterations`);
  return envelope.value;
};

/** Opens a key that {@link encryptPrivateKey} or openssl has made; rejects with an AuthoritiesProblem that names the thing. */
export const openPrivateKey = async (
  pem: string,
  passphrase: Uint8Array,
  thing: string,
): Promise<KeyObject> => {
  const { salt, iterations, iv, encryptedKey } = requireProtection(pem, thing);
  const secret = await derive(passphrase, salt.bytes, iterations.count, 32, 'sha256');
  try {
    const decipher = createDecipheriv('aes-256-cbc', secret, iv.bytes);
    const clear = Buffer.concat([decipher.update(encryptedKey.bytes), decipher.final()]);
    const key = createPrivateKey({ key: clear, format: 'der', type: 'pkcs8' });
    clear.fill(0);
    return key;
  } catch {
    // One answer for a wrong passphrase and a damaged file (padding oracle).
    const reason = 'the passphrase is wrong or the file is damaged; try again or restore it';
    throw authoritiesProblem('authorities/passphrase', thing, reason);
  } finally {
    secret.fill(0);
  }
};

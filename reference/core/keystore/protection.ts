import { fault, ok, type Result } from '../result.ts';
import type { StoredKeyParameters } from './envelope.ts';

/** What target 5.3 demands of the envelope; salt and IV lengths are those of RFC 8018 section 4.1 and of the cipher. */
const demanded = {
  cipher: 'aes-256-cbc',
  prf: 'hmacWithSHA256',
  iterations: 2048,
  minimumSaltLength: 8,
  ivLength: 16,
} as const;

/** Whether an envelope is exactly that of target 5.3; the fault names the first field that differs and what was found. */
export const checkProtection = (stored: StoredKeyParameters): Result<StoredKeyParameters> => {
  const { cipher, prf, iterations, salt, iv } = stored;
  if (cipher.name !== demanded.cipher)
    return fault('protection-cipher', cipher.offset, cipher.name);
  if (prf.name !== demanded.prf) {
    const found = prf.leftOut ? `${prf.name} (left out)` : prf.name;
    return fault('protection-prf', prf.offset, found);
  }
  if (iterations.count !== demanded.iterations) {
    return fault('protection-iterations', iterations.offset, String(iterations.count));
  }
  if (salt.length < demanded.minimumSaltLength) {
    return fault('protection-salt', salt.offset, `${salt.length} bytes`);
  }
  if (iv.length !== demanded.ivLength) {
    return fault('protection-iv', iv.offset, `${iv.length} bytes`);
  }
  return ok(stored);
};

import { Secret, TOTP } from 'otpauth';

const period = 30_000;

/** Bytes of a TOTP secret: what RFC 4226 section 4 recommends. */
export const totpSecretLength = 20;

const totpOf = (secret: Uint8Array, name: string): TOTP =>
  new TOTP({
    issuer: 'Discretio',
    label: name,
    algorithm: 'SHA1',
    digits: 6,
    period: period / 1000,
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
  });

/** A secret as a person types it into an authenticator (base32), and as the URI that one reads. */
export const totpSetup = (
  secret: Uint8Array,
  name: string,
): { readonly secret: string; readonly uri: string } => {
  const totp = totpOf(secret, name);
  return { secret: totp.secret.base32, uri: totp.toString() };
};

/**
 * The time step whose code this is (RFC 6238 section 4.2), at most one step from now (section 5.2); undefined for every other text.
 * The caller takes the step, so that no code serves twice.
 */
export const totpStep = (secret: Uint8Array, code: string, at: number): number | undefined => {
  const digits = code.replace(/ /g, '');
  if (!/^[0-9]{6}$/.test(digits)) return undefined;
  const delta = totpOf(secret, '').validate({ token: digits, timestamp: at, window: 1 });
  return delta === null ? undefined : Math.floor(at / period) + delta;
};

import { timingSafeEqual } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { hmacSha256 } from '../../core/primitives/hash.ts';

/** Names of the cookies: `__Host-` makes browsers refuse them from elsewhere, without Secure or for another path. */
export const cookieNames = {
  session: '__Host-discretio-session',
  /** Secret of the forms shown before sign-in. */
  form: '__Host-discretio-form',
  language: '__Host-discretio-language',
} as const;

/** Random bytes of a session's or form's secret. */
const secretLength = 32;

/** A new secret, hexadecimal. */
export const newSecret = (randomBytes: (length: number) => Uint8Array): string =>
  toHex(randomBytes(secretLength));

/** Whether a text has the form of {@link newSecret}'s. */
export const isSecret = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{64}$/.test(text);

/** The cookies of a Cookie header (RFC 6265 section 4.2); of a name that comes twice, none. */
export const readCookies = (header: string | undefined): ReadonlyMap<string, string> => {
  const cookies = new Map<string, string>();
  const repeated = new Set<string>();
  for (const pair of (header ?? '').split(/; */)) {
    const at = pair.indexOf('=');
    if (at < 1) continue;
    const name = pair.slice(0, at);
    if (cookies.has(name)) repeated.add(name);
    cookies.set(name, pair.slice(at + 1));
  }
  for (const name of repeated) cookies.delete(name);
  return cookies;
};

/** A Set-Cookie value that no script, other site or plain connection gets; without a value it removes the cookie. */
export const cookie = (name: string, value: string | null): string =>
  `${name}=${value ?? ''}; Path=/; Secure; HttpOnly; SameSite=Strict${value === null ? '; Max-Age=0' : ''}`;

/** The token of the forms of a session (or of the secret before sign-in): worthless without the cookie, useless elsewhere. */
export const formTokenOf = (secret: string): string =>
  toHex(hmacSha256(utf8(secret), utf8('discretio form')));

/** Whether a form's token is this secret's, compared in constant time. */
export const isFormToken = (token: string | undefined, secret: string): boolean => {
  const expected = utf8(formTokenOf(secret));
  const given = utf8(token ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
};

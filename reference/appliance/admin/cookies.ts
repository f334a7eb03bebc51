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

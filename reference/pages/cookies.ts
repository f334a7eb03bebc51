import { toHex } from '../core/bytes.ts';

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

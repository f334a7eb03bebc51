import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { styleSource } from './style.ts';

/** Headers of every answer, errors too. Referrer-Policy is same-origin because with no-referrer forms have the Origin "null". */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src ${styleSource}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/** Gives an answer the headers that every one has. */
export const setSecurityHeaders = (response: ServerResponse): void => {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
};

/** A whole answer for a connection whose request could not even be read. */
export const rawAnswer = (status: string): string =>
  [
    `HTTP/1.1 ${status}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
    'content-type: text/plain; charset=utf-8',
    `content-length: ${status.length + 1}`,
    'connection: close',
    '',
    `${status}\n`,
  ].join('\r\n');

/** Whether a POST comes from a page of this site, by what browsers say and pages cannot forge; silence is a no. */
export const isSameOrigin = (headers: IncomingHttpHeaders): boolean => {
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  return origin === `https://${(host ?? '').toLowerCase()}`;
};

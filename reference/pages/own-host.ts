import type { IncomingHttpHeaders } from 'node:http';

/** The host of a Host header without its port (RFC 9110 section 7.2), lower case. */
const hostOf = (header: string | undefined): string =>
  (header ?? '').toLowerCase().replace(/:\d{1,5}$/, '');

/** Whether the page may be asked for under this Host: other names are somebody else's, pointed here (DNS rebinding). */
export const isOwnHost = (headers: IncomingHttpHeaders, names: readonly string[]): boolean => {
  const host = hostOf(headers.host);
  return names.some((name) => host === (name.includes(':') ? `[${name}]` : name).toLowerCase());
};

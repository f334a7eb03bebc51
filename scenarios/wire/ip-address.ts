import { word16 } from './bytes-at.ts';

/** An IPv4 address as text. */
export const ipv4Text = (bytes: Uint8Array, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/** Canonical text of an IPv6 address (RFC 5952). */
export const ipv6Text = (bytes: Uint8Array, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    word16(bytes, at + index * 2).toString(16),
  );
  const text = groups.join(':');
  const runs = text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g);
  let longest = '';
  let from = 0;
  for (const run of runs) {
    if (run[0].length > longest.length) [longest, from] = [run[0], run.index];
  }
  if (longest === '') return text;
  const before = text.slice(0, from).replace(/:$/, '');
  const after = text.slice(from + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
};

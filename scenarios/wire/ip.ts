import { fault, ok, type Result } from '../../reference/core/result.ts';

/** An IP packet's addresses as text and its payload. */
export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  /** Protocol number behind all extension headers (17 UDP, 6 TCP). */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Whether the capture cut the payload short of what the header says. */
  readonly cut: boolean;
}

export type IpFaultCode =
  | 'ip-version'
  | 'ip-truncated'
  | 'ip-header-length'
  | 'ip-total-length'
  | 'ip-fragment';

type IpResult = Result<IpPacket, { readonly code: IpFaultCode; readonly offset: number }>;

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const ipv4Text = (bytes: Uint8Array, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/** Canonical text of an IPv6 address (RFC 5952). */
const ipv6Text = (bytes: Uint8Array, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, index) => word(bytes, at + index * 2).toString(16));
  const runs = groups.join(':').matchAll(/(?<![^:])0(?::0)+(?![^:])/g);
  let longest = '';
  let from = 0;
  for (const run of runs) {
    if (run[0].length > longest.length) [longest, from] = [run[0], run.index];
  }
  const text = groups.join(':');
  if (longest === '') return text;
  const before = text.slice(0, from).replace(/:$/, '');
  const after = text.slice(from + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
};

const parseIpv4 = (bytes: Uint8Array): IpResult => {
  if (bytes.length < 20) return fault('ip-truncated', bytes.length);
  const headerLength = ((bytes[0] ?? 0) & 15) * 4;
  if (headerLength < 20) return fault('ip-header-length', 0);
  if (bytes.length < headerLength) return fault('ip-truncated', bytes.length);
  // A length of 0 is what segmentation offload leaves in a packet captured before it was cut up.
  const told = word(bytes, 2) === 0 ? bytes.length : word(bytes, 2);
  if (told < headerLength) return fault('ip-total-length', 2);
  const flags = word(bytes, 6);
  if ((flags & 0x3fff) !== 0) return fault('ip-fragment', 6);
  return ok({
    source: ipv4Text(bytes, 12),
    destination: ipv4Text(bytes, 16),
    protocol: bytes[9] ?? 0,
    payload: bytes.subarray(headerLength, told),
    cut: told > bytes.length,
  });
};

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;

const parseIpv6 = (bytes: Uint8Array): IpResult => {
  if (bytes.length < 40) return fault('ip-truncated', bytes.length);
  const told = word(bytes, 4) === 0 ? bytes.length : 40 + word(bytes, 4);
  let protocol = bytes[6] ?? 0;
  let at = 40;
  while ([HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS].includes(protocol)) {
    if (at + 8 > Math.min(told, bytes.length)) {
      return fault('ip-truncated', Math.min(at, bytes.length));
    }
    // A fragment header without offset and more-flag is an atomic fragment (RFC 6946).
    if (protocol === FRAGMENT && (word(bytes, at + 2) & 0xfff9) !== 0) {
      return fault('ip-fragment', at + 2);
    }
    const length = protocol === FRAGMENT ? 8 : ((bytes[at + 1] ?? 0) + 1) * 8;
    if (at + length > told) return fault('ip-header-length', at);
    protocol = bytes[at] ?? 0;
    at += length;
  }
  return ok({
    source: ipv6Text(bytes, 8),
    destination: ipv6Text(bytes, 24),
    protocol,
    payload: bytes.subarray(at, told),
    cut: told > bytes.length,
  });
};

/** Reads an IPv4 (RFC 791) or IPv6 (RFC 8200) packet; fragments are refused as `ip-fragment`. */
export const parseIp = (bytes: Uint8Array): IpResult => {
  const [first] = bytes;
  if (first === undefined) return fault('ip-truncated', 0);
  if (first >> 4 === 4) return parseIpv4(bytes);
  return first >> 4 === 6 ? parseIpv6(bytes) : fault('ip-version', 0);
};

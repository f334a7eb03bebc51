import { fault, ok, type Result } from '../../reference/core/result.ts';
import { word16, word32 } from './bytes-at.ts';
import { ipv4Text, ipv6Text } from './ip-address.ts';

/** Where a fragment belongs in its datagram (RFC 791 section 3.2, RFC 8200 section 4.5). */
export interface FragmentPlace {
  readonly identification: number;
  /** Bytes. */
  readonly offset: number;
  /** Whether others follow. */
  readonly more: boolean;
}

/** An IP packet's addresses as text and its payload. */
export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  /** Protocol number behind all extension headers (17 UDP, 6 TCP); of a fragment, what its fragment header says. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Whether the capture cut the payload short of what the header says. */
  readonly cut: boolean;
  /** Null in a packet that is whole. */
  readonly fragment: FragmentPlace | null;
}

export type IpFaultCode =
  | 'ip-version'
  | 'ip-truncated'
  | 'ip-header-length'
  | 'ip-total-length'
  | 'ip-fragment';

type IpResult = Result<IpPacket, { readonly code: IpFaultCode; readonly offset: number }>;

const readIpv4 = (bytes: Uint8Array): IpResult => {
  if (bytes.length < 20) return fault('ip-truncated', bytes.length);
  const headerLength = ((bytes[0] ?? 0) & 15) * 4;
  if (headerLength < 20) return fault('ip-header-length', 0);
  if (bytes.length < headerLength) return fault('ip-truncated', bytes.length);
  // A length of 0 is what segmentation offload leaves in a packet captured before it was cut up.
  const told = word16(bytes, 2) === 0 ? bytes.length : word16(bytes, 2);
  if (told < headerLength) return fault('ip-total-length', 2);
  const flags = word16(bytes, 6);
  const isFragment = (flags & 0x3fff) !== 0;
  return ok({
    source: ipv4Text(bytes, 12),
    destination: ipv4Text(bytes, 16),
    protocol: bytes[9] ?? 0,
    payload: bytes.subarray(headerLength, told),
    cut: told > bytes.length,
    fragment: isFragment
      ? {
          identification: word16(bytes, 4),
          offset: (flags & 0x1fff) * 8,
          more: (flags & 0x2000) !== 0,
        }
      : null,
  });
};

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;
const extensions: ReadonlySet<number> = new Set([
  HOP_BY_HOP,
  ROUTING,
  FRAGMENT,
  AUTHENTICATION,
  DESTINATION_OPTIONS,
  MOBILITY,
  HOST_IDENTITY,
  SHIM6,
]);

const extensionLength = (protocol: number, lengthField: number): number => {
  if (protocol === FRAGMENT) return 8;
  // RFC 4302 section 2.2 counts words of 4 bytes less two.
  return protocol === AUTHENTICATION ? (lengthField + 2) * 4 : (lengthField + 1) * 8;
};

/** What follows the extension headers from `from` on. */
interface Behind {
  readonly protocol: number;
  readonly at: number;
  readonly fragment: FragmentPlace | null;
}

const skipExtensions = (
  bytes: Uint8Array,
  first: number,
  from: number,
  told: number,
): Result<Behind, { readonly code: IpFaultCode; readonly offset: number }> => {
  let protocol = first;
  let at = from;
  while (extensions.has(protocol)) {
    if (at + 8 > Math.min(told, bytes.length)) {
      return fault('ip-truncated', Math.min(at, bytes.length));
    }
    const length = extensionLength(protocol, bytes[at + 1] ?? 0);
    if (at + length > told) return fault('ip-header-length', at);
    const place = word16(bytes, at + 2);
    // A fragment header without offset and more-flag is an atomic fragment (RFC 6946).
    const isFragment = protocol === FRAGMENT && (place & 0xfff9) !== 0;
    protocol = bytes[at] ?? 0;
    at += length;
    if (!isFragment) continue;
    const identification = word32(bytes, at - 4);
    const fragment = { identification, offset: place & 0xfff8, more: (place & 1) !== 0 };
    return ok({ protocol, at, fragment });
  }
  return ok({ protocol, at, fragment: null });
};

const readIpv6 = (bytes: Uint8Array): IpResult => {
  if (bytes.length < 40) return fault('ip-truncated', bytes.length);
  const told = word16(bytes, 4) === 0 ? bytes.length : 40 + word16(bytes, 4);
  const behind = skipExtensions(bytes, bytes[6] ?? 0, 40, told);
  if (!behind.ok) return behind;
  const { protocol, at, fragment } = behind.value;
  return ok({
    source: ipv6Text(bytes, 8),
    destination: ipv6Text(bytes, 24),
    protocol,
    payload: bytes.subarray(at, told),
    cut: told > bytes.length,
    fragment,
  });
};

/** Reads an IPv4 (RFC 791) or IPv6 (RFC 8200) packet, or a fragment of one. */
export const readIp = (bytes: Uint8Array): IpResult => {
  const [first] = bytes;
  if (first === undefined) return fault('ip-truncated', 0);
  if (first >> 4 === 4) return readIpv4(bytes);
  return first >> 4 === 6 ? readIpv6(bytes) : fault('ip-version', 0);
};

/** A reassembled datagram as the packet it would have been; an IPv6 one may begin with extension headers. */
export const reassembled = (fragment: IpPacket, payload: Uint8Array): IpResult => {
  const whole = { ...fragment, fragment: null, cut: false };
  if (!extensions.has(fragment.protocol) || !fragment.source.includes(':'))
    return ok({ ...whole, payload });
  const behind = skipExtensions(payload, fragment.protocol, 0, payload.length);
  if (!behind.ok) return behind;
  const { protocol, at, fragment: nested } = behind.value;
  // A fragment inside a datagram made of fragments has no honest use.
  return nested
    ? fault('ip-fragment', at)
    : ok({ ...whole, protocol, payload: payload.subarray(at) });
};

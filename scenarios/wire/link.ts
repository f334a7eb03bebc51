import { fault, ok, type Result } from '../../reference/core/result.ts';
import { linkTypes } from './capture-item.ts';

/** What a link-layer header says lies behind it. */
export interface LinkPayload {
  /** EtherType of the payload (0x0800 IPv4, 0x86DD IPv6). */
  readonly etherType: number;
  /** Where the payload starts, in bytes from the start of the packet. */
  readonly offset: number;
}

export type LinkFaultCode = 'link-unknown' | 'link-truncated' | 'link-family';

type LinkResult = Result<LinkPayload, { readonly code: LinkFaultCode; readonly offset: number }>;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** EtherTypes that only announce a tag of four bytes before the real one (IEEE 802.1Q, 802.1ad). */
const VLAN = new Set([0x8100, 0x88a8]);
/** AF_INET6 in the null header on Linux, the BSDs and macOS. */
const FAMILY_IPV6 = new Set([10, 24, 28, 30]);

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const ethernet = (bytes: Uint8Array): LinkResult => {
  let at = 12;
  while (VLAN.has(word(bytes, at))) at += 4;
  if (bytes.length < at + 2) return fault('link-truncated', bytes.length);
  return ok({ etherType: word(bytes, at), offset: at + 2 });
};

const rawIp = (bytes: Uint8Array): LinkResult => {
  const [first] = bytes;
  if (first === undefined) return fault('link-truncated', 0);
  if (first >> 4 === 4) return ok({ etherType: IPV4, offset: 0 });
  return first >> 4 === 6 ? ok({ etherType: IPV6, offset: 0 }) : fault('link-family', 0);
};

const family = (bytes: Uint8Array): LinkResult => {
  if (bytes.length < 4) return fault('link-truncated', bytes.length);
  // Host byte order of the capturing machine (null) or network order (loop); families are below 256, so one byte is set.
  const value = (bytes[0] ?? 0) | (bytes[3] ?? 0);
  if (value === 2) return ok({ etherType: IPV4, offset: 4 });
  return FAMILY_IPV6.has(value) ? ok({ etherType: IPV6, offset: 4 }) : fault('link-family', 0);
};

const cooked = (bytes: Uint8Array, typeAt: number, length: number): LinkResult =>
  bytes.length < length
    ? fault('link-truncated', bytes.length)
    : ok({ etherType: word(bytes, typeAt), offset: length });

/** Reads a link-layer header: Ethernet (with VLAN tags), raw IP, Linux cooked 1 and 2, null and loop. */
export const parseLink = (linkType: number, bytes: Uint8Array): LinkResult => {
  switch (linkType) {
    case linkTypes.ethernet:
      return ethernet(bytes);
    case linkTypes.rawIp:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
      return rawIp(bytes);
    case linkTypes.null:
    case linkTypes.loop:
      return family(bytes);
    case linkTypes.linuxCooked:
      return cooked(bytes, 14, 16);
    case linkTypes.linuxCooked2:
      return cooked(bytes, 0, 20);
    default:
      return fault('link-unknown', 0);
  }
};

import { fault, ok, type Result } from '../../reference/core/result.ts';
import { word16 } from './bytes-at.ts';
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

/** {@link LinkPayload} filled in place, or why it could not be, with the offset in the packet. */
export interface LinkReading {
  etherType: number;
  offset: number;
  fault: LinkFaultCode | null;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** EtherTypes that only announce a tag of four bytes before the real one (IEEE 802.1Q, 802.1ad, and what came before it). */
const isVlan = (etherType: number): boolean =>
  etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100;
/** AF_INET6 in the null header on Linux, the BSDs and macOS. */
const FAMILY_IPV6 = new Set([10, 24, 28, 30]);

const found = (reading: LinkReading, etherType: number, offset: number): void => {
  reading.etherType = etherType;
  reading.offset = offset;
  reading.fault = null;
};

const refused = (reading: LinkReading, fault: LinkFaultCode, offset: number): void => {
  reading.offset = offset;
  reading.fault = fault;
};

const ethernet = (reading: LinkReading, bytes: Uint8Array, from: number, to: number): void => {
  let at = from + 12;
  let etherType = at + 2 <= to ? word16(bytes, at) : 0;
  while (isVlan(etherType)) {
    at += 4;
    etherType = at + 2 <= to ? word16(bytes, at) : 0;
  }
  if (at + 2 > to) refused(reading, 'link-truncated', to - from);
  else found(reading, etherType, at + 2 - from);
};

const rawIp = (reading: LinkReading, bytes: Uint8Array, from: number, to: number): void => {
  if (from >= to) {
    refused(reading, 'link-truncated', 0);
    return;
  }
  const version = (bytes[from] ?? 0) >> 4;
  if (version === 4) found(reading, IPV4, 0);
  else if (version === 6) found(reading, IPV6, 0);
  else refused(reading, 'link-family', 0);
};

const family = (reading: LinkReading, bytes: Uint8Array, from: number, to: number): void => {
  if (to - from < 4) {
    refused(reading, 'link-truncated', to - from);
    return;
  }
  // Host byte order of the capturing machine (null) or network order (loop); families are below 256, so one byte is set.
  const value = (bytes[from] ?? 0) | (bytes[from + 3] ?? 0);
  if (value === 2) found(reading, IPV4, 4);
  else if (FAMILY_IPV6.has(value)) found(reading, IPV6, 4);
  else refused(reading, 'link-family', 0);
};

/** A tag of four bytes may follow the cooked header too, announced by its protocol field. */
const cooked = (
  reading: LinkReading,
  bytes: Uint8Array,
  from: number,
  to: number,
  typeAt: number,
  length: number,
): void => {
  if (to - from < length) {
    refused(reading, 'link-truncated', to - from);
    return;
  }
  let etherType = word16(bytes, from + typeAt);
  let at = length;
  while (isVlan(etherType) && from + at + 4 <= to) {
    etherType = word16(bytes, from + at + 2);
    at += 4;
  }
  found(reading, etherType, at);
};

/** Reads a link-layer header in place; see {@link parseLink}. */
export const readLink = (
  reading: LinkReading,
  linkType: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void => {
  switch (linkType) {
    case linkTypes.ethernet:
      ethernet(reading, bytes, from, to);
      break;
    case linkTypes.rawBsd:
    case linkTypes.rawOpenBsd:
    case linkTypes.rawIp:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
      rawIp(reading, bytes, from, to);
      break;
    case linkTypes.null:
    case linkTypes.loop:
      family(reading, bytes, from, to);
      break;
    case linkTypes.linuxCooked:
      cooked(reading, bytes, from, to, 14, 16);
      break;
    case linkTypes.linuxCooked2:
      cooked(reading, bytes, from, to, 0, 20);
      break;
    default:
      refused(reading, 'link-unknown', 0);
  }
};

/** Reads a link-layer header: Ethernet (with VLAN tags), raw IP, Linux cooked 1 and 2, null and loop. */
export const parseLink = (linkType: number, bytes: Uint8Array): LinkResult => {
  const reading: LinkReading = { etherType: 0, offset: 0, fault: null };
  readLink(reading, linkType, bytes, 0, bytes.length);
  const { etherType, offset } = reading;
  return reading.fault === null ? ok({ etherType, offset }) : fault(reading.fault, offset);
};

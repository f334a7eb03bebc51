import { BlockList, isIPv4 } from 'node:net';

/** The parts of an address with its prefix length, such as 10.1.0.0/24. */
export interface Prefix {
  readonly address: string;
  /** Bits. */
  readonly length: number;
}

/** Splits what the schema has found to be a prefix. */
export const prefixOf = (text: string): Prefix => {
  const slash = text.lastIndexOf('/');
  return { address: text.slice(0, slash), length: Number(text.slice(slash + 1)) };
};

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** Whether an address lies in a prefix. */
export const contains = (prefix: string, address: string): boolean => {
  const { address: base, length } = prefixOf(prefix);
  if (family(base) !== family(address)) return false;
  const list = new BlockList();
  list.addSubnet(base, length, family(base));
  return list.check(address, family(address));
};

const ipv4Number = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

/** Place of an IPv4 address in a prefix of that length, and how many addresses the prefix has. */
const placeIn = (address: string, length: number): { readonly at: number; readonly of: number } => {
  const of = 2 ** (32 - length);
  return { at: ipv4Number(address) % of, of };
};

/** Whether an IPv4 prefix is written by its first address, as a route must be. */
export const isNetwork = (prefix: string): boolean => {
  const { address, length } = prefixOf(prefix);
  return placeIn(address, length).at === 0;
};

/** Whether an IPv4 address is one that a prefix keeps for itself: its first, the network, or its last, for broadcasts (RFC 919). */
export const isReserved = (prefix: string, address: string): boolean => {
  const { length } = prefixOf(prefix);
  const { at, of } = placeIn(address, length);
  return length < 31 && (at === 0 || at === of - 1);
};

/** Whether two prefixes share an address: then one holds the other's first. */
export const overlap = (left: string, right: string): boolean =>
  contains(left, prefixOf(right).address) || contains(right, prefixOf(left).address);

/** One text for each address, however it was written (RFC 5952). */
export const canonical = (address: string): string =>
  isIPv4(address) ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1);

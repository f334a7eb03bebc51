import { concat, fromLatin1, latin1 } from '../bytes.ts';
import { derElement, derSequence } from './der-write.ts';
import { derTag, type DerNode } from './der.ts';
import { ipAddressBytes } from './ip-address.ts';

/** Names of subjectAltName by their form (RFC 5280 section 4.2.1.6). */
export interface HostNames {
  readonly dnsNames: readonly string[];
  /** Addresses of 4 or 16 bytes. */
  readonly ipAddresses: readonly Uint8Array[];
}

/** Subtrees of one side of the extension: DNS names, and addresses each followed by its mask (8 or 32 bytes). */
export interface NameSubtrees {
  readonly dnsNames: readonly string[];
  readonly ipRanges: readonly Uint8Array[];
}

/** The name constraints of an authority (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  readonly permitted: NameSubtrees;
  readonly excluded: NameSubtrees;
  /** Whether other forms of names are constrained, which this system cannot check. */
  readonly hasOtherForms: boolean;
}

interface Side extends NameSubtrees {
  readonly hasOtherForms: boolean;
}

const tags = { permitted: 0xa0, excluded: 0xa1, dnsName: 0x82, ipAddress: 0x87 } as const;
const none: Side = { dnsNames: [], ipRanges: [], hasOtherForms: false };

const readSide = (side: DerNode | undefined): Side | undefined => {
  if (side === undefined) return none;
  if (side.children.length === 0) return undefined;
  const bases: DerNode[] = [];
  for (const subtree of side.children) {
    const [base, ...bounds] = subtree.children;
    // minimum is 0, which DER leaves out, and maximum is absent (RFC 5280 section 4.2.1.10).
    if (subtree.tag !== derTag.sequence || base === undefined || bounds.length > 0)
      return undefined;
    bases.push(base);
  }
  const of = (tag: number): readonly Uint8Array[] =>
    bases.filter((base) => base.tag === tag).map(({ content }) => content);
  const dnsNames = of(tags.dnsName).map(latin1);
  const ipRanges = of(tags.ipAddress);
  if (dnsNames.some((name) => !/^[\x21-\x7e]*$/.test(name))) return undefined;
  if (ipRanges.some(({ length }) => length !== 8 && length !== 32)) return undefined;
  return { dnsNames, ipRanges, hasOtherForms: dnsNames.length + ipRanges.length < bases.length };
};

/** Reads the value of the extension; undefined where it is malformed. */
export const readNameConstraints = (value: DerNode): NameConstraints | undefined => {
  const [first, second, ...rest] = value.children;
  if (value.tag !== derTag.sequence || first === undefined || rest.length > 0) return undefined;
  const isOrdered =
    second === undefined
      ? first.tag === tags.permitted || first.tag === tags.excluded
      : first.tag === tags.permitted && second.tag === tags.excluded;
  if (!isOrdered) return undefined;
  const permitted = readSide(first.tag === tags.permitted ? first : undefined);
  const excluded = readSide(first.tag === tags.excluded ? first : second);
  if (permitted === undefined || excluded === undefined) return undefined;
  const hasOtherForms = permitted.hasOtherForms || excluded.hasOtherForms;
  return { permitted, excluded, hasOtherForms };
};

/** A DNS name satisfies a constraint when it is made by adding labels on the left, or none; an empty constraint is every name. */
const isBelow = (name: string, constraint: string): boolean => {
  const [own, limit] = [name.toLowerCase(), constraint.toLowerCase()];
  return limit === '' || own === limit || own.endsWith(limit.startsWith('.') ? limit : `.${limit}`);
};

const isInRange = (address: Uint8Array, range: Uint8Array): boolean =>
  range.length === address.length * 2 &&
  address.every((byte, index) => {
    const mask = range[address.length + index] ?? 0;
    return (byte & mask) === ((range[index] ?? 0) & mask);
  });

const isAllowed = <Name, Limit>(
  names: readonly Name[],
  permitted: readonly Limit[],
  excluded: readonly Limit[],
  matches: (name: Name, limit: Limit) => boolean,
): boolean =>
  names.every(
    (name) =>
      (permitted.length === 0 || permitted.some((limit) => matches(name, limit))) &&
      !excluded.some((limit) => matches(name, limit)),
  );

/** Whether every name is in a permitted subtree, where its form has any, and in no excluded one (RFC 5280 section 6.1.3 (b), (c)). */
export const allowsNames = (
  { permitted, excluded }: NameConstraints,
  { dnsNames, ipAddresses }: HostNames,
): boolean =>
  isAllowed(dnsNames, permitted.dnsNames, excluded.dnsNames, isBelow) &&
  isAllowed(ipAddresses, permitted.ipRanges, excluded.ipRanges, isInRange);

const subtrees = (tag: number, bases: readonly Uint8Array[]): Uint8Array =>
  bases.length === 0
    ? new Uint8Array()
    : derElement(tag, ...bases.map((base) => derSequence(base)));

/**
 * DER of the extension's value that permits these hosts (addresses or DNS names, and names below those) and no other: a form
 * without a permitted host is excluded wholly.
 */
export const onlyHosts = (hosts: readonly string[]): Uint8Array => {
  const addresses = hosts.map(ipAddressBytes).filter((bytes) => bytes !== undefined);
  const names = hosts.filter((host) => ipAddressBytes(host) === undefined);
  const every = [4, 16].map((length) => new Uint8Array(2 * length));
  const range = (bytes: Uint8Array): Uint8Array => derElement(tags.ipAddress, bytes);
  const permitted = [
    ...names.map((name) => derElement(tags.dnsName, fromLatin1(name))),
    ...addresses.map((bytes) => range(concat(bytes, new Uint8Array(bytes.length).fill(0xff)))),
  ];
  const excluded = [
    ...(names.length === 0 ? [derElement(tags.dnsName)] : []),
    ...(addresses.length === 0 ? every.map(range) : []),
  ];
  return derSequence(subtrees(tags.permitted, permitted), subtrees(tags.excluded, excluded));
};

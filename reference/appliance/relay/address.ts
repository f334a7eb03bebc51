import { isIPv6, SocketAddress } from 'node:net';

/** Bytes of the longer socket address, `sockaddr_in6`; that of IPv4 has 16. */
export const socketAddressLength = 28;

/** AF_INET and AF_INET6 of Linux. */
const families = { ipv4: 2, ipv6: 10 } as const;

/** One spelling for each address: IPv6 as RFC 5952 writes it and without a zone, an IPv4 address inside IPv6 (RFC 4291 section 2.5.5.2) as IPv4. */
export const canonicalAddress = (text: string): string => {
  const address = text.replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const { address: written } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:([0-9]+\.[0-9.]+)$/.exec(written)?.[1] ?? written;
};

const groupsOf = (part: string): readonly number[] =>
  part === ''
    ? []
    : part.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });

const ipv6Groups = (address: string): readonly number[] => {
  const [head = '', tail] = address.split('::');
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return [...front, ...zeros, ...back];
};

/** Writes the socket address (see ip(7), ipv6(7)) of a canonical address into the first 28 bytes of `into`; gives its length. Little-endian machines only. */
export const writeSocketAddress = (into: Uint8Array, address: string, port: number): number => {
  into.fill(0, 0, socketAddressLength);
  const isVersion6 = isIPv6(address);
  into[0] = isVersion6 ? families.ipv6 : families.ipv4;
  into[2] = port >>> 8;
  into[3] = port & 0xff;
  if (!isVersion6) {
    into.set(address.split('.').map(Number), 4);
    return 16;
  }
  ipv6Groups(address).forEach((group, index) => {
    into[8 + index * 2] = group >>> 8;
    into[9 + index * 2] = group & 0xff;
  });
  return socketAddressLength;
};

/** Port of a socket address that begins at `at`. */
export const socketAddressPort = (bytes: Uint8Array, at: number): number =>
  (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);

/** Canonical address of a socket address that begins at `at`. */
export const readSocketAddress = (bytes: Uint8Array, at: number): string => {
  if (bytes[at] === families.ipv4) return bytes.subarray(at + 4, at + 8).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => {
    const from = at + 8 + index * 2;
    return ((bytes[from] ?? 0) * 256 + (bytes[from + 1] ?? 0)).toString(16);
  });
  return canonicalAddress(groups.join(':'));
};

/** Bytes of four decimal numbers (RFC 3986 section 3.2.2), without leading zeros; undefined for anything else. */
const ipv4Bytes = (text: string): readonly number[] | undefined => {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  const bytes = parts.map(Number);
  return valid && bytes.every((byte) => byte <= 255) ? bytes : undefined;
};

/** Bytes of groups between colons; the last may be an IPv4 address (RFC 4291 section 2.2). */
const groupBytes = (text: string): readonly number[] | undefined => {
  if (text === '') return [];
  const groups = text.split(':').map((group, index, all) => {
    if (group.includes('.')) return index === all.length - 1 ? ipv4Bytes(group) : undefined;
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return groups.every((group) => group !== undefined) ? groups.flat() : undefined;
};

const ipv6Bytes = (text: string): readonly number[] | undefined => {
  const halves = text.split('::');
  const [head, tail] = halves.map(groupBytes);
  if (halves.length === 1) return head?.length === 16 ? head : undefined;
  if (halves.length !== 2 || head === undefined || tail === undefined) return undefined;
  const gap = 16 - head.length - tail.length;
  return gap >= 2 ? [...head, ...Array.from({ length: gap }, () => 0), ...tail] : undefined;
};

/** The 4 or 16 bytes of an IP address as text, as an iPAddress holds them (RFC 5280 section 4.2.1.6); undefined for a name. Scoped addresses are none. */
export const ipAddressBytes = (text: string): Uint8Array | undefined => {
  const bytes = ipv4Bytes(text) ?? (text.includes(':') ? ipv6Bytes(text) : undefined);
  return bytes && Uint8Array.from(bytes);
};

import { isIP } from 'node:net';
import { concat, toHex, utf8 } from '../../reference/core/bytes.ts';

/** Versions with a name; an offer may carry any other number. */
const versionNumbers = {
  SSLv2: 0x0002,
  SSLv3: 0x0300,
  'TLSv1.0': 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
} as const;

/** A protocol version by name, or any 16-bit number. */
export type TlsVersion = keyof typeof versionNumbers | number;

/** What one ClientHello offers. */
export interface HelloOffer {
  readonly version: TlsVersion;
  /** Suite numbers in order; not used for SSLv2, whose seven cipher kinds are all offered. */
  readonly suites: readonly number[];
  /** TLS 1.3 only: a real X25519 share (default), or none, which asks for a HelloRetryRequest (RFC 8446 section 4.2.8). */
  readonly keyShare?: 'x25519' | 'empty';
  /** Name asked for (RFC 6066 section 3); none where it is left out or an address. */
  readonly serverName?: string;
}

/** Values that change with every hello. */
export interface HelloFreshness {
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 32 bytes: the middlebox session identifier of TLS 1.3. */
  readonly session: Uint8Array;
  /** 32 bytes: an X25519 public key. */
  readonly share: Uint8Array;
}

/** What a server's first bytes say. */
export type ServerAnswer =
  | { readonly kind: 'accepted'; readonly version: TlsVersion; readonly suite: number }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'sslv2-error'; readonly code: number }
  | { readonly kind: 'garbage'; readonly firstBytes: string }
  | {
      readonly kind: 'incomplete';
      /** A warning alert that came first, such as unrecognized_name. */
      readonly warning?: { readonly level: number; readonly description: number };
    };

const sslv2CipherKinds = [
  0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0,
] as const;
const renegotiationScsv = 0x00ff;
const groups = [
  0x001d, 0x0017, 0x001e, 0x0019, 0x0018, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
] as const;
const signatureAlgorithms = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401,
  0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602, 0x0203, 0x0201, 0x0202,
] as const;

/** Number of a version, named or not. */
export const versionNumber = (version: TlsVersion): number =>
  typeof version === 'number' ? version : versionNumbers[version];

const versionOf = (number: number): TlsVersion => {
  for (const [name, value] of Object.entries(versionNumbers))
    if (value === number) return name as keyof typeof versionNumbers;
  return number;
};

const uint8 = (value: number): Uint8Array => Uint8Array.of(value & 0xff);
const uint16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 0xff, value & 0xff);
const uint24 = (value: number): Uint8Array =>
  Uint8Array.of((value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
const uint16s = (values: readonly number[]): Uint8Array => concat(...values.map(uint16));
const vector8 = (content: Uint8Array): Uint8Array => concat(uint8(content.length), content);
const vector16 = (content: Uint8Array): Uint8Array => concat(uint16(content.length), content);
const extension = (type: number, content: Uint8Array): Uint8Array =>
  concat(uint16(type), vector16(content));

const nameExtension = (name: string | undefined): readonly Uint8Array[] =>
  name === undefined || name === '' || isIP(name) > 0
    ? []
    : [extension(0, vector16(concat(uint8(0), vector16(utf8(name)))))];

const usualExtensions = (number: number): readonly Uint8Array[] => [
  extension(0xff01, vector8(new Uint8Array(0))),
  extension(10, vector16(uint16s(groups))),
  extension(11, vector8(Uint8Array.of(0, 1, 2))),
  ...(number >= 0x0303 ? [extension(13, vector16(uint16s(signatureAlgorithms)))] : []),
  extension(23, new Uint8Array(0)),
];

const tls13Extensions = (offer: HelloOffer, share: Uint8Array): readonly Uint8Array[] => [
  extension(43, vector8(uint16(0x0304))),
  extension(45, vector8(Uint8Array.of(1))),
  extension(
    51,
    vector16(
      offer.keyShare === 'empty' ? new Uint8Array(0) : concat(uint16(0x001d), vector16(share)),
    ),
  ),
];

const sslv2Hello = (random: Uint8Array): Uint8Array => {
  const kinds = concat(...sslv2CipherKinds.map(uint24));
  const challenge = random.subarray(0, 16);
  const body = concat(
    uint8(1),
    uint16(0x0002),
    uint16(kinds.length),
    uint16(0),
    uint16(challenge.length),
    kinds,
    challenge,
  );
  return concat(uint16(0x8000 | body.length), body);
};

/** The bytes of a ClientHello in one record, with the extensions that a real client of the version sends (SSL 3 has none). */
export const clientHello = (offer: HelloOffer, fresh: HelloFreshness): Uint8Array => {
  const number = versionNumber(offer.version);
  if (number === versionNumbers.SSLv2) return sslv2Hello(fresh.random);
  const modern = number === versionNumbers['TLSv1.3'];
  const plain = number <= versionNumbers.SSLv3;
  const suites = plain ? [...offer.suites, renegotiationScsv] : offer.suites;
  const extensions = concat(
    ...nameExtension(offer.serverName),
    ...usualExtensions(number),
    ...(modern ? tls13Extensions(offer, fresh.share) : []),
  );
  const body = concat(
    uint16(modern ? versionNumbers['TLSv1.2'] : number),
    fresh.random,
    vector8(modern ? fresh.session : new Uint8Array(0)),
    vector16(uint16s(suites)),
    vector8(uint8(0)),
    plain ? new Uint8Array(0) : vector16(extensions),
  );
  const handshake = concat(uint8(1), uint24(body.length), body);
  return concat(
    uint8(22),
    uint16(plain ? versionNumbers.SSLv3 : versionNumbers['TLSv1.0']),
    vector16(handshake),
  );
};

const garbage = (bytes: Uint8Array): ServerAnswer => ({
  kind: 'garbage',
  firstBytes: toHex(bytes.subarray(0, 32)),
});

const read16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const selectedVersion = (body: Uint8Array, extensionsAt: number): number => {
  const end = Math.min(body.length, extensionsAt + 2 + read16(body, extensionsAt));
  let at = extensionsAt + 2;
  while (at + 4 <= end) {
    const length = read16(body, at + 2);
    if (read16(body, at) === 43 && length === 2 && at + 6 <= end) return read16(body, at + 4);
    at += 4 + length;
  }
  return read16(body, 0);
};

const readServerHello = (body: Uint8Array, all: Uint8Array): ServerAnswer => {
  const sessionLength = body[34] ?? 33;
  const suiteAt = 35 + sessionLength;
  if (sessionLength > 32 || body.length < suiteAt + 3) return garbage(all);
  const version = versionOf(selectedVersion(body, suiteAt + 3));
  return { kind: 'accepted', version, suite: read16(body, suiteAt) };
};

const readSslv2 = (bytes: Uint8Array): ServerAnswer => {
  if (bytes.length < 3) return { kind: 'incomplete' };
  if (bytes[2] !== 0 && bytes[2] !== 4) return garbage(bytes);
  const length = read16(bytes, 0) & 0x7fff;
  if (bytes.length < length + 2) return { kind: 'incomplete' };
  const body = bytes.subarray(2, 2 + length);
  if (body[0] === 0 && length === 3) return { kind: 'sslv2-error', code: read16(body, 1) };
  if (body[0] !== 4 || length < 11) return garbage(bytes);
  const kindsAt = 11 + read16(body, 5);
  const suite = read16(body, 7) >= 3 ? ((body[kindsAt] ?? 0) << 16) | read16(body, kindsAt + 1) : 0;
  return { kind: 'accepted', version: versionOf(read16(body, 3)), suite };
};

/**
 * Reads a server's first flight as far as its ServerHello (a TLS 1.3 HelloRetryRequest counts) or the first alert that is
 * no mere warning; total. For SSL 2 the suite is the first cipher kind both know, 0 if none.
 */
export const readServerAnswer = (bytes: Uint8Array, offered: TlsVersion): ServerAnswer => {
  if (versionNumber(offered) === versionNumbers.SSLv2 && ((bytes[0] ?? 0) & 0x80) !== 0)
    return readSslv2(bytes);
  let handshake: Uint8Array = new Uint8Array(0);
  let pending: ServerAnswer = { kind: 'incomplete' };
  // Some servers put the version that was offered, whatever it is, in the record of their alert.
  const majors = [3, versionNumber(offered) >> 8];
  for (let at = 0; at < bytes.length;) {
    const type = bytes[at];
    if ((type !== 21 && type !== 22) || !majors.includes(bytes[at + 1] ?? 3)) return garbage(bytes);
    const length = read16(bytes, at + 3);
    if (at + 5 > bytes.length) return pending;
    if (length === 0 || length > 16_384) return garbage(bytes);
    if (at + 5 + length > bytes.length) return pending;
    const content = bytes.subarray(at + 5, at + 5 + length);
    at += 5 + length;
    if (type === 21) {
      const [level = 0, description = 0] = content;
      if (length !== 2) return garbage(bytes);
      if (level !== 1 || description === 0) return { kind: 'alert', level, description };
      pending = { kind: 'incomplete', warning: { level, description } };
    } else {
      handshake = concat(handshake, content);
      if (handshake[0] !== 2) return garbage(bytes);
      const bodyLength = ((handshake[1] ?? 0) << 16) | read16(handshake, 2);
      if (handshake.length >= 4 + bodyLength && handshake.length >= 4)
        return readServerHello(handshake.subarray(4, 4 + bodyLength), bytes);
    }
  }
  return pending;
};

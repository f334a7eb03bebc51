import { fault, ok, type Result } from '../../../reference/core/result.ts';
import { toHex, latin1 } from '../../../reference/core/bytes.ts';
import { cursorOf, type Cursor } from './cursor.ts';
import { keyExchangeOf } from './suites.ts';

/** Handshake message types (RFC 5246 section 7.4, RFC 8446 section 4). */
export const handshakeTypes = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export interface TlsExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** ClientHello (RFC 5246 section 7.4.1.2). */
export interface ClientHello {
  /** The legacy field; see `supportedVersions` for TLS 1.3. */
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suites: readonly number[];
  readonly extensions: readonly TlsExtension[];
  /** From the supported_versions extension; empty without it. */
  readonly supportedVersions: readonly number[];
  /** From the server_name extension, null without it. */
  readonly serverName: string | null;
}

/** ServerHello (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3). */
export interface ServerHello {
  /** The version that was chosen, from supported_versions when it is there. */
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly extensions: readonly TlsExtension[];
  /** Whether this is a HelloRetryRequest (RFC 8446 section 4.1.4). */
  readonly retry: boolean;
}

/** ServerKeyExchange of an ephemeral suite (RFC 5246 section 7.4.3, RFC 8422 section 5.4). */
export type ServerKeyExchange =
  | {
      readonly kind: 'dhe';
      readonly prime: Uint8Array;
      readonly generator: Uint8Array;
      readonly publicValue: Uint8Array;
      readonly signatureAlgorithm: number | null;
    }
  | { readonly kind: 'ecdhe'; readonly namedCurve: number; readonly point: Uint8Array }
  | { readonly kind: 'other' };

/** CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4). */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly authorities: readonly Uint8Array[];
}

/** CertificateVerify of TLS 1.2 (RFC 5246 section 7.4.8). */
export interface CertificateVerify {
  readonly signatureAlgorithm: number;
  readonly signature: Uint8Array;
}

/** NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3). */
export interface NewSessionTicket {
  /** Seconds. */
  readonly lifetime: number;
  readonly ticketLength: number;
}

export type MessageFault = {
  readonly code: 'handshake-truncated' | 'handshake-trailing' | 'handshake-curve';
  readonly offset: number;
};
type Parsed<Value> = Result<Value, MessageFault>;

const done = <Value>(cursor: Cursor, value: Value): Parsed<Value> => {
  if (cursor.short !== null) return fault('handshake-truncated', cursor.short);
  return cursor.left > 0 ? fault('handshake-trailing', cursor.at) : ok(value);
};

const numbers = (bytes: Uint8Array, size: 1 | 2): number[] => {
  const cursor = cursorOf(bytes);
  const found: number[] = [];
  while (cursor.left >= size) found.push(cursor.number(size));
  return found;
};

const extensionsOf = (cursor: Cursor): TlsExtension[] => {
  if (cursor.left === 0) return [];
  const list = cursorOf(cursor.vector(2));
  const found: TlsExtension[] = [];
  while (list.left > 0) {
    const type = list.number(2);
    const data = list.vector(2);
    if (list.short !== null) break;
    found.push({ type, data });
  }
  return found;
};

const SERVER_NAME = 0;
const SUPPORTED_VERSIONS = 43;

const dataOf = (extensions: readonly TlsExtension[], type: number): Uint8Array | undefined =>
  extensions.find((extension) => extension.type === type)?.data;

const serverNameOf = (data: Uint8Array | undefined): string | null => {
  if (!data || data.length < 5) return null;
  const list = cursorOf(cursorOf(data).vector(2));
  return list.number(1) === 0 ? latin1(list.vector(2)) : null;
};

/** Reads the body of a ClientHello. */
export const parseClientHello = (body: Uint8Array): Parsed<ClientHello> => {
  const cursor = cursorOf(body);
  const version = cursor.number(2);
  const random = cursor.bytes(32);
  const sessionId = cursor.vector(1);
  const suites = numbers(cursor.vector(2), 2);
  cursor.vector(1);
  const extensions = extensionsOf(cursor);
  const versions = dataOf(extensions, SUPPORTED_VERSIONS);
  return done(cursor, {
    version,
    random,
    sessionId,
    suites,
    extensions,
    supportedVersions: versions ? numbers(versions.subarray(1), 2) : [],
    serverName: serverNameOf(dataOf(extensions, SERVER_NAME)),
  });
};

const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** Reads the body of a ServerHello. */
export const parseServerHello = (body: Uint8Array): Parsed<ServerHello> => {
  const cursor = cursorOf(body);
  const legacy = cursor.number(2);
  const random = cursor.bytes(32);
  const sessionId = cursor.vector(1);
  const suite = cursor.number(2);
  cursor.number(1);
  const extensions = extensionsOf(cursor);
  const chosen = dataOf(extensions, SUPPORTED_VERSIONS);
  const version = chosen?.length === 2 ? (numbers(chosen, 2)[0] ?? legacy) : legacy;
  const retry = toHex(random) === RETRY_RANDOM;
  return done(cursor, { version, random, sessionId, suite, extensions, retry });
};

/** Reads the body of a Certificate message before TLS 1.3: DER certificates, the sender's first. */
export const parseCertificate = (body: Uint8Array): Parsed<readonly Uint8Array[]> => {
  const cursor = cursorOf(body);
  const list = cursorOf(cursor.vector(3));
  const chain: Uint8Array[] = [];
  while (list.left > 0) chain.push(list.vector(3));
  if (list.short !== null) return fault('handshake-truncated', 3 + list.short);
  return done(cursor, chain);
};

const NAMED_CURVE = 3;
const TLS_1_2 = 0x0303;

/** Reads the body of a ServerKeyExchange; its form depends on suite and version. */
export const parseServerKeyExchange = (
  body: Uint8Array,
  suite: number,
  version: number,
): Parsed<ServerKeyExchange> => {
  const cursor = cursorOf(body);
  switch (keyExchangeOf(suite)) {
    case 'dhe': {
      const prime = cursor.vector(2);
      const generator = cursor.vector(2);
      const publicValue = cursor.vector(2);
      // An anonymous exchange carries no signature.
      const signed = cursor.left > 0;
      const signatureAlgorithm = signed && version >= TLS_1_2 ? cursor.number(2) : null;
      if (signed) cursor.vector(2);
      return done(cursor, { kind: 'dhe', prime, generator, publicValue, signatureAlgorithm });
    }
    case 'ecdhe': {
      if (cursor.number(1) !== NAMED_CURVE) return fault('handshake-curve', 0);
      const namedCurve = cursor.number(2);
      const point = cursor.vector(1);
      cursor.bytes(cursor.left);
      return done(cursor, { kind: 'ecdhe', namedCurve, point });
    }
    case 'other':
      return ok({ kind: 'other' });
  }
};

/** Reads the body of a TLS 1.2 CertificateRequest. */
export const parseCertificateRequest = (body: Uint8Array): Parsed<CertificateRequest> => {
  const cursor = cursorOf(body);
  const certificateTypes = [...cursor.vector(1)];
  const signatureAlgorithms = numbers(cursor.vector(2), 2);
  const list = cursorOf(cursor.vector(2));
  const authorities: Uint8Array[] = [];
  while (list.left > 0) authorities.push(list.vector(2));
  if (list.short !== null) return fault('handshake-truncated', list.short);
  return done(cursor, { certificateTypes, signatureAlgorithms, authorities });
};

/** Reads the body of a TLS 1.2 CertificateVerify. */
export const parseCertificateVerify = (body: Uint8Array): Parsed<CertificateVerify> => {
  const cursor = cursorOf(body);
  const signatureAlgorithm = cursor.number(2);
  return done(cursor, { signatureAlgorithm, signature: cursor.vector(2) });
};

/** Reads the body of a ClientKeyExchange of a Diffie-Hellman suite: the public value (RFC 5246 section 7.4.7.2). */
export const parseClientDhPublic = (body: Uint8Array): Parsed<Uint8Array> => {
  const cursor = cursorOf(body);
  return done(cursor, cursor.vector(2));
};

/** Reads the body of a NewSessionTicket before TLS 1.3. */
export const parseNewSessionTicket = (body: Uint8Array): Parsed<NewSessionTicket> => {
  const cursor = cursorOf(body);
  const lifetime = cursor.number(4);
  return done(cursor, { lifetime, ticketLength: cursor.vector(2).length });
};

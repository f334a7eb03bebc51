import { concat } from '../../../reference/core/bytes.ts';
import { keyExchangeOf } from '../iana-suites.ts';
import { readerOf, type Reader } from './bytes.ts';
import type { ClientHelloFields, HelloExtension } from './outgoing.ts';

/** A ServerHello as it came. */
export interface ServerHelloFields {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: readonly HelloExtension[];
}

/** A signature over the parameters of a key exchange. */
export interface ParametersSignature {
  /** SignatureAndHashAlgorithm; null before TLS 1.2, which names none. */
  readonly algorithm: number | null;
  readonly parameters: Uint8Array;
  readonly signature: Uint8Array;
}

/** A ServerKeyExchange as far as its suite lets it be read. */
export type ServerKeyExchangeFields =
  | {
      readonly kind: 'dh';
      readonly prime: Uint8Array;
      readonly generator: Uint8Array;
      readonly publicValue: Uint8Array;
      readonly signed: ParametersSignature | null;
    }
  | {
      readonly kind: 'ecdh';
      /** Number of the named curve; null for an explicit one. */
      readonly curve: number | null;
      readonly signed: ParametersSignature | null;
    }
  | { readonly kind: 'other' };

/** A CertificateRequest of TLS 1.2 or before. */
export interface CertificateRequestFields {
  readonly certificateTypes: readonly number[];
  /** DER names of the authorities asked for. */
  readonly authorities: readonly Uint8Array[];
}

const extensionsOf = (reader: Reader): readonly HelloExtension[] => {
  const extensions: HelloExtension[] = [];
  if (reader.left() === 0) return extensions;
  const block = readerOf(reader.vector(2));
  while (block.left() > 0 && !block.short())
    extensions.push({ type: block.uint(2), data: block.vector(2) });
  return extensions;
};

/** Reads a ServerHello's body; null where it is cut short. */
export const readServerHello = (body: Uint8Array): ServerHelloFields | null => {
  const reader = readerOf(body);
  const fields = {
    version: reader.uint(2),
    random: reader.take(32),
    sessionId: reader.vector(1),
    suite: reader.uint(2),
    compression: reader.uint(1),
  };
  if (reader.short() || fields.sessionId.length > 32) return null;
  const extensions = extensionsOf(reader);
  return reader.short() ? null : { ...fields, extensions };
};

/** Reads a ClientHello's body; null where it is cut short. */
export const readClientHello = (body: Uint8Array): ClientHelloFields | null => {
  const reader = readerOf(body);
  const version = reader.uint(2);
  const random = reader.take(32);
  const sessionId = reader.vector(1);
  const list = readerOf(reader.vector(2));
  const suites: number[] = [];
  while (list.left() > 0 && !list.short()) suites.push(list.uint(2));
  const compressions = [...reader.vector(1)];
  const extensions = reader.left() === 0 ? null : extensionsOf(reader);
  if (reader.short() || list.short()) return null;
  return { version, random, sessionId, suites, compressions, extensions };
};

/** Reads a Certificate message's body: DER certificates, the server's own first. */
export const readCertificates = (body: Uint8Array): readonly Uint8Array[] | null => {
  const outer = readerOf(body);
  const list = readerOf(outer.vector(3));
  const chain: Uint8Array[] = [];
  while (list.left() > 0 && !list.short()) chain.push(list.vector(3));
  return outer.short() || list.short() ? null : chain;
};

const signedPart = (
  reader: Reader,
  parameters: Uint8Array,
  version: number,
): ParametersSignature | null => {
  if (reader.left() === 0) return null;
  const algorithm = version >= 0x0303 ? reader.uint(2) : null;
  return { algorithm, parameters, signature: reader.vector(2) };
};

const curveParameters = (reader: Reader, body: Uint8Array) => {
  const named = reader.uint(1) === 3;
  if (!named) return null;
  const curve = reader.uint(2);
  reader.vector(1);
  return { curve, parameters: body.subarray(0, body.length - reader.left()) };
};

/** Reads a ServerKeyExchange's body for a suite (RFC 5246 section 7.4.3, RFC 8422 section 5.4); null where it is cut short. */
export const readServerKeyExchange = (
  body: Uint8Array,
  suite: number,
  version: number,
): ServerKeyExchangeFields | null => {
  const reader = readerOf(body);
  const kind = keyExchangeOf(suite);
  if (kind === 'dh') {
    const [prime, generator, publicValue] = [reader.vector(2), reader.vector(2), reader.vector(2)];
    const signed = signedPart(reader, body.subarray(0, body.length - reader.left()), version);
    return reader.short() ? null : { kind, prime, generator, publicValue, signed };
  }
  if (kind !== 'ecdh') return { kind: 'other' };
  const named = curveParameters(reader, body);
  if (!named) return { kind, curve: null, signed: null };
  const signed = signedPart(reader, named.parameters, version);
  return reader.short() ? null : { kind, curve: named.curve, signed };
};

/** Reads a CertificateRequest's body; null where it is cut short. */
export const readCertificateRequest = (
  body: Uint8Array,
  version: number,
): CertificateRequestFields | null => {
  const reader = readerOf(body);
  const certificateTypes = [...reader.vector(1)];
  if (version >= 0x0303) reader.vector(2);
  const list = readerOf(reader.vector(2));
  const authorities: Uint8Array[] = [];
  while (list.left() > 0 && !list.short()) authorities.push(list.vector(2));
  return reader.short() || list.short() ? null : { certificateTypes, authorities };
};

/** One handshake message with its header. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Whole handshake messages at the start of what was collected, and the rest. */
export const cutHandshake = (
  collected: Uint8Array,
): { readonly messages: readonly HandshakeMessage[]; readonly rest: Uint8Array } => {
  const messages: HandshakeMessage[] = [];
  let rest = collected;
  for (;;) {
    const reader = readerOf(rest);
    const type = reader.uint(1);
    const body = reader.vector(3);
    if (reader.short()) return { messages, rest };
    messages.push({ type, body, bytes: concat(rest.subarray(0, 4), body) });
    rest = rest.subarray(4 + body.length);
  }
};

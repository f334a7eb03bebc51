import { concat } from '../../../reference/core/bytes.ts';
import { uint, uint16s, vector } from './bytes.ts';
import type { CertificateRequestFields, ServerHelloFields } from './incoming.ts';

/** One extension as it stands on the wire. */
export interface HelloExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Every field of a ClientHello (RFC 5246 section 7.4.1.2); `extensions` null leaves the whole block out. */
export interface ClientHelloFields {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suites: readonly number[];
  readonly compressions: readonly number[];
  readonly extensions: readonly HelloExtension[] | null;
}

/** Anything one side says, as fields; the bytes are made from these and nothing else. */
export type OutgoingMessage =
  | { readonly kind: 'client-hello'; readonly fields: ClientHelloFields }
  /** DER certificates, the client's own first; empty where it has none. */
  | { readonly kind: 'certificate'; readonly chain: readonly Uint8Array[] }
  | { readonly kind: 'client-key-exchange'; readonly publicValue: Uint8Array }
  | {
      readonly kind: 'certificate-verify';
      /** SignatureAndHashAlgorithm, such as 0x0401. */
      readonly algorithm: number;
      readonly signature: Uint8Array;
    }
  | { readonly kind: 'finished'; readonly verifyData: Uint8Array }
  /** What a server says: its hello, its half of the key exchange (RFC 5246 section 7.4.3), and whose certificates it asks for. */
  | { readonly kind: 'server-hello'; readonly fields: ServerHelloFields }
  | {
      readonly kind: 'server-key-exchange';
      /** dh_p, dh_g and dh_Ys as they stand in ServerDHParams, lengths included. */
      readonly parameters: Uint8Array;
      readonly algorithm: number;
      readonly signature: Uint8Array;
    }
  | { readonly kind: 'certificate-request'; readonly fields: CertificateRequestFields }
  /** Any handshake message by type and body. */
  | { readonly kind: 'handshake'; readonly type: number; readonly body: Uint8Array }
  | { readonly kind: 'change-cipher-spec'; readonly body: Uint8Array }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'application-data'; readonly bytes: Uint8Array }
  /** RFC 6520; `claimedLength` is what the message says of its payload, true or not. */
  | {
      readonly kind: 'heartbeat';
      readonly type: number;
      readonly claimedLength: number;
      readonly payload: Uint8Array;
      readonly padding: Uint8Array;
    }
  /** Bytes put on the wire as they are, in no record. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };

/** Record content types (RFC 5246 section 6.2.1, RFC 6520 section 3). */
export const contentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  heartbeat: 24,
} as const;

/** Extension numbers of the IANA registry that this client sends or looks for. */
export const extensionType = {
  serverName: 0,
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  heartbeat: 15,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  renegotiationInfo: 0xff01,
} as const;

const handshake = (type: number, body: Uint8Array): Uint8Array =>
  concat(uint(type, 1), vector(3, body));

const extensionBlock = (extensions: readonly HelloExtension[]): Uint8Array =>
  vector(2, ...extensions.map(({ type, data }) => concat(uint(type, 2), vector(2, data))));

const helloBody = (fields: ClientHelloFields): Uint8Array =>
  concat(
    uint(fields.version, 2),
    fields.random,
    vector(1, fields.sessionId),
    vector(2, uint16s(fields.suites)),
    vector(1, Uint8Array.from(fields.compressions)),
    fields.extensions === null ? new Uint8Array(0) : extensionBlock(fields.extensions),
  );

/** A ServerHello's body; without extensions it has no block of them (RFC 5246 section 7.4.1.3). */
const serverHelloBody = (fields: ServerHelloFields): Uint8Array =>
  concat(
    uint(fields.version, 2),
    fields.random,
    vector(1, fields.sessionId),
    uint(fields.suite, 2),
    uint(fields.compression, 1),
    fields.extensions.length === 0 ? new Uint8Array(0) : extensionBlock(fields.extensions),
  );

/** The signature algorithms that a server of TLS 1.2 asks a client for: RSA with SHA-256, SHA-384 and SHA-512. */
const requestedAlgorithms = [0x0401, 0x0501, 0x0601];

const requestBody = ({ certificateTypes, authorities }: CertificateRequestFields): Uint8Array =>
  concat(
    vector(1, Uint8Array.from(certificateTypes)),
    vector(2, uint16s(requestedAlgorithms)),
    vector(2, ...authorities.map((name) => vector(2, name))),
  );

/** Content type and bytes of a message; null for raw bytes, which belong to no record. */
export const encodeMessage = (
  message: Exclude<OutgoingMessage, { readonly kind: 'raw' }>,
): { readonly type: number; readonly bytes: Uint8Array } => {
  const ofHandshake = (type: number, body: Uint8Array) => ({
    type: contentType.handshake,
    bytes: handshake(type, body),
  });
  switch (message.kind) {
    case 'client-hello':
      return ofHandshake(1, helloBody(message.fields));
    case 'certificate':
      return ofHandshake(11, vector(3, ...message.chain.map((each) => vector(3, each))));
    case 'client-key-exchange':
      return ofHandshake(16, vector(2, message.publicValue));
    case 'certificate-verify':
      return ofHandshake(15, concat(uint(message.algorithm, 2), vector(2, message.signature)));
    case 'finished':
      return ofHandshake(20, message.verifyData);
    case 'server-hello':
      return ofHandshake(2, serverHelloBody(message.fields));
    case 'server-key-exchange':
      return ofHandshake(
        12,
        concat(message.parameters, uint(message.algorithm, 2), vector(2, message.signature)),
      );
    case 'certificate-request':
      return ofHandshake(13, requestBody(message.fields));
    case 'handshake':
      return ofHandshake(message.type, message.body);
    case 'change-cipher-spec':
      return { type: contentType.changeCipherSpec, bytes: message.body };
    case 'alert':
      return {
        type: contentType.alert,
        bytes: Uint8Array.of(message.level, message.description),
      };
    case 'application-data':
      return { type: contentType.applicationData, bytes: message.bytes };
    case 'heartbeat':
      return {
        type: contentType.heartbeat,
        bytes: concat(
          uint(message.type, 1),
          uint(message.claimedLength, 2),
          message.payload,
          message.padding,
        ),
      };
  }
};

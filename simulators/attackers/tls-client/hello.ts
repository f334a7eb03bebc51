import { isIP } from 'node:net';
import { utf8 } from '../../../reference/core/bytes.ts';
import { uint16s, uint, vector } from './bytes.ts';
import { extensionType, type ClientHelloFields, type HelloExtension } from './outgoing.ts';

/** What a client offers, in words rather than bytes. */
export interface HelloSettings {
  /** Such as 0x0303 for TLS 1.2. */
  readonly version: number;
  readonly suites: readonly number[];
  /** The name asked for; an address is sent in no extension (RFC 6066 section 3). */
  readonly host: string;
  /** How secure renegotiation is announced (RFC 5746); `scsv` unless told. */
  readonly renegotiation?: 'extension' | 'scsv' | 'none';
  /** RFC 7627; offered unless false. */
  readonly extendedMasterSecret?: boolean;
  readonly sessionId?: Uint8Array;
  /** RFC 5077: a ticket to resume with, or empty to ask for one. */
  readonly ticket?: Uint8Array;
  /** Compression methods before null, such as 1 for DEFLATE. */
  readonly compressions?: readonly number[];
  /** RFC 6520: announce that requests may be sent. */
  readonly heartbeat?: boolean;
}

const renegotiationScsv = 0x00ff;
/** Curves only: a server that knows RFC 7919 is left to its own finite-field group, as phones leave it. */
const curves = [0x001d, 0x0017, 0x0018, 0x0019];
const signatureAlgorithms = [
  0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806, 0x0301, 0x0201, 0x0403, 0x0503, 0x0603, 0x0203,
  0x0402, 0x0202, 0x0807, 0x0808,
];

const serverName = (host: string): readonly HelloExtension[] =>
  isIP(host) > 0 || host === ''
    ? []
    : [
        {
          type: extensionType.serverName,
          data: vector(2, uint(0, 1), vector(2, utf8(host))),
        },
      ];

const extensionsFor = (settings: HelloSettings): readonly HelloExtension[] => [
  ...serverName(settings.host),
  ...(settings.renegotiation === 'extension'
    ? [{ type: extensionType.renegotiationInfo, data: vector(1) }]
    : []),
  { type: extensionType.supportedGroups, data: vector(2, uint16s(curves)) },
  { type: extensionType.pointFormats, data: vector(1, Uint8Array.of(0)) },
  ...(settings.ticket ? [{ type: extensionType.sessionTicket, data: settings.ticket }] : []),
  ...(settings.version >= 0x0303
    ? [
        {
          type: extensionType.signatureAlgorithms,
          data: vector(2, uint16s(signatureAlgorithms)),
        },
      ]
    : []),
  ...(settings.heartbeat === true
    ? [{ type: extensionType.heartbeat, data: Uint8Array.of(1) }]
    : []),
  ...(settings.extendedMasterSecret === false
    ? []
    : [{ type: extensionType.extendedMasterSecret, data: new Uint8Array(0) }]),
];

/** The fields of the ClientHello that an honest client with these settings sends; SSL 3 has no extensions. */
export const helloFields = (settings: HelloSettings, random: Uint8Array): ClientHelloFields => ({
  version: settings.version,
  random,
  sessionId: settings.sessionId ?? new Uint8Array(0),
  suites:
    (settings.renegotiation ?? 'scsv') === 'scsv'
      ? [...settings.suites, renegotiationScsv]
      : settings.suites,
  compressions: [...(settings.compressions ?? []), 0],
  extensions: settings.version <= 0x0300 ? null : extensionsFor(settings),
});

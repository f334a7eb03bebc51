import { fault, ok, type Result } from '../../reference/core/result.ts';

/** A UDP datagram (RFC 768). */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** A TCP segment (RFC 9293). */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** Next sequence number expected of the other side; of meaning with `ack`. */
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly payload: Uint8Array;
}

export type TransportFaultCode =
  | 'udp-truncated'
  | 'udp-length'
  | 'tcp-truncated'
  | 'tcp-header-length';

type Refusal = { readonly code: TransportFaultCode; readonly offset: number };

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads a UDP datagram. */
export const parseUdp = (bytes: Uint8Array): Result<UdpDatagram, Refusal> => {
  if (bytes.length < 8) return fault('udp-truncated', bytes.length);
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (length < 8) return fault('udp-length', 4);
  if (length > bytes.length) return fault('udp-truncated', bytes.length);
  return ok({
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    payload: bytes.subarray(8, length),
  });
};

/** Reads a TCP segment. */
export const parseTcp = (bytes: Uint8Array): Result<TcpSegment, Refusal> => {
  if (bytes.length < 20) return fault('tcp-truncated', bytes.length);
  const view = viewOf(bytes);
  const headerLength = (view.getUint8(12) >> 4) * 4;
  if (headerLength < 20) return fault('tcp-header-length', 12);
  if (headerLength > bytes.length) return fault('tcp-truncated', bytes.length);
  const flags = view.getUint8(13);
  return ok({
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: view.getUint32(8),
    fin: (flags & 1) !== 0,
    syn: (flags & 2) !== 0,
    ack: (flags & 16) !== 0,
    rst: (flags & 4) !== 0,
    payload: bytes.subarray(headerLength),
  });
};

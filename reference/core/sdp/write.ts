import { addressFamily, type Direction } from './media.ts';

/** What a phone says of its one audio stream. */
export interface SessionToWrite {
  /** A literal IPv4 or IPv6 address. */
  readonly address: string;
  /** RTP port, 1 to 65535. */
  readonly port: number;
  /** Synchronization source, 32 bits unsigned. */
  readonly ssrc: number;
  readonly direction: Direction;
  /** Numeric session id of the origin line; the same in all descriptions of a dialog. */
  readonly sessionId: number;
  /** Version of the origin line; one more at each change (RFC 3264 section 8). */
  readonly version: number;
  /** Canonical name announced with the SSRC; `-` if none is given. */
  readonly cname?: string;
}

/** Writes the session description that `parseMedia` accepts, lines ended by CRLF. */
export const writeSession = (session: SessionToWrite): string => {
  const connection = `IN ${addressFamily(session.address) ?? 'IP4'} ${session.address}`;
  return [
    'v=0',
    `o=- ${session.sessionId} ${session.version} ${connection}`,
    's=-',
    `c=${connection}`,
    't=0 0',
    `m=audio ${session.port} RTP/SAVP 97`,
    'a=rtpmap:97 SPEEX/8000',
    'a=ptime:20',
    `a=ssrc:${session.ssrc} cname:${session.cname ?? '-'}`,
    `a=${session.direction}`,
    '',
  ].join('\r\n');
};

import { isIPv6 } from 'node:net';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a session description of this peer says. */
export interface OwnDescription {
  readonly host: string;
  readonly port: number;
  readonly ssrc: number;
  readonly direction: Direction;
  /** Counts the descriptions of a session (RFC 3264 section 8). */
  readonly version: number;
}

/** The media text that is signed for a direction (I-3). */
export const mediaTextOf = (direction: Direction): string =>
  `RTP/SAVP 97 SPEEX/8000 20 ${direction}`;

/** A session description as I-3 and I-5 want it. */
export const writeDescription = (own: OwnDescription): string => {
  const address = `IN ${isIPv6(own.host) ? 'IP6' : 'IP4'} ${own.host}`;
  return [
    'v=0',
    `o=peer 1 ${own.version} ${address}`,
    's=-',
    `c=${address}`,
    't=0 0',
    `m=audio ${own.port} RTP/SAVP 97`,
    'a=rtpmap:97 SPEEX/8000',
    'a=ptime:20',
    `a=${own.direction}`,
    `a=ssrc:${own.ssrc} cname:peer`,
    '',
  ].join('\r\n');
};

const answers: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** The direction that answers an offered one (RFC 3264 section 6.1), given the media text of the offer. */
export const answerTo = (offered: string): Direction =>
  answers[offered.split(' ').at(-1) as Direction] ?? 'inactive';

/** Whether a side with this direction sends audio. */
export const sends = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'sendonly';

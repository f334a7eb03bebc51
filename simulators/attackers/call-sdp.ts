import { isIPv6 } from 'node:net';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import type { Endpoint } from './endpoint.ts';

/** What an SDP says of the audio, as far as an attacker needs it. */
export interface OfferedMedia {
  /** The media text that is signed (I-3). */
  readonly text: string;
  /** Where to send audio; null if the SDP names no address, or no port that anything can be sent to: 0 refuses the audio (RFC 3264 section 6). */
  readonly peer: Endpoint | null;
}

/** The media text of an offer or answer made by {@link writeSdp}. */
export const ownMediaText = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';

/** An offer or answer as I-3 and I-5 want it. */
export const writeSdp = (host: string, port: number, ssrc: number): Uint8Array =>
  utf8(
    [
      'v=0',
      `o=- 1 1 IN ${isIPv6(host) ? 'IP6' : 'IP4'} ${host}`,
      's=-',
      `c=IN ${isIPv6(host) ? 'IP6' : 'IP4'} ${host}`,
      't=0 0',
      `m=audio ${port} RTP/SAVP 97`,
      'a=rtpmap:97 SPEEX/8000',
      'a=ptime:20',
      'a=sendrecv',
      `a=ssrc:${ssrc} cname:attacker`,
      '',
    ].join('\r\n'),
  );

const directionOf = (lines: readonly string[]): string | undefined =>
  lines.map((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.exec(line)?.[1]).find(Boolean);

const addressOf = (lines: readonly string[]): string | undefined =>
  lines.map((line) => /^c=IN IP[46] (\S+)$/.exec(line)?.[1]).find(Boolean);

/** Reads the one audio line of an SDP of a well-behaved peer; null if it is not one of I-3's form. */
export const readSdp = (body: Uint8Array): OfferedMedia | null => {
  const lines = latin1(body).split(/\r?\n/);
  const mediaAt = lines.findIndex((line) => line.startsWith('m='));
  const session = lines.slice(0, Math.max(mediaAt, 0));
  const media = lines.slice(Math.max(mediaAt, 0));
  const port = /^m=audio (\d{1,5}) RTP\/SAVP 97$/.exec(media[0] ?? '')?.[1];
  if (port === undefined || !media.includes('a=rtpmap:97 SPEEX/8000')) return null;
  const direction = directionOf(media) ?? directionOf(session) ?? 'sendrecv';
  const host = addressOf(media) ?? addressOf(session);
  const isReachable = Number(port) > 0 && Number(port) <= 65_535;
  return {
    text: `RTP/SAVP 97 SPEEX/8000 20 ${direction}`,
    peer: host === undefined || !isReachable ? null : { host, port: Number(port) },
  };
};

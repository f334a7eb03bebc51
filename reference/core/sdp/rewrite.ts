import { fault, ok, type Fault, type Result } from '../result.ts';
import { sdpText, splitLines } from './lines.ts';
import { addressFamily } from './media.ts';

/** An address and RTP port of a media relay. */
export interface Transport {
  /** A literal IPv4 or IPv6 address. */
  readonly address: string;
  /** RTP port, 1 to 65534; RTCP is on the next one. */
  readonly port: number;
}

/** Why a description cannot be led through a relay. */
export type RewriteFaultCode =
  | 'sdp-empty'
  | 'sdp-length'
  | 'sdp-line'
  | 'sdp-media-line'
  | 'sdp-connection'
  | 'transport';

/**
 * Leads the one media stream of a description through a relay: replaces the addresses of every `c=` line, the port of the
 * `m=` line and, if present, what `a=rtcp` names (RFC 3605). Every other byte stays. Bytes are read one character each,
 * so the result of bytes is to be written as ISO 8859-1.
 */
export const rewriteTransport = (
  sdp: Uint8Array | string,
  transport: Transport,
): Result<string, Fault<RewriteFaultCode>> => {
  const family = addressFamily(transport.address);
  const { port } = transport;
  if (!family || !Number.isInteger(port) || port < 1 || port > 65_534) return fault('transport');
  const split = splitLines(sdpText(sdp));
  if (!split.ok) return split;
  const lines = split.value;
  const [mediaLine, another] = lines.filter(({ text }) => text.startsWith('m='));
  if (!mediaLine || another) return fault('sdp-media-line', another?.offset ?? 0);
  if (!/^m=audio [0-9]{1,5} /.test(mediaLine.text))
    return fault('sdp-media-line', mediaLine.offset);
  if (!lines.some(({ text }) => text.startsWith('c='))) return fault('sdp-connection', 0);
  const written: string[] = [];
  for (const { text, end, offset } of lines) {
    const isConnection = text.startsWith('c=');
    if (isConnection && !/^c=IN IP[46] \S+$/.test(text)) return fault('sdp-connection', offset);
    const changed = isConnection
      ? `c=IN ${family} ${transport.address}`
      : text
          .replace(/^m=audio [0-9]+/, `m=audio ${port}`)
          .replace(/^a=rtcp:[0-9]+/, `a=rtcp:${port + 1}`)
          .replace(/^(a=rtcp:[0-9]+ )IN IP[46] \S+/, `$1IN ${family} ${transport.address}`);
    written.push(changed + end);
  }
  return ok(written.join(''));
};

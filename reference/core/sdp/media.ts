import { fault, ok, type Fault, type Result } from '../result.ts';
import { sdpText, splitLines, type SdpLine } from './lines.ts';

/** Direction of a stream as its describer sees it (RFC 8866 section 6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What a session description offers or answers, read as the key agreement requires. */
export interface MediaDescription {
  /** The text that is signed: `RTP/SAVP 97 SPEEX/8000 20 <direction>`. */
  readonly text: string;
  readonly direction: Direction;
  /** Where to send to: a literal IPv4 or IPv6 address. */
  readonly address: string;
  /** RTP port, 1 to 65535; RTCP is on the next one. */
  readonly port: number;
  /** Synchronization sources announced (RFC 5576), each once, in order. */
  readonly ssrcs: readonly number[];
}

/** Why a description is refused; the offset is that of the line. */
export type MediaFaultCode =
  | 'sdp-empty'
  | 'sdp-length'
  | 'sdp-line'
  | 'sdp-session'
  | 'sdp-key-attribute'
  | 'sdp-media-line'
  | 'sdp-rtpmap'
  | 'sdp-ptime'
  | 'sdp-ssrc'
  | 'sdp-direction'
  | 'sdp-connection';

type MediaResult<Value> = Result<Value, Fault<MediaFaultCode>>;

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

/** Attributes by which keys would be agreed in or beside the description: all refused, at any level. */
const keyAttributes = ['crypto', 'key-mgmt', 'fingerprint', 'setup', 'zrtp-hash'];

const attributeName = (line: SdpLine): string | undefined =>
  line.text.startsWith('a=')
    ? line.text.slice(2).split(':', 1)[0]?.trim().toLowerCase()
    : undefined;

const named = (lines: readonly SdpLine[], name: string): readonly SdpLine[] =>
  lines.filter((line) => attributeName(line) === name);

const ofType = (lines: readonly SdpLine[], type: string): readonly SdpLine[] =>
  lines.filter((line) => line.text.startsWith(`${type}=`));

const startOf = (lines: readonly SdpLine[]): number => lines[0]?.offset ?? 0;

/** The only line of an attribute, which must be `expected` byte for byte and stand at media level. */
const onlyAttribute = (
  session: readonly SdpLine[],
  media: readonly SdpLine[],
  name: string,
  expected: string,
): SdpLine | undefined => {
  const [first, ...more] = [...named(session, name), ...named(media, name)];
  if (more.length > 0) return more[0];
  return first && media.includes(first) && first.text === expected
    ? undefined
    : (first ?? media[0]);
};

const directionOf = (lines: readonly SdpLine[]): MediaResult<Direction | undefined> => {
  const found = lines.filter((line) =>
    directions.some((direction) => direction === attributeName(line)),
  );
  const [line, second] = found;
  if (second) return fault('sdp-direction', second.offset);
  if (!line) return ok(undefined);
  const direction = directions.find((candidate) => line.text === `a=${candidate}`);
  return direction ? ok(direction) : fault('sdp-direction', line.offset);
};

const isIPv4 = (text: string): boolean =>
  /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);

const isIPv6 = (text: string): boolean => {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const tail = groups.at(-1) ?? '';
  const mixed = isIPv4(tail) && text.endsWith(tail);
  const count = groups.length + (mixed ? 1 : 0);
  const hexadecimal = mixed ? groups.slice(0, -1) : groups;
  return (
    text.includes(':') &&
    halves.length <= 2 &&
    hexadecimal.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) &&
    (halves.length === 2 ? count <= 7 : count === 8)
  );
};

/** Whether a text is a literal IPv4 or IPv6 address, and which; undefined for anything else, names included. */
export const addressFamily = (text: string): 'IP4' | 'IP6' | undefined =>
  isIPv4(text) ? 'IP4' : isIPv6(text) ? 'IP6' : undefined;

const connectionOf = (lines: readonly SdpLine[]): MediaResult<string | undefined> => {
  const [line, second] = ofType(lines, 'c');
  if (second) return fault('sdp-connection', second.offset);
  if (!line) return ok(undefined);
  const [, family, address = ''] = /^c=IN (IP[46]) (\S+)$/.exec(line.text) ?? [];
  return family !== undefined && family === addressFamily(address)
    ? ok(address)
    : fault('sdp-connection', line.offset);
};

const ssrcsOf = (
  session: readonly SdpLine[],
  media: readonly SdpLine[],
): MediaResult<readonly number[]> => {
  const misplaced = named(session, 'ssrc')[0];
  if (misplaced) return fault('sdp-ssrc', misplaced.offset);
  const ssrcs: number[] = [];
  for (const line of named(media, 'ssrc')) {
    const [, digits = ''] = /^a=ssrc:(0|[1-9][0-9]{0,9}) \S.*$/.exec(line.text) ?? [];
    const ssrc = Number(digits);
    if (digits === '' || ssrc > 0xffff_ffff) return fault('sdp-ssrc', line.offset);
    if (!ssrcs.includes(ssrc)) ssrcs.push(ssrc);
  }
  return ssrcs.length > 0 ? ok(ssrcs) : fault('sdp-ssrc', startOf(media));
};

const portOf = (line: SdpLine): MediaResult<number> => {
  const [, digits = ''] = /^m=audio ([1-9][0-9]{0,4}) RTP\/SAVP 97$/.exec(line.text) ?? [];
  return digits !== '' && Number(digits) <= 65_535
    ? ok(Number(digits))
    : fault('sdp-media-line', line.offset);
};

/** Structure that concerns the whole description: version, one origin, name and timing, nothing that carries keys. */
const sessionFault = (
  lines: readonly SdpLine[],
  session: readonly SdpLine[],
): Fault<MediaFaultCode> | undefined => {
  const versions = ofType(lines, 'v');
  if (lines[0]?.text !== 'v=0' || versions.length !== 1)
    return { code: 'sdp-session', offset: startOf(versions) };
  for (const type of ['o', 's', 't'])
    if (ofType(session, type).length !== 1 || ofType(lines, type).length !== 1)
      return { code: 'sdp-session', offset: startOf(ofType(lines, type)) };
  const key = lines.find(
    (line) => line.text.startsWith('k=') || keyAttributes.includes(attributeName(line) ?? ''),
  );
  return key && { code: 'sdp-key-attribute', offset: key.offset };
};

/** The media text that is signed for a direction. */
export const mediaText = (direction: Direction): string => `RTP/SAVP 97 SPEEX/8000 20 ${direction}`;

/**
 * Reads the media of a session description as received: one Speex narrowband stream over RTP/SAVP in 20 ms packets, and
 * nothing by which keys could be agreed elsewhere. Unknown attributes are ignored.
 */
export const parseMedia = (sdp: Uint8Array | string): MediaResult<MediaDescription> => {
  const split = splitLines(sdpText(sdp));
  if (!split.ok) return split;
  const lines = split.value;
  const mediaLines = ofType(lines, 'm');
  const [mediaLine, another] = mediaLines;
  if (!mediaLine || another) return fault('sdp-media-line', another?.offset ?? 0);
  const position = lines.indexOf(mediaLine);
  const session = lines.slice(0, position);
  const media = lines.slice(position);
  const structural = sessionFault(lines, session);
  if (structural) return fault(structural.code, structural.offset);
  const port = portOf(mediaLine);
  if (!port.ok) return port;
  const rtpmap = onlyAttribute(session, media, 'rtpmap', 'a=rtpmap:97 SPEEX/8000');
  if (rtpmap) return fault('sdp-rtpmap', rtpmap.offset);
  const ptime = onlyAttribute(session, media, 'ptime', 'a=ptime:20');
  if (ptime) return fault('sdp-ptime', ptime.offset);
  const ssrcs = ssrcsOf(session, media);
  if (!ssrcs.ok) return ssrcs;
  const sessionDirection = directionOf(session);
  if (!sessionDirection.ok) return sessionDirection;
  const mediaDirection = directionOf(media);
  if (!mediaDirection.ok) return mediaDirection;
  const sessionAddress = connectionOf(session);
  if (!sessionAddress.ok) return sessionAddress;
  const mediaAddress = connectionOf(media);
  if (!mediaAddress.ok) return mediaAddress;
  const address = mediaAddress.value ?? sessionAddress.value;
  if (address === undefined) return fault('sdp-connection', 0);
  const direction = mediaDirection.value ?? sessionDirection.value ?? 'sendrecv';
  return ok({
    text: mediaText(direction),
    direction,
    address,
    port: port.value,
    ssrcs: ssrcs.value,
  });
};

import { fromLatin1, latin1, utf8 } from '../../reference/core/bytes.ts';
import { parseRtp, rtpHeaderLength, serializeRtp } from '../../reference/core/rtp/packet.ts';
import { canonicalName, parseRtcp, serializeRtcp } from '../../reference/core/rtp/rtcp.ts';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { rewriteTransport } from '../../reference/core/sdp/rewrite.ts';
import { writeSession } from '../../reference/core/sdp/write.ts';
import { readSdp } from '../../simulators/attackers/call-sdp.ts';
import { bytesOfCase, mutatedCases, type MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const session = {
  address: '10.0.1.1',
  port: 4002,
  ssrc: 4_294_967_295,
  direction: 'sendrecv',
  sessionId: 1,
  version: 1,
} as const;

const descriptions: TextGrammar = {
  bases: [
    writeSession(session),
    writeSession({ ...session, address: '2001:db8::1', direction: 'inactive' }),
    writeSession(session).replaceAll('\r\n', '\n'),
    writeSession(session).replace('a=ptime', 'a=rtcp:4003 IN IP4 10.0.1.1\r\nb=AS:24\r\na=ptime'),
    `${writeSession(session)}a=${'x'.repeat(66_000)}`,
  ].map(fromLatin1),
  words: [
    ...'v=0 o= s= t=0 m=audio m=video c=IN IP4 IP6 10.0.1.1 ::1 1.2.3.256 RTP/SAVP RTP/AVP 97 98 0 65535 65536 4294967295 4294967296 20 SPEEX/8000'.split(
      ' ',
    ),
    ...'a=rtpmap:97 a=ptime:20 a=sendonly a=recvonly a=inactive a=ssrc:1 a=crypto:1 a=setup:active a=fingerprint:x k=x a=rtcp:9 a=Crypto:1'.split(
      ' ',
    ),
    ' ',
    '\0',
    '\r',
    '\n',
  ],
};

const longestDescription = 65_536;
const longestAddress = 64;

/** Session descriptions, and the relay's rewriting of them. */
export const sdp: FuzzTarget<MutatedCase> = {
  name: 'sdp',
  parsers: [
    'reference/core/sdp/media.ts#parseMedia',
    'reference/core/sdp/lines.ts#splitLines',
    'reference/core/sdp/rewrite.ts#rewriteTransport',
    'simulators/attackers/call-sdp.ts#readSdp',
  ],
  cases: textCases(descriptions),
  check: (made) => {
    const bytes = textOfCase(descriptions, made);
    const media = parseMedia(bytes);
    sameValue('text and bytes are one', media, parseMedia(latin1(bytes)));
    const place = { address: '192.0.2.9', port: 40_000 };
    const rewritten = rewriteTransport(bytes, place);
    // An address may be longer than the one it replaces, and a description at its longest then too long.
    const hasRoom = bytes.length + longestAddress <= longestDescription;
    if (media.ok && hasRoom) {
      const led = rewritten.ok ? parseMedia(rewritten.value) : rewritten;
      sameValue(
        'rewriting changes address and port alone',
        { ...media.value, ...place },
        led.ok ? led.value : led.error,
      );
      const theirs = readSdp(bytes);
      sameValue('differential: the attackers’ reader', media.value.text, theirs?.text);
    }
    if (rewritten.ok && hasRoom) {
      const again = rewriteTransport(rewritten.value, place);
      sameValue(
        'rewriting twice changes nothing',
        rewritten.value,
        again.ok ? again.value : again.error,
      );
    }
    return [
      media.ok ? 'ok' : media.error.code,
      `rewrite ${rewritten.ok ? 'ok' : rewritten.error.code}`,
    ];
  },
  reaches: [
    ...'ok sdp-empty sdp-length sdp-line sdp-session sdp-key-attribute sdp-media-line sdp-rtpmap sdp-ptime sdp-ssrc sdp-direction sdp-connection'.split(
      ' ',
    ),
    ...'ok sdp-empty sdp-length sdp-line sdp-media-line sdp-connection'
      .split(' ')
      .map((code) => `rewrite ${code}`),
  ],
  file: (made) => ({ extension: 'sdp', bytes: textOfCase(descriptions, made) }),
};

const none = new Uint8Array();
const plain = {
  marker: true,
  payloadType: 97,
  sequence: 65_535,
  timestamp: 4_294_967_295,
  ssrc: 1,
  csrc: [],
  extension: null,
  payload: new Uint8Array(38).fill(0x1d),
  padding: none,
};

const rtpPackets: readonly Uint8Array[] = [
  serializeRtp(plain),
  serializeRtp({
    ...plain,
    csrc: [1, 2, 3],
    extension: { profile: 0xbede, data: new Uint8Array(8) },
  }),
  serializeRtp({ ...plain, padding: Uint8Array.of(0, 0, 0, 4) }),
  serializeRtp({ ...plain, payload: none, csrc: Array.from({ length: 15 }, (_, index) => index) }),
];

/** RTP packets. */
export const rtp: FuzzTarget<MutatedCase> = {
  name: 'rtp',
  parsers: [
    'reference/core/rtp/packet.ts#parseRtp',
    'reference/core/rtp/packet.ts#rtpHeaderLength',
  ],
  cases: mutatedCases(rtpPackets.length),
  check: (made) => {
    const bytes = bytesOfCase(rtpPackets, made);
    const header = rtpHeaderLength(bytes);
    const packet = parseRtp(bytes);
    if (!packet.ok) return packet.error.code;
    sameBytes('serialise(parse(b)) = b', bytes, serializeRtp(packet.value));
    const { payload, padding } = packet.value;
    const length = header.ok ? header.value + payload.length + padding.length : -1;
    sameValue('header, payload and padding are all', bytes.length, length);
    return 'ok';
  },
  reaches: ['ok', 'too-short', 'not-rtp', 'padding'],
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(rtpPackets, made) }),
};

const report = {
  ssrc: 7,
  fractionLost: 255,
  cumulativeLost: -1,
  highestSequence: 70_000,
  jitter: 1,
  lastSenderReport: 2,
  delaySinceLastSenderReport: 3,
};

const rtcpPackets: readonly Uint8Array[] = [
  serializeRtcp([
    {
      type: 'sender-report',
      ssrc: 1,
      ntpSeconds: 2,
      ntpFraction: 3,
      rtpTimestamp: 4,
      packetCount: 5,
      octetCount: 6,
      reports: [report],
      extension: new Uint8Array(4),
    },
    canonicalName(1, 'phone'),
    { type: 'goodbye', sources: [1, 2], reason: utf8('gone') },
  ]),
  serializeRtcp([
    { type: 'receiver-report', ssrc: 1, reports: [], extension: none },
    {
      type: 'source-description',
      chunks: [canonicalName(1, 'x').chunks[0], { ssrc: 2, items: [] }].flatMap(
        (chunk) => chunk ?? [],
      ),
    },
    { type: 'other', packetType: 204, count: 3, body: new Uint8Array(8) },
    { type: 'goodbye', sources: [], reason: null },
  ]),
  // A receiver report with four bytes of padding.
  Uint8Array.of(0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4),
];

/** Compound RTCP packets. */
export const rtcp: FuzzTarget<MutatedCase> = {
  name: 'rtcp',
  parsers: ['reference/core/rtp/rtcp.ts#parseRtcp'],
  cases: mutatedCases(rtcpPackets.length),
  check: (made) => {
    const bytes = bytesOfCase(rtcpPackets, made);
    const packets = parseRtcp(bytes);
    if (!packets.ok) return packets.error.code;
    const written = serializeRtcp(packets.value);
    const again = parseRtcp(written);
    sameValue('parse(serialise(x)) = x', packets.value, again.ok ? again.value : again.error);
    // Of padding nothing is kept, nor whether a reason of no bytes was there.
    const isPadded = written.length < bytes.length;
    if (!isPadded) sameBytes('serialise(parse(b)) = b', bytes, written);
    return isPadded ? ['ok', 'padded'] : 'ok';
  },
  reaches:
    'ok padded too-short not-rtcp first-packet length padding report description goodbye'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(rtcpPackets, made) }),
};

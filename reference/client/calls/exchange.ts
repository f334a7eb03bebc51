import { randomFillSync } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import type { ExchangeUnderWay } from '../../core/csl/checks.ts';
import type { ReceivedMessage } from '../../core/csl/message.ts';
import type { FreshValues, VerifyingContext } from '../../core/csl/offer.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { writeSession } from '../../core/sdp/write.ts';
import { allHeaders, header, type SipMessage } from '../../core/sip/message/message.ts';
import { parseNameAddress } from '../../core/sip/message/name-address.ts';
import { userOf } from '../../core/sip/message/uri.ts';
import type { Call, OwnStream } from './call.ts';
import type { Line } from './line.ts';

/** Bytes of an exponent: twice what interpretations I-2 asks for. */
const exponentLength = 64;

export const sdpHeader = ['Content-Type', 'application/sdp'] as const;

/** Random bytes that are nowhere else: an exponent that is overwritten leaves no copy. */
const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));

/** Fresh values of one message; the exponent goes into the key agreement log where a testbed keeps one. */
export const freshValues = (
  { logs }: Line,
  callId: string,
  role: 'caller' | 'callee',
): FreshValues => {
  const exponent = random(exponentLength);
  logs.keyAgreement?.({ callId, role, exponent: toHex(exponent) });
  return { exponent, nonce: random(32), time: Date.now() };
};

const userPart = (message: SipMessage, name: string): string => {
  const address = parseNameAddress(header(message, name) ?? '');
  return (address.ok ? userOf(address.value.uri) : undefined) ?? '';
};

/** An INVITE or a 200 as the key agreement reads it. */
export const receivedMessage = (message: SipMessage): ReceivedMessage => ({
  headers: allHeaders(message),
  callId: header(message, 'Call-ID') ?? '',
  fromUser: userPart(message, 'From'),
  toUser: userPart(message, 'To'),
  media: parseMedia(message.body),
});

const underWay = ({ shown, arriving }: Line): readonly ExchangeUnderWay[] =>
  [shown, arriving].flatMap((call) => {
    const first = call?.role === 'caller' ? call.pending : call?.answered?.answer;
    const { change } = call ?? {};
    const later = change?.kind === 'offered' ? change.offer : change?.answered?.answer;
    return [first, later].flatMap((exchange) => (exchange ? [exchange.underWay] : []));
  });

/** What this phone knows when it verifies a message. Waits for the peer's revocation status: no answer, no call (I-7). */
export const verifyingContext = async (
  line: Line,
  message: ReceivedMessage,
): Promise<VerifyingContext> => {
  const certificate = line.agreement.peekCertificate(message.headers);
  const revocation = certificate.ok
    ? await line.parts
        .revocation(certificate.value, line.askStatus)
        .catch(() => 'unavailable' as const)
    : 'not-consulted';
  const { clientAuthorities } = line;
  return { clientAuthorities, now: Date.now(), underWay: underWay(line), revocation };
};

/** The next session description of a call: the same session, one version on (RFC 3264 section 8). */
export const sessionOf = (
  { host }: Line,
  { session }: Call,
  port: number,
  stream: OwnStream,
): Uint8Array => {
  session.version += 1;
  const { id: sessionId, version } = session;
  return utf8(writeSession({ address: host, port, ...stream, sessionId, version }));
};

import { randomFillSync, randomInt } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import type { ExchangeUnderWay } from '../../core/csl/checks.ts';
import { peekCertificate, type ReceivedMessage } from '../../core/csl/message.ts';
import type { FreshValues, VerifyingContext } from '../../core/csl/offer.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { writeSession } from '../../core/sdp/write.ts';
import { allHeaders, header, type SipMessage } from '../../core/sip/message.ts';
import { parseNameAddress } from '../../core/sip/name-address.ts';
import { userOf } from '../../core/sip/uri.ts';
import type { Call } from './call.ts';
import type { Line } from './line.ts';

/** Bytes of an exponent: twice what interpretations I-2 asks for. */
const exponentLength = 64;

export const sdpHeader = ['Content-Type', 'application/sdp'] as const;

/** Random bytes that are nowhere else: an exponent that is overwritten leaves no copy. */
const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));

/** Fresh values of one message; the exponent goes into the key agreement log where a testbed keeps one. */
export const freshValues = ({ logs }: Line, { callId, role }: Call): FreshValues => {
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
    const exchange = call?.role === 'caller' ? call.pending : call?.answered?.underWay;
    return exchange ? [exchange] : [];
  });

/** What this phone knows when it verifies a message. Waits for the peer's revocation status: no answer, no call (I-7). */
export const verifyingContext = async (
  line: Line,
  message: ReceivedMessage,
): Promise<VerifyingContext> => {
  const certificate = peekCertificate(message.headers);
  const revocation = certificate.ok
    ? await line.parts.revocation(certificate.value).catch(() => 'unavailable' as const)
    : 'not-consulted';
  const { clientAuthorities } = line;
  return { clientAuthorities, now: Date.now(), underWay: underWay(line), revocation };
};

/** The session description of a call whose RTP port is `port`. */
export const sessionOf = ({ host }: Line, { ssrc }: Call, port: number): Uint8Array =>
  utf8(
    writeSession({
      address: host,
      port,
      ssrc,
      direction: 'sendrecv',
      sessionId: randomInt(1, 2 ** 31),
      version: 1,
    }),
  );

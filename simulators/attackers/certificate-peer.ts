import { randomBytes } from 'node:crypto';
import { parseCertificate } from '../../reference/core/pki/certificate.ts';
import {
  allHeaders,
  header,
  makeRequest,
  withBody,
  withHeaders,
  type SipMessage,
  type SipRequest,
} from '../../reference/core/sip/message/message.ts';
import { ownMediaText, readSdp, writeSdp } from './call-sdp.ts';
import { countCslHeaders, readOffer, writeAnswer, writeOffer } from './csl-exchange.ts';
import { toCallee } from './hostile-requests.ts';
import type { HostileSwitch, Letter, Tampering } from './hostile-switch.ts';
import { sipHost, sipToken, userOf } from './sip-dialog.ts';
import { responseTo } from './sip-link.ts';
import type { ShownCertificate } from './x509-faults.ts';

/** A signalling server of the testbed's own, and who calls whom through it. */
export interface PeerCalls {
  readonly switch: HostileSwitch;
  /** Address of the server, which stands in URIs and session descriptions too. */
  readonly host: string;
  /** The number that the shown certificates are for. */
  readonly own: string;
  /** The phone's. */
  readonly phone: string;
  readonly deadlineMs: number;
}

/** What a phone did with a certificate; plain data. */
export interface PeerReaction {
  /** Whether it took it: a 200 for an INVITE, the proof of the keys for a 200. */
  readonly accepted: boolean;
  /** Final status of the phone's where it was called, else what its ACK held. */
  readonly answer: number | 'deadline' | 'proof' | 'bare-ack' | 'no-ack';
}

/** Discards for UDP: whoever sends audio here is heard by nobody. */
const discardPort = 9;

const partyOf = (shown: ShownCertificate) => ({
  certificate: shown.certificate,
  chain: shown.chain[0] ?? new Uint8Array(0),
  key: shown.key,
  nonce: new Uint8Array(randomBytes(32)),
  time: Date.now(),
  exponent: new Uint8Array(randomBytes(32)),
  media: ownMediaText,
});

const falsificationOf = ({ sign }: ShownCertificate) => (sign ? { sign } : {});

/** Everything that a phone sends which is no part of the attempt is answered, so that it comes to rest. */
const answering = (letter: Letter): readonly Letter[] => {
  const { from, to, message } = letter;
  if (message.kind !== 'request' || message.method === 'ACK') return [];
  return [{ from: to, to: from, message: responseTo(message, 200, 'OK', sipToken()) }];
};

/** The number that a callee takes from a certificate: who calls in its name signs that one (I-3). */
const claimedNumber = ({ certificate }: ShownCertificate, otherwise: string): string => {
  const parsed = parseCertificate(certificate);
  const [name] = parsed.ok ? parsed.value.commonNames : [];
  return name?.kind === 'text' ? name.value : otherwise;
};

const makeInvite = ({ host, own, phone }: PeerCalls, shown: ShownCertificate): SipRequest => {
  const callId = `${sipToken()}@certificates.invalid`;
  const domain = sipHost(host);
  const offer = writeOffer(
    partyOf(shown),
    { callId, callerNumber: claimedNumber(shown, own), calleeNumber: phone },
    falsificationOf(shown),
  );
  return makeRequest(
    'INVITE',
    `sip:${phone}@${domain}`,
    [
      ['Via', `SIP/2.0/TLS ${domain}:5061;branch=z9hG4bK${sipToken()}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:${own}@${domain}>;tag=${sipToken()}`],
      ['To', `<sip:${phone}@${domain}>`],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      ['Contact', `<sip:${own}@${domain}:5061;transport=tls>`],
      ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS'],
      ...offer.headers,
      ['Content-Type', 'application/sdp'],
    ],
    writeSdp(host, discardPort, 1),
  );
};

/** Calls the phone with a certificate; a call that comes about is not confirmed, so that the phone ends it (I-9). */
export const callWith = async (
  calls: PeerCalls,
  shown: ShownCertificate,
): Promise<PeerReaction> => {
  calls.switch.setTampering(answering);
  const invite = makeInvite(calls, shown);
  const response = await calls.switch.ask(calls.phone, invite, calls.deadlineMs);
  if (response === 'deadline') return { accepted: false, answer: response };
  const accepted = response.status < 300;
  if (accepted) {
    const dialog = { invite, answer: response };
    calls.switch.send(calls.phone, toCallee(dialog, 'ACK', 1));
    await calls.switch.ask(calls.phone, toCallee(dialog, 'BYE', 2), calls.deadlineMs);
  }
  return { accepted, answer: response.status };
};

const makeAnswer = (
  { host, own }: PeerCalls,
  invite: SipRequest,
  shown: ShownCertificate,
): SipMessage => {
  const sdp = readSdp(invite.body);
  const call = {
    callId: header(invite, 'Call-ID') ?? '',
    callerNumber: userOf(header(invite, 'From')),
    calleeNumber: userOf(header(invite, 'To')),
  };
  const offer = readOffer(allHeaders(invite), call, sdp?.text ?? '');
  if (!offer.ok) return responseTo(invite, 488, 'Not Acceptable Here', sipToken());
  const { headers } = writeAnswer(partyOf(shown), offer.value, falsificationOf(shown));
  const extra = [
    ['Contact', `<sip:${own}@${sipHost(host)}:5061;transport=tls>`],
    ...headers,
    ['Content-Type', 'application/sdp'],
  ] as const;
  return withBody(
    withHeaders(responseTo(invite, 200, 'OK', sipToken()), extra),
    writeSdp(host, discardPort, 1),
  );
};

/** Answers the next call of the phone with a certificate; resolves with what its ACK held. `dial` lets the phone call. */
export const answerWith = async (
  calls: PeerCalls,
  shown: ShownCertificate,
  dial: () => Promise<void>,
): Promise<PeerReaction> => {
  const acknowledged = Promise.withResolvers<PeerReaction>();
  const timer = setTimeout(
    () => acknowledged.resolve({ accepted: false, answer: 'no-ack' }),
    calls.deadlineMs,
  );
  const tampering: Tampering = (letter) => {
    const { from, to, message } = letter;
    if (message.kind !== 'request') return [];
    if (message.method === 'INVITE')
      return [{ from: to, to: from, message: makeAnswer(calls, message, shown) }];
    if (message.method !== 'ACK') return answering(letter);
    const proved = countCslHeaders(allHeaders(message)) > 0;
    acknowledged.resolve({ accepted: proved, answer: proved ? 'proof' : 'bare-ack' });
    return [];
  };
  calls.switch.setTampering(tampering);
  try {
    await dial();
    return await acknowledged.promise;
  } finally {
    clearTimeout(timer);
  }
};

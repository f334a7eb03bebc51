import { randomBytes } from 'node:crypto';
import {
  allHeaders,
  header,
  withBody,
  withHeaders,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import type { FalsifiedParty } from './call-faults.ts';
import { openCallMedia, type CallMedia, type MediaCount, type MediaKeys } from './call-media.ts';
import type { Endpoint } from './endpoint.ts';
import { ownMediaText, readSdp, writeSdp } from './call-sdp.ts';
import {
  readAck,
  readOffer,
  writeAnswer,
  type CslReadCode,
  type CslSession,
  type HeaderPairs,
  type ReceivedOffer,
} from './csl-exchange.ts';
import {
  calleeDialog,
  contactOf,
  requestIn,
  sipToken,
  userOf,
  watchForBye,
  type Dialog,
} from './sip-dialog.ts';
import { responseTo, type SipLink } from './sip-link.ts';

/** What a caller did with the malicious user's answer; plain data. */
export type AnswerOutcome =
  | { readonly kind: 'no-invite'; readonly by: 'deadline' | 'closed' }
  | { readonly kind: 'offer-unreadable'; readonly code: 'sdp' | CslReadCode }
  | {
      readonly kind: 'reacted';
      /** The number in the INVITE's From. */
      readonly caller: string;
      /** The ACK's X-CSL-Info2; `none` when no ACK came at all. */
      readonly ack: 'verified' | 'wrong' | 'absent' | 'none';
      /** Whether the caller ended the call with BYE. */
      readonly bye: boolean;
      /** Audio that came from the caller. */
      readonly media: MediaCount;
    };

/** Everything an answer needs. */
export interface AnswerSetup {
  readonly link: SipLink;
  /** The number called. */
  readonly number: string;
  readonly party: FalsifiedParty;
  /** Milliseconds to wait for an INVITE, and then for its ACK. */
  readonly deadlineMs: number;
  /** Milliseconds to watch after the ACK for a BYE and audio. */
  readonly listenMs: number;
  /** Has the call for itself once the ACK has come; otherwise a frame is sent every 20 ms. */
  readonly during?: (conversation: Conversation) => Promise<void>;
}

/** A call that the malicious user has answered. */
export interface Conversation {
  readonly media: CallMedia;
  /** Where the caller's audio is sent. */
  readonly peer: Endpoint;
  readonly keys: MediaKeys;
}

interface Offered {
  readonly offer: ReceivedOffer;
  readonly sdp: NonNullable<ReturnType<typeof readSdp>>;
}

const isInvite = (message: SipMessage): SipRequest | null =>
  message.kind === 'request' && message.method === 'INVITE' ? message : null;

const readInvite = (
  invite: SipRequest,
):
  | { readonly ok: true; readonly value: Offered }
  | { readonly ok: false; readonly code: 'sdp' | CslReadCode } => {
  const sdp = readSdp(invite.body);
  if (!sdp) return { ok: false, code: 'sdp' };
  const call = {
    callId: header(invite, 'Call-ID') ?? '',
    callerNumber: userOf(header(invite, 'From')),
    calleeNumber: userOf(header(invite, 'To')),
  };
  const offer = readOffer(allHeaders(invite), call, sdp.text);
  return offer.ok
    ? { ok: true, value: { offer: offer.value, sdp } }
    : { ok: false, code: offer.error.code };
};

const makeAnswer = (
  party: FalsifiedParty,
  offer: ReceivedOffer,
): CslSession & { readonly headers: HeaderPairs } => {
  const { certificate, chain, key } = party;
  const fresh = { nonce: randomBytes(32), time: Date.now(), exponent: randomBytes(32) };
  return writeAnswer(
    { certificate, chain, key, ...fresh, media: ownMediaText },
    offer,
    party.falsification,
  );
};

const makeOk = (
  setup: AnswerSetup,
  invite: SipRequest,
  tag: string,
  headers: HeaderPairs,
  media: CallMedia,
): SipResponse => {
  const contact = contactOf(setup.link, setup.number);
  const extra = [['Contact', contact], ...headers, ['Content-Type', 'application/sdp']] as const;
  return withBody(
    withHeaders(responseTo(invite, 200, 'OK', tag), extra),
    writeSdp(setup.link.local.host, media.port, media.ssrc),
  );
};

const awaitAck = async (
  setup: AnswerSetup,
  dialog: Dialog,
  session: CslSession,
): Promise<{ readonly ack: 'verified' | 'wrong' | 'absent' | 'none'; readonly bye: boolean }> => {
  const { link, deadlineMs } = setup;
  const request = await link.next(requestIn(dialog.callId, 'ACK', 'BYE', 'CANCEL'), deadlineMs);
  if (typeof request === 'string') return { ack: 'none', bye: false };
  if (request.method === 'ACK') return { ack: readAck(allHeaders(request), session), bye: false };
  link.send(responseTo(request, 200, 'OK', sipToken()));
  return { ack: 'none', bye: request.method === 'BYE' };
};

const answer = async (
  setup: AnswerSetup,
  invite: SipRequest,
  { offer, sdp }: Offered,
  media: CallMedia,
): Promise<AnswerOutcome> => {
  const tag = sipToken();
  setup.link.send(responseTo(invite, 180, 'Ringing', tag));
  const { headers, ...session } = makeAnswer(setup.party, offer);
  const response = makeOk(setup, invite, tag, headers, media);
  const dialog = calleeDialog(invite, response);
  setup.link.send(response);
  const first = await awaitAck(setup, dialog, session);
  const keys = { sending: session.keys.calleeToCaller, receiving: session.keys.callerToCallee };
  const { link, listenMs, during } = setup;
  media.start(during ? null : sdp.peer, keys);
  if (during && sdp.peer && first.ack === 'verified') await during({ media, peer: sdp.peer, keys });
  const bye = first.bye || (await watchForBye(link, dialog, 1, listenMs));
  const caller = userOf(header(invite, 'From'));
  return { kind: 'reacted', caller, ack: first.ack, bye, media: media.count() };
};

/**
 * Waits for an INVITE, answers 180 and 200 with the X-CSL headers of `setup.party`, watches what the caller does next and
 * hangs up. Settles within two times `deadlineMs`, `listenMs` and two seconds; rejects only if this machine gives no UDP port.
 */
export const answerCall = async (setup: AnswerSetup): Promise<AnswerOutcome> => {
  const invite = await setup.link.next(isInvite, setup.deadlineMs);
  if (typeof invite === 'string') return { kind: 'no-invite', by: invite };
  const offered = readInvite(invite);
  if (!offered.ok) {
    setup.link.send(responseTo(invite, 488, 'Not Acceptable Here', sipToken()));
    return { kind: 'offer-unreadable', code: offered.code };
  }
  const media = await openCallMedia(setup.link.local.host);
  try {
    return await answer(setup, invite, offered.value, media);
  } finally {
    media.close();
  }
};

import type { Core, Invitation, Inviter } from 'sip.js';
import { equal, utf8 } from '../../reference/core/bytes.ts';
import { readSdp, type OfferedMedia } from '../attackers/call-sdp.ts';
import {
  readAck,
  type CslCall,
  type CslFalsification,
  type HeaderPairs,
  type SentOffer,
} from '../attackers/csl-exchange.ts';
import {
  answerAgreement,
  confirmAgreement,
  offerAgreement,
  type Agreeing,
  type Agreement,
} from './agreement.ts';
import {
  answerTo,
  mediaTextOf,
  writeDescription,
  type Direction,
  type OwnDescription,
} from './description.ts';
import {
  cslHeadersOf,
  endCall,
  headerLines,
  nextDescription,
  sayBye,
  useAgreement,
  userOf,
  type PeerCall,
} from './peer-call.ts';

/** What every exchange needs. */
export interface Negotiating {
  readonly own: Agreeing;
  readonly falsify: CslFalsification;
  readonly contact: () => string;
  readonly changed: () => void;
}

type Answered = Core.AckableIncomingResponseWithSession;

const descriptionIn = (message: Core.IncomingMessage): OfferedMedia | null =>
  readSdp(utf8(message.body));

const bodyOf = (own: OwnDescription): Core.Body => ({
  contentDisposition: 'session',
  contentType: 'application/sdp',
  content: writeDescription(own),
});

/** The agreement of a 200, or what is wrong with it. */
const readAnswered = (
  { own, falsify }: Negotiating,
  call: PeerCall,
  offer: SentOffer,
  message: Core.IncomingMessage,
) => {
  const remote = descriptionIn(message);
  if (!remote) return { ok: false, error: 'sdp' } as const;
  const peer = { number: call.peerNumber, media: remote.text };
  const read = confirmAgreement(own, cslHeadersOf(message), offer, peer, falsify);
  const before = call.agreement;
  if (read.ok && before && !equal(before.certificate, read.value.certificate))
    return { ok: false, error: 'another-certificate' } as const;
  return read.ok ? ({ ok: true, value: { agreement: read.value, remote } } as const) : read;
};

type Confirm = (response: Answered) => Promise<void>;

/**
 * Makes the inviter verify the 200 and put X-CSL-Info2 into its ACK. sip.js has no way to do so: its `onAccept` sends the ACK, so
 * that is given a response whose `ack` adds the header.
 */
const confirmAnswer = (
  negotiating: Negotiating,
  call: PeerCall,
  inviter: Inviter,
  offer: SentOffer,
): void => {
  const accept = (inviter as unknown as { readonly onAccept: Confirm }).onAccept.bind(inviter);
  const onAccept: Confirm = async (response) => {
    const read = readAnswered(negotiating, call, offer, response.message);
    const extraHeaders = read.ok ? headerLines(read.value.agreement.headers) : [];
    const ack: Answered['ack'] = (options) => response.ack({ ...options, extraHeaders });
    await accept({ message: response.message, session: response.session, ack });
    if (read.ok) {
      call.remote = read.value.remote;
      useAgreement(call, read.value.agreement);
    } else {
      endCall(call, read.error);
      void sayBye(inviter);
    }
    negotiating.changed();
  };
  Object.assign(inviter, { onAccept });
};

/** Sends the INVITE, and sees to it that its answer is verified. */
export const sendInvite = async (
  negotiating: Negotiating,
  call: PeerCall,
  inviter: Inviter,
): Promise<void> => {
  const { own, falsify } = negotiating;
  const { callId, peerNumber } = call;
  const names = { callId, callerNumber: own.identity.number, calleeNumber: peerNumber };
  const offer = offerAgreement(own, names, mediaTextOf(call.own.direction), falsify);
  confirmAnswer(negotiating, call, inviter, offer);
  // sip.js takes headers of an INVITE before it has a Call-ID, which these sign.
  inviter.request.extraHeaders.push(...headerLines(offer.headers));
  await inviter.invite({
    requestDelegate: {
      onReject({ message }) {
        call.endedBy = `sip/${message.statusCode ?? 0}`;
      },
    },
  });
};

/** What an INVITE, the first or a later one, is answered with; a status where it is not. */
const answerOffer = (
  { own, falsify }: Negotiating,
  call: PeerCall,
  message: Core.IncomingRequestMessage,
) => {
  const remote = descriptionIn(message);
  if (!remote) return { ok: false, status: 488, reason: 'sdp' } as const;
  const before = call.agreement;
  const names: CslCall = {
    callId: call.callId,
    callerNumber: userOf(message.from),
    calleeNumber: userOf(message.to),
    ...(before ? { previous: before.session.answerHash } : {}),
  };
  const direction = answerTo(remote.text);
  const media = { offered: remote.text, own: mediaTextOf(direction) };
  const pairs = cslHeadersOf(message);
  const made = answerAgreement(own, pairs, names, media, falsify);
  if (!made.ok) {
    const status = made.error === 'headers' ? 488 : 403;
    return { ok: false, status, reason: made.error } as const;
  }
  if (before && !equal(before.certificate, made.value.certificate))
    return { ok: false, status: 403, reason: 'another-certificate' } as const;
  return { ok: true, agreement: made.value, remote, direction } as const;
};

/** What the ACK is worth: the call begins, or goes on, with a right tag, and ends without. */
const acknowledged = (
  { changed }: Negotiating,
  call: PeerCall,
  agreement: Agreement,
  pairs: HeaderPairs,
): void => {
  const worth = readAck(pairs, agreement.session);
  if (worth === 'verified') useAgreement(call, agreement);
  else {
    endCall(call, `ack-${worth}`);
    void sayBye(call.session);
  }
  changed();
};

const awaitAck = (negotiating: Negotiating, call: PeerCall, agreement: Agreement): void => {
  call.unconfirmed = agreement;
  call.session.delegate = {
    onAck({ request }) {
      const { unconfirmed } = call;
      // The first ACK decides (I-9).
      if (unconfirmed) acknowledged(negotiating, call, unconfirmed, cslHeadersOf(request));
    },
  };
};

/** Verifies the INVITE and rings, or refuses it; whether it rings. */
export const ring = async (
  negotiating: Negotiating,
  call: PeerCall,
  invitation: Invitation,
): Promise<boolean> => {
  const answer = answerOffer(negotiating, call, invitation.request);
  if (answer.ok) {
    await invitation.progress();
    return true;
  }
  call.endedBy = answer.reason;
  await invitation.reject({ statusCode: answer.status });
  return false;
};

/** Accepts the INVITE, with an answer made at this moment. */
export const acceptInvitation = async (
  negotiating: Negotiating,
  call: PeerCall,
  invitation: Invitation,
): Promise<void> => {
  const answer = answerOffer(negotiating, call, invitation.request);
  if (!answer.ok) {
    call.endedBy = answer.reason;
    return invitation.reject({ statusCode: answer.status });
  }
  awaitAck(negotiating, call, answer.agreement);
  await invitation.accept({ extraHeaders: headerLines(answer.agreement.headers) });
};

/** Answers a re-INVITE, whose headers and answer sip.js would not let anyone touch. */
export const answerReinvite = (
  negotiating: Negotiating,
  call: PeerCall,
  request: Core.IncomingInviteRequest,
): void => {
  if (call.unconfirmed) return void request.reject({ statusCode: 491 });
  const answer = answerOffer(negotiating, call, request.message);
  if (!answer.ok) return void request.reject({ statusCode: answer.status });
  call.own = nextDescription(call, answer.direction);
  call.remote = answer.remote;
  call.audio.expectOtherKeys();
  awaitAck(negotiating, call, answer.agreement);
  request.accept({
    statusCode: 200,
    extraHeaders: [...headerLines(answer.agreement.headers), `Contact: ${negotiating.contact()}`],
    body: bodyOf(call.own),
  });
};

/** Verifies the answer to a re-INVITE and acknowledges it; what is wrong ends the call. */
const confirmChange = (
  negotiating: Negotiating,
  call: PeerCall,
  { offer, next }: { readonly offer: SentOffer; readonly next: OwnDescription },
  response: Answered,
): string | null => {
  const read = readAnswered(negotiating, call, offer, response.message);
  response.ack({ extraHeaders: read.ok ? headerLines(read.value.agreement.headers) : [] });
  if (read.ok) {
    call.own = next;
    call.remote = read.value.remote;
    useAgreement(call, read.value.agreement);
  } else {
    endCall(call, read.error);
    void sayBye(call.session);
  }
  negotiating.changed();
  return read.ok ? null : read.error;
};

/** Offers an established call anew (I-9); resolves once both have agreed under fresh keys, rejects with one line otherwise. */
export const offerAnew = (
  negotiating: Negotiating,
  call: PeerCall,
  direction: Direction,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const { dialog } = call.session;
    const { own, falsify, contact } = negotiating;
    if (!dialog || !call.agreement || call.unconfirmed)
      return reject(new Error('the call is not in a state to be offered anew'));
    const names: CslCall = {
      callId: call.callId,
      callerNumber: own.identity.number,
      calleeNumber: call.peerNumber,
      previous: call.agreement.session.answerHash,
    };
    const next = nextDescription(call, direction);
    const offer = offerAgreement(own, names, mediaTextOf(direction), falsify);
    const extraHeaders = [...headerLines(offer.headers), `Contact: ${contact()}`];
    dialog.invite(
      {
        onAccept(response) {
          const wrong = confirmChange(negotiating, call, { offer, next }, response);
          if (wrong === null) resolve();
          else reject(new Error(`the answer was refused: ${wrong}`));
        },
        onReject: ({ message }) =>
          reject(new Error(`the peer answered ${message.statusCode ?? 0}`)),
      },
      { extraHeaders, body: bodyOf(next) },
    );
  });

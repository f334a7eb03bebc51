import { randomBytes } from 'node:crypto';
import { latin1, utf8 } from '../../../reference/core/bytes.ts';
import {
  allHeaders,
  header,
  makeRequest,
  type HeaderPairs,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../../reference/core/sip/message/message.ts';
import { openCallMedia, type CallMedia } from '../../../simulators/attackers/call-media.ts';
import { ownMediaText, readSdp, writeSdp } from '../../../simulators/attackers/call-sdp.ts';
import {
  readAnswer,
  writeAck,
  writeOffer,
  type CslSession,
  type SentOffer,
} from '../../../simulators/attackers/csl-exchange.ts';
import type { Endpoint } from '../../../simulators/attackers/endpoint.ts';
import { acknowledging } from '../../../simulators/attackers/hostile-requests.ts';
import {
  callerDialog,
  contactOf,
  dialogRequest,
  freshVia,
  requestIn,
  responseIn,
  sipToken,
  type Dialog,
} from '../../../simulators/attackers/sip-dialog.ts';
import type { SipLink } from '../../../simulators/attackers/sip-link.ts';
import { textOf, type RawRequest } from '../../../simulators/attackers/sip-raw.ts';
import type { LiveClient } from '../client.ts';
import type { Draft } from './draft.ts';

/** Milliseconds for each answer, however busy the machine. */
export const stepDeadline = 6_000;

/** Who calls whom, in X-CSL headers that are right. */
export interface Caller {
  readonly client: LiveClient;
  /** DER of the client authority's certificate. */
  readonly authority: Uint8Array;
  readonly phone: string;
}

/** A party's fresh values. */
export const partyOf = ({ client, authority }: Pick<Caller, 'client' | 'authority'>) => ({
  certificate: client.identity.certificate,
  chain: authority,
  key: client.identity.key,
  nonce: new Uint8Array(randomBytes(32)),
  time: Date.now(),
  exponent: new Uint8Array(randomBytes(32)),
  media: ownMediaText,
});

/** An INVITE before its X-CSL headers and session description are put in. */
interface Invitation {
  readonly offer: SentOffer;
  readonly callId: string;
  readonly right: Draft;
  readonly lines: RawRequest['lines'];
  readonly uri: string;
}

/** The right INVITE of a call, or of a change of the call whose dialog is given. */
export const invitation = (
  caller: Caller,
  link: SipLink,
  media: CallMedia,
  within?: { readonly dialog: Dialog; readonly session: CslSession },
): Invitation => {
  const { client, phone } = caller;
  const { number, domain } = client;
  const callId = within?.dialog.callId ?? sipToken();
  const call = { callId, callerNumber: number, calleeNumber: phone };
  const previous = within && { previous: within.session.answerHash };
  const offer = writeOffer(partyOf(caller), { ...call, ...previous });
  const request = within
    ? dialogRequest(link, within.dialog, 'INVITE', 2)
    : makeRequest('INVITE', `sip:${phone}@${domain}`, [
        ['Via', freshVia(link)],
        ['Max-Forwards', '70'],
        ['From', `<sip:${number}@${domain}>;tag=${sipToken()}`],
        ['To', `<sip:${phone}@${domain}>`],
        ['Call-ID', callId],
        ['CSeq', '1 INVITE'],
      ]);
  const lines = allHeaders(request).filter(([name]) => name !== 'Content-Length');
  return {
    offer,
    callId,
    right: { headers: offer.headers, sdp: writeSdp(link.local.host, media.port, media.ssrc) },
    lines: [...lines, ['Contact', contactOf(link, number)]],
    uri: request.uri,
  };
};

/** The INVITE with headers and description as they are; bytes above 127 become two. */
export const inviteOf = ({ lines, uri }: Invitation, { headers, sdp }: Draft): Uint8Array =>
  utf8(
    textOf({
      method: 'INVITE',
      uri,
      lines: [...lines, ...headers, ['Content-Type', 'application/sdp']],
      body: latin1(sdp),
    }),
  );

/** The INVITE as its sender knows it, to acknowledge by. */
export const asSent = ({ lines, uri }: Invitation): SipRequest => makeRequest('INVITE', uri, lines);

/** A response with headers and description as they are. */
export const responseWith = (base: SipResponse, { headers, sdp }: Draft): Uint8Array => {
  const head = [
    `${base.version} ${base.status} ${base.reason}`,
    ...base.headers.filter(({ name }) => name !== 'Content-Length').map(({ raw }) => raw),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/sdp',
  ];
  const body = latin1(sdp);
  return utf8([...head, `Content-Length: ${utf8(body).length}`, '', body].join('\r\n'));
};

/** The final response to an INVITE of a call. */
export const finalIn = (link: SipLink, callId: string): Promise<SipResponse | string> =>
  link.next(responseIn(callId, 'INVITE', 200), stepDeadline);

/** Acknowledges a refusal. */
export const acknowledge = (link: SipLink, invite: SipRequest, response: SipResponse): void =>
  link.send(acknowledging(invite, response));

/** A call that the phone has accepted; it has yet to be confirmed. */
export interface AcceptedCall {
  readonly link: SipLink;
  readonly dialog: Dialog;
  readonly session: CslSession;
  /** Where the phone's audio is sent by way of the relay. */
  readonly to: Endpoint;
}

/** What a 200 came to; null where it does not hold. */
export const accepted = (
  link: SipLink,
  invited: Invitation,
  response: SipResponse,
): AcceptedCall | null => {
  const sdp = readSdp(response.body);
  const session = sdp && readAnswer(allHeaders(response), invited.offer, sdp.text);
  if (!session?.ok || !sdp?.peer) return null;
  const dialog = callerDialog(asSent(invited), response);
  return { link, dialog, session: session.value, to: sdp.peer };
};

/** The ACK with headers as they are. */
export const confirm = ({ link, dialog }: AcceptedCall, headers: HeaderPairs): void => {
  const ack = dialogRequest(link, dialog, 'ACK', 1);
  const lines = allHeaders(ack).filter(([name]) => name !== 'Content-Length');
  const text = textOf({ method: 'ACK', uri: ack.uri, lines: [...lines, ...headers], body: '' });
  link.sendBytes(utf8(text));
};

/** The right headers of an ACK. */
export const confirmation = ({ session }: AcceptedCall): HeaderPairs => writeAck(session);

/** Ends a call by BYE, whatever comes of it. */
export const hangUp = async (
  { link, dialog }: Pick<AcceptedCall, 'link' | 'dialog'>,
  sequence = 9,
): Promise<void> => {
  link.send(dialogRequest(link, dialog, 'BYE', sequence));
  await link.next(responseIn(dialog.callId, 'BYE', 200), stepDeadline);
};

/** Calls a phone by the book, and gives the call once it is confirmed; null, and an end of it, where it does not come about. */
export const rightCall = async (
  caller: Caller,
): Promise<(AcceptedCall & { readonly media: CallMedia }) | null> => {
  const link = await caller.client.link();
  const media = await openCallMedia(link.local.host);
  const invited = invitation(caller, link, media);
  link.sendBytes(inviteOf(invited, invited.right));
  const response = await finalIn(link, invited.callId);
  if (typeof response === 'string' || response.status >= 300) {
    if (typeof response !== 'string') acknowledge(link, asSent(invited), response);
    media.close();
    return null;
  }
  const call = accepted(link, invited, response);
  if (call === null) {
    media.close();
    return null;
  }
  confirm(call, confirmation(call));
  return { ...call, media };
};

/** An INVITE to a client, or why none came. */
export const invitedOn = (link: SipLink): Promise<SipRequest | string> =>
  link.next(
    (message: SipMessage) =>
      message.kind === 'request' && message.method === 'INVITE' ? message : null,
    stepDeadline,
  );

/** Whether a request of the call came: its ACK, or what ends it. */
export const reactionIn = (link: SipLink, invite: SipRequest, deadline: number) =>
  link.next(requestIn(header(invite, 'Call-ID') ?? '', 'ACK', 'BYE', 'CANCEL'), deadline);

import { X509Certificate } from 'node:crypto';
import type { Phone } from '../../../devices/contract.ts';
import { header, type SipRequest } from '../../../reference/core/sip/message/message.ts';
import type { EnrolledIdentity } from '../../../simulators/attackers/call-faults.ts';
import { ownMediaText, writeSdp } from '../../../simulators/attackers/call-sdp.ts';
import { keyIdentifierOf } from '../../../simulators/attackers/certificate-forger.ts';
import { writeOffer } from '../../../simulators/attackers/csl-exchange.ts';
import { cslValue, exchangeOf, withCslOf } from '../../../simulators/attackers/hostile-headers.ts';
import { uriIn } from '../../../simulators/attackers/sip-dialog.ts';
import { fresh } from '../../../simulators/attackers/hostile-operator.ts';
import {
  resent,
  toCallee,
  type SeenDialog,
} from '../../../simulators/attackers/hostile-requests.ts';
import { logging, type Victims } from './hostile-calls.ts';
import type { HostileRequest, HostileSide } from './hostile-evidence.ts';

/** Milliseconds for a final response. */
const deadlineMs = 5_000;

/** Milliseconds and packets of audio that shows that a call goes on. */
const audio = { packets: 5, deadlineMs: 2_000 } as const;

const sdpType = ['Content-Type', 'application/sdp'] as const;

/** The Subject Key Identifier that a phone's certificate must have, from its 200. */
export const identifierIn = ({ answer }: SeenDialog): Uint8Array =>
  keyIdentifierOf(new X509Certificate(cslValue(answer, 'X-CSL-From')).publicKey);

/** Sends a request of the server's own to a phone and tells what the phone did. */
const tell = async (
  { operator, caller, callee, numbers }: Victims,
  to: HostileSide,
  name: string,
  request: SipRequest,
): Promise<HostileRequest> => {
  const phone: Phone = to === 'caller' ? caller : callee;
  const log = await logging(phone);
  operator.switch.take();
  const response = await operator.switch.ask(numbers[to], request, deadlineMs);
  const refusals = [...(await log())];
  const sent = operator.switch
    .take()
    .flatMap(({ from, message }) =>
      from === numbers[to] && message.kind === 'request' ? [message.method] : [],
    );
  const status = response === 'deadline' ? response : response.status;
  return { request: name, to, status, refusals, sent };
};

/** A re-INVITE with a right exchange in an identity's name, chained to the dialog's first. */
const signedReInvite = (
  { operator, numbers }: Victims,
  dialog: SeenDialog,
  identity: EnrolledIdentity,
  sequence: number,
): SipRequest => {
  const previous = exchangeOf(dialog.invite, dialog.answer)?.answerHash ?? new Uint8Array(32);
  const { certificate, key } = identity;
  const offer = writeOffer(
    {
      certificate,
      key,
      chain: operator.authority,
      nonce: fresh(),
      time: Date.now(),
      exponent: fresh(),
      media: ownMediaText,
    },
    {
      callId: header(dialog.invite, 'Call-ID') ?? '',
      callerNumber: identity.number,
      calleeNumber: numbers.callee,
      previous,
    },
  );
  const headers = [...offer.headers, sdpType];
  return toCallee(dialog, 'INVITE', sequence, headers, writeSdp('127.0.0.1', 9, 1));
};

/** Requests that a server may slip into a call, and whether audio went on both ways afterwards. */
export const slipIn = async (victims: Victims, dialog: SeenDialog) => {
  const { operator, caller, callee, numbers } = victims;
  const sdp = writeSdp('127.0.0.1', 9, 1);
  const sequence = 1_000;
  const plain = toCallee(dialog, 'INVITE', sequence, [sdpType], sdp);
  const replayed = toCallee(dialog, 'INVITE', sequence + 1, [sdpType], dialog.invite.body);
  const impostor = operator.forge(numbers.caller);
  const elsewhere = `<sip:${operator.user.number}@${operator.sip.host}>`;
  const requests: readonly (readonly [string, SipRequest])[] = [
    ['re-invite-without-headers', plain],
    ['re-invite-replayed', withCslOf(replayed, dialog.invite)],
    ['re-invite-of-another-number', signedReInvite(victims, dialog, operator.user, sequence + 2)],
    ['re-invite-of-another-key', signedReInvite(victims, dialog, impostor, sequence + 3)],
    ['update', toCallee(dialog, 'UPDATE', sequence + 4, [sdpType], sdp)],
    ['refer', toCallee(dialog, 'REFER', sequence + 5, [['Refer-To', elsewhere]])],
  ];
  const told: HostileRequest[] = [];
  for (const [name, request] of requests) told.push(await tell(victims, 'callee', name, request));
  const wentOn = await Promise.all(
    [caller, callee].map((phone) => phone.waitForAudio(audio.packets, audio.deadlineMs)),
  ).then(
    () => true,
    () => false,
  );
  return { requests: told, wentOn };
};

/** An INVITE of a call that is over, once more: to its callee, and to its own caller. */
export const bringBack = async (
  victims: Victims,
  { invite }: SeenDialog,
): Promise<readonly HostileRequest[]> => [
  await tell(victims, 'callee', 'old-invite', resent(invite)),
  await tell(victims, 'caller', 'reflected-invite', {
    ...resent(invite),
    uri: uriIn(header(invite, 'Contact')) ?? invite.uri,
  }),
];

import { allHeaders, header } from '../../../reference/core/sip/message/message.ts';
import { displayedIdentifier } from '../../../reference/core/csl/identifier.ts';
import {
  applyFault,
  callFaults,
  needsAnotherNumber,
} from '../../../simulators/attackers/call-faults.ts';
import { keyIdentifierOf } from '../../../simulators/attackers/certificate-forger.ts';
import { openCallMedia } from '../../../simulators/attackers/call-media.ts';
import { readSdp, writeSdp } from '../../../simulators/attackers/call-sdp.ts';
import { readOffer, writeAnswer } from '../../../simulators/attackers/csl-exchange.ts';
import { answerCall } from '../../../simulators/attackers/malicious-callee.ts';
import { placeCall } from '../../../simulators/attackers/malicious-caller.ts';
import { contactOf, sipToken, userOf } from '../../../simulators/attackers/sip-dialog.ts';
import { responseTo } from '../../../simulators/attackers/sip-link.ts';
import { headersOf } from '../../generators/csl-header-cases.ts';
import { sipGrammar } from '../../generators/sip-messages.ts';
import { textOfCase } from '../../generators/text-mutations.ts';
import { inviteWith, requestsOn, type Addresses } from '../appliance/bases.ts';
import { streamEnd } from '../appliance/stream.ts';
import { drain, shapesOf, type LiveClient } from '../client.ts';
import type { Shown } from '../part-protocol.ts';
import type { LivePhone } from '../phones.ts';
import { LiveFaultError } from '../target.ts';
import {
  accepted,
  acknowledge,
  asSent,
  confirm,
  confirmation,
  finalIn,
  hangUp,
  invitation,
  invitedOn,
  inviteOf,
  partyOf,
  reactionIn,
  responseWith,
  rightCall,
  stepDeadline,
  type Caller,
} from './call.ts';
import type { PhoneCase } from './cases.ts';
import { edited, mustRefuse } from './draft.ts';
import { sendDatagrams } from './media.ts';

/** Milliseconds: that a phone may take over an answer before the call is given up; that a call of the faulty user is watched. */
const limits = { decision: 1_000, listen: 30 } as const;

/** Everything that cases for a phone are performed with. */
export interface PhoneStage {
  readonly phone: LivePhone;
  readonly authority: Uint8Array;
  /** UDP ports that the phone's process has open. */
  readonly openPorts: () => readonly number[];
  /** Another enrolled client, for what needs one. */
  readonly other: LiveClient;
}

/** What a case came to. */
interface Outcome {
  readonly shapes: readonly string[] | null;
  /** Whether the phone must not have come into a call, nor shown a peer. */
  readonly isFaulty: boolean;
}

type Family<Name extends PhoneCase['family']> = Extract<PhoneCase, { readonly family: Name }>;

type Edited = Pick<Extract<PhoneCase, { readonly edits: unknown }>, 'edits'>;

const identifierOf = (client: LiveClient): string =>
  displayedIdentifier(keyIdentifierOf(client.identity.key));

/** Sends pieces that nobody is expected to understand. */
const sayOnly = async (
  family: string,
  client: LiveClient,
  bytes: Uint8Array,
): Promise<readonly string[] | null> => {
  const link = await client.link();
  const question = client.question(link);
  if (streamEnd([bytes], question) === 'under way') {
    link.sendBytes(bytes);
    client.close();
    return [`${family} under way`];
  }
  const heard = await client.say([bytes], question);
  return heard.end === 'silent' ? null : shapesOf(family, heard);
};

const performOffer = async (caller: Caller, { edits }: Edited): Promise<Outcome> => {
  const { client } = caller;
  const link = await client.link();
  const media = await openCallMedia(link.local.host);
  try {
    const invited = invitation(caller, link, media);
    const sent = edited(invited.right, edits);
    const isFaulty = mustRefuse(invited.right, sent, 'offer');
    const bytes = inviteOf(invited, sent);
    if (streamEnd([bytes], client.question(link)) !== 'between messages')
      return { shapes: await sayOnly('offer', client, bytes), isFaulty };
    link.sendBytes(bytes);
    const response = await finalIn(link, invited.callId);
    if (typeof response === 'string') {
      client.close();
      return { shapes: response === 'closed' ? ['offer closed'] : null, isFaulty };
    }
    if (response.status >= 300) {
      acknowledge(link, asSent(invited), response);
      return { shapes: [`offer ${response.status}`], isFaulty };
    }
    if (isFaulty)
      throw new LiveFaultError(
        'refuses what was changed',
        'a refusal',
        `200 to ${JSON.stringify(edits)}`,
      );
    const call = accepted(link, invited, response);
    if (call === null) return { shapes: ['offer accepted without proof'], isFaulty: true };
    confirm(call, confirmation(call));
    await hangUp(call);
    return { shapes: ['offer accepted'], isFaulty };
  } finally {
    media.close();
  }
};

const performConfirmation = async (
  caller: Caller,
  { edits }: Edited,
  phone: LivePhone,
): Promise<Outcome> => {
  const link = await caller.client.link();
  const media = await openCallMedia(link.local.host);
  const invited = invitation(caller, link, media);
  media.close();
  link.sendBytes(inviteOf(invited, invited.right));
  const response = await finalIn(link, invited.callId);
  const call =
    typeof response === 'string' || response.status >= 300
      ? null
      : accepted(link, invited, response);
  if (call === null) return { shapes: ['confirmation of no call'], isFaulty: true };
  const right = { headers: confirmation(call), sdp: new Uint8Array() };
  const sent = edited(right, edits);
  const isFaulty = mustRefuse(right, sent, 'confirmation');
  confirm(call, sent.headers);
  const { state } = await phone.wait(['in-call', 'ended'], 0, limits.decision);
  await hangUp(call);
  return { shapes: [`confirmation: ${state}`], isFaulty };
};

const performChange = async (caller: Caller, { edits }: Edited): Promise<Outcome> => {
  const call = await rightCall(caller);
  if (call === null) return { shapes: ['change of no call'], isFaulty: false };
  const { link, media } = call;
  try {
    const invited = invitation(caller, link, media, call);
    const sent = edited(invited.right, edits);
    const bytes = inviteOf(invited, sent);
    if (streamEnd([bytes], caller.client.question(link)) !== 'between messages') {
      await hangUp(call);
      return { shapes: ['change without framing'], isFaulty: false };
    }
    link.sendBytes(bytes);
    const response = await finalIn(link, invited.callId);
    if (typeof response === 'string') return { shapes: null, isFaulty: false };
    if (response.status >= 300) acknowledge(link, asSent(invited), response);
    else if (mustRefuse(invited.right, sent, 'offer'))
      throw new LiveFaultError(
        'refuses what was changed',
        'a refusal',
        `200 to ${JSON.stringify(edits)}`,
      );
    else {
      const changed = accepted(link, invited, response);
      if (changed !== null) confirm({ ...changed, dialog: call.dialog }, confirmation(changed));
    }
    await hangUp(call);
    return { shapes: [`change ${response.status}`], isFaulty: false };
  } finally {
    media.close();
  }
};

const performAnswer = async (
  { client, authority }: Caller,
  { edits }: Edited,
  phone: LivePhone,
): Promise<Outcome> => {
  const link = await client.link();
  await phone.dial(client.number);
  const invite = await invitedOn(link);
  if (typeof invite === 'string') return { shapes: ['answer to nobody'], isFaulty: true };
  const sdp = readSdp(invite.body);
  const call = {
    callId: header(invite, 'Call-ID') ?? '',
    callerNumber: userOf(header(invite, 'From')),
    calleeNumber: client.number,
  };
  const offer = readOffer(allHeaders(invite), call, sdp?.text ?? '');
  if (!offer.ok) return { shapes: [`answer to ${offer.error.code}`], isFaulty: true };
  const { headers } = writeAnswer(partyOf({ client, authority }), offer.value);
  const right = { headers, sdp: writeSdp(link.local.host, 9, 7) };
  const sent = edited(right, edits);
  const base = responseTo(invite, 200, 'OK', sipToken());
  const contact = { name: 'Contact', value: '', raw: `Contact: ${contactOf(link, client.number)}` };
  link.sendBytes(responseWith({ ...base, headers: [...base.headers, contact] }, sent));
  await reactionIn(link, invite, limits.decision);
  const { state } = await phone.wait(['in-call', 'ended'], 0, limits.decision);
  await phone.hangUp();
  // What the phone still says of the call is answered, or its connection would keep transactions.
  client.close();
  return { shapes: [`answer: ${state}`], isFaulty: mustRefuse(right, sent, 'answer') };
};

/** Faults that are none. */
const rightFaults: ReadonlySet<string> = new Set([
  'none',
  'leading-zero-value',
  'leading-zero-secret',
]);

const performSigned = async (
  { client, authority, phone: victim }: Caller,
  { family, fault: number }: Extract<PhoneCase, { readonly fault: number }>,
  { phone, other }: PhoneStage,
): Promise<Outcome> => {
  const fault = callFaults[number] ?? 'none';
  const link = await client.link();
  const party = applyFault(
    fault,
    client.identity,
    needsAnotherNumber(fault) ? other.identity : null,
    authority,
  );
  const times = { deadlineMs: stepDeadline, listenMs: limits.listen };
  const isFaulty = !rightFaults.has(fault);
  if (family === 'signed-offer') {
    const setup = { link, number: client.number, victim, domain: client.domain, party, ...times };
    const { kind } = await placeCall(setup);
    return { shapes: [`signed ${fault}: ${kind}`], isFaulty: isFaulty && !answersRightly(fault) };
  }
  const answered = answerCall({ link, number: client.number, party, ...times });
  await phone.dial(client.number);
  const { kind } = await answered;
  await phone.hangUp();
  return {
    shapes: [`signed answer ${fault}: ${kind}`],
    isFaulty: isFaulty && fault !== 'reflected-tag',
  };
};

/** Faults of a 200 alone, which an INVITE cannot have. */
const answersRightly = (fault: string): boolean => fault === 'reflected-nonce';

const performMedia = async (
  caller: Caller,
  made: Family<'media'>,
  { phone, openPorts }: PhoneStage,
): Promise<Outcome> => {
  const before = new Set(openPorts());
  const call = await rightCall(caller);
  if (call === null) return { shapes: ['media of no call'], isFaulty: false };
  try {
    await phone.wait(['in-call', 'ended'], 0, stepDeadline);
    const direct = openPorts().filter((port) => !before.has(port));
    await sendDatagrams(call, direct, made.datagrams);
    const { state, endedBy } = await phone.view();
    if (state !== 'in-call')
      throw new LiveFaultError('datagrams end no call', 'in-call', `${state} (${endedBy})`);
    await hangUp(call);
    return { shapes: ['media'], isFaulty: false };
  } finally {
    call.media.close();
  }
};

const performRaw = async (
  { client, phone }: Caller,
  made: Family<'headers'> | Family<'request'>,
  { other }: PhoneStage,
): Promise<Outcome> => {
  const link = await client.link();
  const addresses: Addresses = {
    own: client.number,
    domain: client.domain,
    phone,
    peer: other.number,
  };
  const { family } = made;
  const bytes =
    family === 'headers'
      ? inviteWith(link, addresses, headersOf(made.made))
      : textOfCase({ bases: requestsOn(link, addresses), words: sipGrammar.words }, made.made);
  return { shapes: await sayOnly(family, client, bytes), isFaulty: true };
};

const carryOut = async (caller: Caller, made: PhoneCase, stage: PhoneStage): Promise<Outcome> => {
  switch (made.family) {
    case 'offer':
      return performOffer(caller, made);
    case 'confirmation':
      return performConfirmation(caller, made, stage.phone);
    case 'change':
      return performChange(caller, made);
    case 'answer':
      return performAnswer(caller, made, stage.phone);
    case 'signed-offer':
    case 'signed-answer':
      return performSigned(caller, made, stage);
    case 'media':
      return performMedia(caller, made, stage);
    case 'headers':
    case 'request':
      return performRaw(caller, made, stage);
  }
};

/** Demands that a phone has not shown what it should not. */
const checkShown = (before: Shown, after: Shown, isFaulty: boolean, client: LiveClient): void => {
  if (isFaulty && after.calls !== before.calls)
    throw new LiveFaultError(
      'no call without agreement',
      'no call, and no peer on the screen',
      `${after.view.state}, shown: ${after.peers.join(', ')}`,
    );
  const own = identifierOf(client);
  const wrong = after.calls === before.calls ? undefined : after.peers.find((peer) => peer !== own);
  if (wrong !== undefined) throw new LiveFaultError('the peer shown is the peer', own, wrong);
};

/** Sends one case, sees that the phone is free again, and demands that it showed what it should. */
export const performForPhone = async (
  client: LiveClient,
  made: PhoneCase,
  stage: PhoneStage,
): Promise<readonly string[] | null> => {
  const { phone, authority } = stage;
  await drain(await client.link());
  const before = await phone.shown();
  const caller: Caller = { client, authority, phone: phone.number };
  const { shapes, isFaulty } = await carryOut(caller, made, stage);
  const { state } = await phone.wait(['idle', 'ended'], 0, limits.decision);
  if (state !== 'idle' && state !== 'ended') await phone.hangUp();
  checkShown(before, await phone.shown(), isFaulty, client);
  return shapes;
};

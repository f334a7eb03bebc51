import { contactOf } from '../user-agent/dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import { header, type SipMessage } from '../message/message.ts';
import { connectionOf, reasonOf, sayFarewell } from './farewells.ts';
import type { CallParty, ProxiedCall, Proxy } from './state.ts';
import type { CallEndReason, ConnectionId } from './registrar-proxy-contract.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';
import { userOf } from '../message/uri.ts';

const DEFAULT_MAXIMUM_DURATION = 12 * 3_600_000;

/** The Reason of the BYEs with which the appliance ends a call; phones end the others themselves. */
const FAREWELLS: Partial<Readonly<Record<CallEndReason, string>>> = {
  revoked: reasonOf(403, 'Certificate revoked'),
  'connection-lost': reasonOf(480, 'Connection lost'),
  expired: reasonOf(408, 'Longest duration of a call'),
  failed: reasonOf(488, 'Media not relayed'),
};

const graceTimer = (call: ProxiedCall): string => `grace ${call.callId}`;
const lingerTimer = (call: ProxiedCall): string => `ended ${call.callId}`;
const DURATION_TIMER = 'duration';

/** Ends what has lasted too long: a phone that restarted says no BYE for the call that it forgot. One timer for all, since all may last equally long. */
const expireCalls = (proxy: Proxy): void => {
  const duration = proxy.config.maximumCallDuration ?? DEFAULT_MAXIMUM_DURATION;
  for (const call of proxy.calls.values()) {
    const end = call.startedAt + duration;
    if (end > proxy.now) {
      proxy.timers.set(DURATION_TIMER, end, () => expireCalls(proxy));
      return;
    }
    endCall(proxy, call, 'expired');
  }
};

const keep = (proxy: Proxy, call: ProxiedCall): void => {
  if (proxy.calls.size === 0) {
    const duration = proxy.config.maximumCallDuration ?? DEFAULT_MAXIMUM_DURATION;
    proxy.timers.set(DURATION_TIMER, proxy.now + duration, () => expireCalls(proxy));
  }
  proxy.calls.set(call.callId, call);
  for (const { number } of [call.caller, call.callee]) {
    const calls = proxy.callsOf.get(number) ?? new Set();
    proxy.callsOf.set(number, calls.add(call));
  }
};

export const startCall = (
  proxy: Proxy,
  invite: {
    readonly request: SipMessage;
    readonly received: Essentials;
    readonly connection: ConnectionId;
  },
  caller: string,
  callee: Pick<CallParty, 'number' | 'connection'>,
): ProxiedCall => {
  const { request, received, connection } = invite;
  const { callId, fromTag, cseq } = received;
  const call: ProxiedCall = {
    callId,
    startedAt: proxy.now,
    state: 'early',
    caller: {
      number: caller,
      tag: fromTag,
      address: header(request, 'From') ?? '',
      contact: contactOf(request),
      sequence: cseq.sequence,
      connection,
      absent: false,
    },
    callee: {
      ...callee,
      tag: undefined,
      address: '',
      contact: undefined,
      sequence: 0,
      absent: false,
    },
  };
  const earlier = proxy.ended.get(callId);
  if (earlier !== undefined) proxy.timers.clear(lingerTimer(earlier));
  proxy.ended.delete(callId);
  keep(proxy, call);
  proxy.outputs.push({ kind: 'call-started', callId, fromNumber: caller, toNumber: callee.number });
  return call;
};

/** Ends a call once; later calls do nothing. `farewell` is the Reason of the BYEs, where it is not the usual one. */
export const endCall = (
  proxy: Proxy,
  call: ProxiedCall,
  reason: CallEndReason,
  farewell: string | undefined = FAREWELLS[reason],
): void => {
  if (call.state === 'ended') return;
  const answered = call.state === 'answered';
  const { callId, caller, callee } = call;
  call.state = 'ended';
  proxy.calls.delete(callId);
  for (const { number } of [caller, callee]) {
    const calls = proxy.callsOf.get(number);
    calls?.delete(call);
    if (calls?.size === 0) proxy.callsOf.delete(number);
  }
  proxy.timers.clear(graceTimer(call));
  if (proxy.calls.size === 0) proxy.timers.clear(DURATION_TIMER);
  if (answered) {
    proxy.ended.set(callId, call);
    proxy.timers.set(lingerTimer(call), proxy.now + TRANSACTION_TIMEOUT, () =>
      proxy.ended.delete(callId),
    );
    if (farewell !== undefined)
      for (const party of [caller, callee]) sayFarewell(proxy, call, party, farewell);
  }
  proxy.outputs.push({ kind: 'call-ended', callId, reason });
};

/**
 * Ends a call whose answer cannot be relayed: the callee is told, the caller has its refusal, or a BYE if the call was up before.
 * `isLate`: its first answer came when the call had ended.
 */
export const abandonCall = (
  proxy: Proxy,
  call: ProxiedCall,
  to: CallParty,
  isLate: boolean,
): void => {
  if (call.state === 'early' || isLate) sayFarewell(proxy, call, to, FAREWELLS.failed ?? '');
  endCall(proxy, call, 'failed');
};

/** Notes the dialog that a 2xx of the callee makes (RFC 3261 section 12.1). */
export const noteDialog = (call: ProxiedCall, response: SipMessage, calleeTag: string): void => {
  if (call.callee.tag !== undefined) return;
  call.callee.tag = calleeTag;
  call.callee.address = header(response, 'To') ?? '';
  call.callee.contact = contactOf(response);
};

/** The callee answered; later 2xx change nothing. */
export const confirmCall = (proxy: Proxy, call: ProxiedCall): void => {
  if (call.state !== 'early') return;
  call.state = 'answered';
  proxy.outputs.push({ kind: 'call-answered', callId: call.callId });
};

/** Notes what a request or 2xx inside a call says of its sender (RFC 3261 section 12.2: target refresh and CSeq). */
export const noteParty = (
  party: CallParty,
  message: SipMessage,
  { cseq }: Essentials,
  connection: ConnectionId,
): void => {
  party.connection = connection;
  if (message.kind === 'request' && cseq.method !== 'ACK')
    party.sequence = Math.max(party.sequence, cseq.sequence);
  if (cseq.method === 'INVITE') party.contact = contactOf(message) ?? party.contact;
};

/** The call a request belongs to, who sent it, and whether both tags are those of the dialog that was answered. */
export interface Membership {
  readonly call: ProxiedCall;
  readonly sender: CallParty;
  readonly recipient: CallParty;
  readonly exact: boolean;
}

/**
 * The call of a request with a To tag; `impostor` when its From is neither party's. A caller's tag and number suffice, so
 * that requests inside an early dialog, and those of a second 2xx with another To tag (interpretation I-9), find the callee.
 */
export const findCall = (
  proxy: Proxy,
  { callId, from, fromTag, toTag }: Essentials,
): Membership | 'impostor' | undefined => {
  const call = proxy.calls.get(callId) ?? proxy.ended.get(callId);
  if (call === undefined) return undefined;
  const { caller, callee } = call;
  const number = userOf(from.uri);
  if (number === caller.number && fromTag === caller.tag)
    return {
      call,
      sender: caller,
      recipient: callee,
      exact: toTag !== undefined && toTag === callee.tag,
    };
  if (number === callee.number && toTag === caller.tag)
    return { call, sender: callee, recipient: caller, exact: fromTag === callee.tag };
  return number === caller.number || number === callee.number ? undefined : 'impostor';
};

/** The calls under way of a number. */
export const callsOf = (proxy: Proxy, number: string): readonly ProxiedCall[] => [
  ...(proxy.callsOf.get(number) ?? []),
];

const partiesOf = (proxy: Proxy, number: string) =>
  callsOf(proxy, number).flatMap((call) =>
    [call.caller, call.callee]
      .filter((party) => party.number === number)
      .map((party) => ({ call, party })),
  );

/** A party of an answered call cannot be reached any more: it has 64*T1 to come back. */
export const awaitReturn = (proxy: Proxy, number: string): void => {
  for (const { call, party } of partiesOf(proxy, number)) {
    if (call.state !== 'answered' || party.absent || connectionOf(proxy, party) !== undefined)
      continue;
    party.absent = true;
    proxy.timers.set(graceTimer(call), proxy.now + TRANSACTION_TIMEOUT, () =>
      endCall(proxy, call, 'connection-lost'),
    );
  }
};

/** A party registered anew, or spoke on a new connection. */
export const noteReturn = (proxy: Proxy, number: string): void => {
  for (const { call, party } of partiesOf(proxy, number)) {
    if (!party.absent) continue;
    party.absent = false;
    if (!call.caller.absent && !call.callee.absent) proxy.timers.clear(graceTimer(call));
  }
};

export const endCallsOf = (proxy: Proxy, number: string, reason: CallEndReason): void => {
  for (const call of callsOf(proxy, number)) endCall(proxy, call, reason);
};

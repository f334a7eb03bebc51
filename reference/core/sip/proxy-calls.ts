import type { Essentials } from './essentials.ts';
import type { ProxiedCall, Proxy } from './proxy-state.ts';
import type { CallEndReason } from './registrar-proxy-contract.ts';
import { TRANSACTION_TIMEOUT } from './timers.ts';
import { userOf } from './uri.ts';

const DEFAULT_MAXIMUM_DURATION = 12 * 3_600_000;

const graceTimer = (call: ProxiedCall): string => `grace ${call.callId}`;
const durationTimer = (call: ProxiedCall): string => `duration ${call.callId}`;

export const startCall = (
  proxy: Proxy,
  received: Essentials,
  caller: string,
  callee: string,
): ProxiedCall => {
  const { callId, fromTag } = received;
  const call: ProxiedCall = { callId, caller, callee, callerTag: fromTag, calleeTag: undefined };
  proxy.calls.set(callId, call);
  // A phone that restarted says no BYE for the call that it forgot.
  const duration = proxy.config.maximumCallDuration ?? DEFAULT_MAXIMUM_DURATION;
  proxy.timers.set(durationTimer(call), proxy.now + duration, () =>
    endCall(proxy, call, 'expired'),
  );
  proxy.outputs.push({ kind: 'call-started', callId, fromNumber: caller, toNumber: callee });
  return call;
};

/** Ends a call once; later calls do nothing. */
export const endCall = (proxy: Proxy, call: ProxiedCall, reason: CallEndReason): void => {
  if (proxy.calls.get(call.callId) !== call) return;
  proxy.calls.delete(call.callId);
  proxy.timers.clear(graceTimer(call));
  proxy.timers.clear(durationTimer(call));
  proxy.outputs.push({ kind: 'call-ended', callId: call.callId, reason });
};

export const confirmCall = (proxy: Proxy, call: ProxiedCall, calleeTag: string): void => {
  if (call.calleeTag !== undefined || proxy.calls.get(call.callId) !== call) return;
  call.calleeTag = calleeTag;
  // Both are here, registered or not.
  for (const number of [call.caller, call.callee]) proxy.absent.delete(number);
  proxy.outputs.push({ kind: 'call-answered', callId: call.callId });
};

/** The call a request belongs to, and to whom it goes; `impostor` when its From is not the party whose tag it carries. */
export const findCall = (
  proxy: Proxy,
  received: Essentials,
): { readonly call: ProxiedCall; readonly to: string } | 'impostor' | undefined => {
  const call = proxy.calls.get(received.callId);
  if (call === undefined || call.calleeTag === undefined) return undefined;
  const { fromTag, toTag } = received;
  const byCaller = fromTag === call.callerTag && toTag === call.calleeTag;
  const byCallee = fromTag === call.calleeTag && toTag === call.callerTag;
  if (!byCaller && !byCallee) return undefined;
  const sender = byCaller ? call.caller : call.callee;
  if (userOf(received.from.uri) !== sender) return 'impostor';
  return { call, to: byCaller ? call.callee : call.caller };
};

const callsOf = (proxy: Proxy, number: string): readonly ProxiedCall[] =>
  [...proxy.calls.values()].filter(({ caller, callee }) => caller === number || callee === number);

/** A party of an answered call is no longer registered: it has 64*T1 to come back. */
export const awaitReturn = (proxy: Proxy, number: string): void => {
  for (const call of callsOf(proxy, number)) {
    if (call.calleeTag === undefined) continue;
    proxy.absent.add(number);
    proxy.timers.set(graceTimer(call), proxy.now + TRANSACTION_TIMEOUT, () => {
      proxy.absent.delete(number);
      endCall(proxy, call, 'connection-lost');
    });
  }
};

/** A party registered anew. */
export const noteReturn = (proxy: Proxy, number: string): void => {
  if (!proxy.absent.delete(number)) return;
  for (const call of callsOf(proxy, number))
    if (!proxy.absent.has(call.caller) && !proxy.absent.has(call.callee))
      proxy.timers.clear(graceTimer(call));
};

export const endCallsOf = (proxy: Proxy, number: string, reason: CallEndReason): void => {
  for (const call of callsOf(proxy, number)) endCall(proxy, call, reason);
};

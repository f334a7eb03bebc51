import { makeRequest, type SipRequest } from '../message/message.ts';
import { type CallParty, type ProxiedCall, type Proxy, send } from './state.ts';
import type { ConnectionId } from './registrar-proxy-contract.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';
import { BRANCH_COOKIE } from '../message/via.ts';

/** Where a party of a call is reached: where it registered last, else on the connection that it called from. */
export const connectionOf = (proxy: Proxy, party: CallParty): ConnectionId | undefined => {
  const binding = proxy.bindings.get(party.number);
  if (binding !== undefined) return binding.connection;
  return proxy.connections.has(party.connection) ? party.connection : undefined;
};

/** A Reason header value (RFC 3326); of the text only what a quoted string takes as it is. */
export const reasonOf = (status: number, text: string): string =>
  `SIP;cause=${status};text="${text.replaceAll(/[^ !#-[\]-~]/g, '')}"`;

const toParty = (
  proxy: Proxy,
  call: ProxiedCall,
  method: 'ACK' | 'BYE',
  to: CallParty,
  more: { readonly sequence: number; readonly branch: string; readonly reason?: string },
): SipRequest | undefined => {
  const { host, port } = proxy.config;
  const from = to === call.caller ? call.callee : call.caller;
  if (to.contact === undefined || to.tag === undefined || from.tag === undefined) return undefined;
  const request = makeRequest(method, to.contact, [
    ['Via', `SIP/2.0/TLS ${host}:${port};branch=${more.branch}`],
    ['Max-Forwards', '70'],
    ['From', from.address],
    ['To', to.address],
    ['Call-ID', call.callId],
    ['CSeq', `${more.sequence} ${method}`],
    ...(more.reason === undefined ? [] : [['Reason', more.reason] as const]),
  ]);
  return request;
};

/**
 * Says BYE to a party in the other's name. A proxy may not do so (RFC 3261 section 16 knows no requests of its own but
 * CANCEL and the ACK of a refusal); the appliance must, because it ends the calls of revoked users (interpretation I-7),
 * and because media has no other way than its relay: a call without relay is none. The request is built from the dialog
 * that the proxy saw, with the sender's next CSeq and a Reason (RFC 3326).
 */
export const sayFarewell = (
  proxy: Proxy,
  call: ProxiedCall,
  to: CallParty,
  reason: string,
): void => {
  const connection = connectionOf(proxy, to);
  const from = to === call.caller ? call.callee : call.caller;
  if (connection === undefined) return;
  const branch = `${BRANCH_COOKIE}${proxy.config.random()}`;
  const sequence = from.sequence + 1;
  const bye = toParty(proxy, call, 'BYE', to, { sequence, branch, reason });
  if (bye === undefined) return;
  from.sequence = sequence;
  const key = `BYE ${branch}`;
  proxy.farewells.set(key, connection);
  proxy.timers.set(`F ${key}`, proxy.now + TRANSACTION_TIMEOUT, () => proxy.farewells.delete(key));
  send(proxy, connection, bye);
};

/** Acknowledges a 2xx in the caller's place when the caller never learns of it. */
export const acknowledgeFor = (
  proxy: Proxy,
  call: ProxiedCall,
  to: CallParty,
  sequence: number,
): void => {
  const connection = connectionOf(proxy, to);
  const branch = `${BRANCH_COOKIE}${proxy.config.random()}`;
  const ack = toParty(proxy, call, 'ACK', to, { sequence, branch });
  if (connection !== undefined && ack !== undefined) send(proxy, connection, ack);
};

/** Takes the response to a BYE of the proxy itself (RFC 3261 section 17.1.2); false when it is not one. */
export const receiveFarewellResponse = (
  proxy: Proxy,
  connection: ConnectionId,
  key: string,
  status: number,
): boolean => {
  if (proxy.farewells.get(key) !== connection) return false;
  if (status >= 200) {
    proxy.farewells.delete(key);
    proxy.timers.clear(`F ${key}`);
  }
  return true;
};

/** How many BYEs of the proxy itself, and INVITEs that it cancelled, await their answer. */
export const awaitedFarewells = ({ farewells, clients }: Proxy): number => {
  const cancelled = [...clients.values()].filter(
    ({ cancelReason, final }) => cancelReason !== undefined && final === undefined,
  );
  return farewells.size + cancelled.length;
};

import type { LiveCall, LiveRegistration } from '../../reference/appliance/admin/context.ts';
import type { LogLine } from './log-line.ts';

/** One side of a call as far as a BYE in its name needs it. */
interface Party {
  readonly number: string;
  /** Of its From or To. */
  tag: string;
  /** Where it says that requests to it go. */
  contact: string;
  /** The highest CSeq number that it sent. */
  sequence: number;
}

/** A call that Kamailio carries. */
export interface EngineCall {
  readonly callId: string;
  readonly caller: Party;
  readonly callee: Party;
  /** Milliseconds since 1970. */
  readonly since: number;
  isAnswered: boolean;
}

/** What Kamailio holds now, read from its log. */
export interface EngineState {
  take(line: LogLine, now: number): void;
  connectionsOf(number: string): readonly { readonly connection: string; readonly from: string }[];
  owned(): number;
  isOpen(connection: string): boolean;
  callsOf(number: string): readonly EngineCall[];
  allCalls(): readonly EngineCall[];
  /** Address and port of a number's connection. */
  addressOf(number: string): string | undefined;
  readonly registrations: () => readonly LiveRegistration[];
  readonly calls: () => readonly LiveCall[];
}

interface Registration extends LiveRegistration {
  readonly connection: string;
}

/** Follows what Kamailio says. */
export const createEngineState = (): EngineState => {
  /** By connection. */
  const owners = new Map<string, { readonly number: string; readonly from: string }>();
  const registered = new Map<string, Registration>();
  const calls = new Map<string, EngineCall>();
  const forgetConnection = (from: string): void => {
    for (const [connection, owner] of owners) {
      if (owner.from !== from) continue;
      owners.delete(connection);
      for (const [number, held] of registered)
        if (held.connection === connection) registered.delete(number);
    }
  };
  const register = (line: Extract<LogLine, { readonly kind: 'registered' }>, now: number): void => {
    const { number, connection, from: address, expires } = line;
    if (expires === 0) return void registered.delete(number);
    const known = registered.get(number);
    const since = known?.connection === connection ? known.since : now;
    const expiresAt = now + expires * 1000;
    registered.set(number, { number, connection, address, since, expiresAt });
  };
  const noteSequence = (callId: string, number: string, sequence: number): void => {
    const call = calls.get(callId);
    for (const party of call ? [call.caller, call.callee] : [])
      if (party.number === number) party.sequence = Math.max(party.sequence, sequence);
  };
  return {
    take(line, now) {
      if (line.kind === 'owner') owners.set(line.connection, line);
      else if (line.kind === 'closed') forgetConnection(line.from);
      else if (line.kind === 'registered') register(line, now);
      else if (line.kind === 'ended') calls.delete(line.callId);
      else if (line.kind === 'within') noteSequence(line.callId, line.number, line.sequence);
      else if (line.kind === 'answered') {
        const call = calls.get(line.callId);
        if (!call) return;
        call.isAnswered = true;
        if (call.callee.tag === '')
          Object.assign(call.callee, { tag: line.tag, contact: line.contact });
      } else if (line.kind === 'call') {
        const { callId, caller, callee, tag, contact, sequence } = line;
        calls.set(callId, {
          callId,
          caller: { number: caller, tag, contact, sequence },
          callee: { number: callee, tag: '', contact: '', sequence: 0 },
          since: now,
          isAnswered: false,
        });
      }
    },
    connectionsOf: (number) =>
      [...owners]
        .filter(([, owner]) => owner.number === number)
        .map(([connection, { from }]) => ({ connection, from })),
    owned: () => owners.size,
    isOpen: (connection) => owners.has(connection),
    callsOf: (number) =>
      [...calls.values()].filter(
        ({ caller, callee }) => caller.number === number || callee.number === number,
      ),
    allCalls: () => [...calls.values()],
    addressOf: (number) => registered.get(number)?.address,
    registrations: () =>
      [...registered.values()].map(({ number, address, since, expiresAt }) => ({
        number,
        address,
        since,
        expiresAt,
      })),
    calls: () =>
      [...calls.values()].map(({ caller, callee, since, isAnswered }) => ({
        caller: caller.number,
        callee: callee.number,
        since,
        state: isAnswered ? 'established' : 'ringing',
      })),
  };
};

/** What `tm.t_uac_start` sends: a BYE to one party in the other's name, with the reason (RFC 3326). */
export const farewell = (
  host: string,
  { callId }: EngineCall,
  from: Party,
  to: Party,
  reason: string,
): { readonly uri: string; readonly headers: string } => ({
  uri: to.contact === '' ? `sip:${to.number}@${host}` : to.contact,
  headers: [
    `From: <sip:${from.number}@${host}>;tag=${from.tag}`,
    `To: <sip:${to.number}@${host}>;tag=${to.tag}`,
    `Call-ID: ${callId}`,
    `CSeq: ${from.sequence + 1} BYE`,
    `Reason: ${reason}`,
    '',
  ].join('\r\n'),
});

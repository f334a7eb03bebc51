import { type Agent, emit, freshVia } from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { type Dialog, dialogRequest } from './dialog.ts';
import { stopRepeating } from './server-transactions.ts';
import type { EndReason } from './user-agent-contract.ts';

/** Why a call ends that nobody hung up, for the peer's log (RFC 3326). */
const REASON: Readonly<Partial<Record<EndReason, string>>> = {
  'ack-timeout': 'SIP;cause=408;text="no ACK"',
  'peer-lost': 'SIP;cause=481;text="no answer within the dialog"',
};

/** Sends a BYE; the session is over when it is sent, whatever comes back (RFC 3261 section 15.1.1). */
export const sendBye = (agent: Agent, dialog: Dialog, reason?: EndReason): void => {
  if (!agent.connected) return;
  const why = reason === undefined ? undefined : REASON[reason];
  const headers = why === undefined ? [] : [['Reason', why] as const];
  const request = dialogRequest(dialog, 'BYE', dialog.localSequence + 1, freshVia(agent), headers);
  sendRequest(agent, request, () => undefined);
};

/** Forgets the call and its timers. */
export const endSession = (agent: Agent): void => {
  agent.call = undefined;
  stopRepeating(agent);
  for (const timer of ['connection-grace', 'no-answer', 're-invite-due']) agent.timers.clear(timer);
};

/** Ends a call from this side, with BYE where it has a dialog that can take one. */
export const endCall = (agent: Agent, callId: string, reason: EndReason, dialog?: Dialog): void => {
  endSession(agent);
  if (dialog !== undefined) sendBye(agent, dialog, reason);
  emit(agent, { kind: 'ended', callId, reason });
};

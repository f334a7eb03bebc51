import { type Agent, refuse, send } from './agent.ts';
import { answersRequest } from './dialog.ts';
import { type Essentials, readEssentials } from '../message/essentials.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';

/** RFC 3261 section 17.1.3: the branch of the top Via and the method of CSeq. */
const keyOf = (branch: string, method: string): string => `${branch} ${method}`;

/**
 * Sends a request other than INVITE and ACK and waits for its final response (RFC 3261 section 17.1.2). `done` is always
 * called, once; with undefined after timer F, without connection, and for a request that cannot be sent.
 */
export const sendRequest = (
  agent: Agent,
  request: SipRequest,
  done: (response: SipResponse | undefined) => void,
): void => {
  const sent = readEssentials(request);
  if (!sent.ok) {
    refuse(agent, sent.error.code, `own ${request.method} is malformed`);
    return done(undefined);
  }
  const key = keyOf(sent.value.branch, request.method);
  agent.transactions.set(key, { sent: sent.value, done });
  // Section 17.1.2.2, Trying: timer F; timer E does not run over a reliable transport.
  agent.timers.set(`F ${key}`, agent.now + TRANSACTION_TIMEOUT, () => {
    agent.transactions.delete(key);
    done(undefined);
  });
  return send(agent, request);
};

/** Gives a response to the transaction it belongs to (RFC 3261 section 17.1.3). */
export const receiveTransactionResponse = (
  agent: Agent,
  response: SipResponse,
  received: Essentials,
): void => {
  const key = keyOf(received.branch, received.cseq.method);
  const transaction = agent.transactions.get(key);
  if (transaction === undefined || !answersRequest(transaction.sent, received)) {
    const detail = `no request of ours awaits this ${response.status}`;
    return refuse(agent, 'sip/response', detail, received.callId);
  }
  // Section 17.1.2.2, Proceeding: timer F goes on.
  if (response.status < 200) return undefined;
  // Section 17.1.2.2, Completed: timer K is zero over TLS, so that the transaction is terminated at once.
  agent.timers.clear(`F ${key}`);
  agent.transactions.delete(key);
  return transaction.done(response);
};

/** Without connection no answer will come (RFC 3261 section 17.1.4). */
export const failTransactions = (agent: Agent): void => {
  const pending = [...agent.transactions];
  agent.transactions.clear();
  for (const [key, { done }] of pending) {
    agent.timers.clear(`F ${key}`);
    done(undefined);
  }
};

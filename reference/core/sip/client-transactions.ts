import { type Agent, refuse, send } from './agent.ts';
import { answersRequest } from './dialog.ts';
import { type Essentials, readEssentials } from './essentials.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { TRANSACTION_TIMEOUT } from './timers.ts';

const keyOf = (branch: string, method: string): string => `${branch} ${method}`;

/**
 * Sends a request other than INVITE and ACK and waits for its final response (RFC 3261 section 17.1.2). TLS is reliable:
 * nothing is retransmitted, timer K is zero; timer F gives up after 64*T1.
 */
export const sendRequest = (
  agent: Agent,
  request: SipRequest,
  done: (response: SipResponse | undefined) => void,
): void => {
  const sent = readEssentials(request);
  if (!sent.ok) {
    refuse(agent, sent.error.code, `own ${request.method} is malformed`);
    return;
  }
  const key = keyOf(sent.value.branch, request.method);
  agent.transactions.set(key, { request, sent: sent.value, done });
  agent.timers.set(`F ${key}`, agent.now + TRANSACTION_TIMEOUT, () => {
    agent.transactions.delete(key);
    done(undefined);
  });
  send(agent, request);
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
    refuse(agent, 'sip/response', `no request of ours awaits this ${response.status}`);
    return;
  }
  if (response.status < 200) return;
  agent.timers.clear(`F ${key}`);
  agent.transactions.delete(key);
  transaction.done(response);
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

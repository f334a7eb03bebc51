import { type Agent, emit, freshVia, refuse, userAgentHeader } from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { header, listValues, makeRequest, type SipResponse } from './message.ts';
import { parseNameAddress } from './name-address.ts';
import { parameter } from './parameters.ts';

const DEFAULT_EXPIRES = 3600;
const REFRESH = 'registration';

const seconds = (text: string | null | undefined): number | undefined =>
  text !== undefined && text !== null && /^\d{1,10}$/.test(text) ? Number(text) : undefined;

/** Seconds granted to our Contact: its parameter, else Expires, else what was asked (RFC 3261 section 10.2.4). */
const grantedExpires = (agent: Agent, response: SipResponse, asked: number): number => {
  const own = listValues(response, 'Contact')
    .map((value) => parseNameAddress(value))
    .find((contact) => contact.ok && contact.value.uri === agent.contact);
  const granted = own?.ok === true ? parameter(own.value.parameters, 'expires') : undefined;
  return seconds(granted) ?? seconds(header(response, 'Expires')) ?? asked;
};

const fail = (agent: Agent, status: number): void => {
  agent.registration.registered = false;
  agent.timers.clear(REFRESH);
  emit(agent, { kind: 'registration-failed', status });
};

const succeed = (agent: Agent, response: SipResponse, asked: number): void => {
  if (asked === 0) {
    agent.registration.registered = false;
    agent.timers.clear(REFRESH);
    emit(agent, { kind: 'unregistered' });
    return;
  }
  const expires = grantedExpires(agent, response, asked);
  agent.registration.registered = true;
  // Refreshed well before expiry, so that timer F of a lost refresh still ends before it when expiry is not very short.
  agent.timers.set(REFRESH, agent.now + expires * 800, () => {
    sendRegister(agent, asked, true);
  });
  agent.timers.clear('connection-grace');
  emit(agent, { kind: 'registered', expires });
};

/** Sends a REGISTER (RFC 3261 section 10.2), `expires` in seconds, 0 to remove the binding. */
const sendRegister = (agent: Agent, expires: number, mayRetry: boolean): void => {
  const { config, registration } = agent;
  const address = `<sip:${config.number}@${config.domain}>`;
  registration.sequence += 1;
  const request = makeRequest('REGISTER', `sip:${config.domain}`, [
    ['Via', freshVia(agent)],
    ['Max-Forwards', '70'],
    ['From', `${address};tag=${config.random()}`],
    ['To', address],
    ['Call-ID', registration.callId],
    ['CSeq', `${registration.sequence} REGISTER`],
    ['Contact', `<${agent.contact}>`],
    ['Expires', String(expires)],
    ...userAgentHeader(agent),
  ]);
  sendRequest(agent, request, (response) => {
    if (response === undefined) return fail(agent, agent.connected ? 408 : 503);
    if (response.status < 300) return succeed(agent, response, expires);
    // RFC 3261 section 10.2.8: 423 names the least interval.
    const least = response.status === 423 ? seconds(header(response, 'Min-Expires')) : undefined;
    if (mayRetry && least !== undefined && least > expires)
      return sendRegister(agent, least, false);
    return fail(agent, response.status);
  });
};

export const register = (agent: Agent): void => {
  if (!agent.connected) return fail(agent, 503);
  sendRegister(agent, agent.config.expires ?? DEFAULT_EXPIRES, true);
};

export const unregister = (agent: Agent): void => {
  if (!agent.connected) return refuse(agent, 'sip/state', 'unregister without connection');
  sendRegister(agent, 0, false);
};

/** The binding lives and dies with its connection. */
export const loseRegistration = (agent: Agent): void => {
  agent.timers.clear(REFRESH);
  if (!agent.registration.registered) return;
  agent.registration.registered = false;
  emit(agent, { kind: 'registration-lost' });
};

import { type Agent, contactHeader, emit, freshVia, refuse, userAgentHeader } from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { header, listValues, makeRequest, type SipResponse } from '../message/message.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameter } from '../message/parameters.ts';

const DEFAULT_EXPIRES = 3600;
const REFRESH = 'registration';
/** Milliseconds between two refreshes at least, whatever a registrar grants. */
const LEAST_REFRESH = 1000;

/** Delta-seconds (RFC 3261 section 25.1); a comment or parameters may follow where Retry-After has them. */
const seconds = (text: string | null | undefined): number | undefined => {
  const digits = /^(\d{1,10})(?=$|[ \t;(])/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Seconds granted to our Contact: its parameter, else Expires, else what was asked (RFC 3261 section 10.2.4). */
const grantedExpires = (agent: Agent, response: SipResponse, asked: number): number => {
  const own = listValues(response, 'Contact')
    .map((value) => parseNameAddress(value))
    .find((contact) => contact.ok && contact.value.uri === agent.contact);
  const granted = own?.ok === true ? parameter(own.value.parameters, 'expires') : undefined;
  return seconds(granted) ?? seconds(header(response, 'Expires')) ?? asked;
};

const fail = (agent: Agent, status: number, response?: SipResponse): void => {
  agent.registration.registered = false;
  agent.timers.clear(REFRESH);
  const retryAfter = response && seconds(header(response, 'Retry-After'));
  const wait = retryAfter === undefined ? {} : { retryAfter };
  emit(agent, { kind: 'registration-failed', status, ...wait });
};

const succeed = (agent: Agent, response: SipResponse, asked: number): void => {
  if (asked === 0) {
    agent.registration.registered = false;
    agent.timers.clear(REFRESH);
    return emit(agent, { kind: 'unregistered' });
  }
  const expires = grantedExpires(agent, response, asked);
  if (expires === 0) {
    refuse(agent, 'sip/expires', 'the registrar granted no time at all');
    return fail(agent, 500);
  }
  agent.registration.registered = true;
  // RFC 3261 section 10.2.4. Well before expiry, so that timer F of a lost refresh still ends before it when expiry is not
  // very short.
  agent.timers.set(REFRESH, agent.now + Math.max(expires * 800, LEAST_REFRESH), () =>
    ask(agent, asked),
  );
  agent.timers.clear('connection-grace');
  // RFC 5626 section 4.4.1.
  const flowTimer = seconds(header(response, 'Flow-Timer'));
  return emit(agent, {
    kind: 'registered',
    expires,
    ...(flowTimer === undefined ? {} : { flowTimer }),
  });
};

const receiveAnswer = (
  agent: Agent,
  asked: number,
  mayRetry: boolean,
  response: SipResponse | undefined,
): void => {
  const { registration } = agent;
  registration.pending = false;
  if (response === undefined) fail(agent, agent.connected ? 408 : 503);
  else if (response.status < 300) succeed(agent, response, asked);
  else {
    // RFC 3261 section 10.2.8: 423 names the least interval.
    const least = response.status === 423 ? seconds(header(response, 'Min-Expires')) : undefined;
    if (mayRetry && least !== undefined && least > asked) return sendRegister(agent, least, false);
    fail(agent, response.status, response);
  }
  const { next } = registration;
  registration.next = undefined;
  if (next === 'register' && !registration.registered && agent.connected) register(agent);
  if (next === 'unregister' && agent.connected) unregister(agent);
};

/** Sends a REGISTER (RFC 3261 section 10.2), `expires` in seconds, 0 to remove the binding. */
const sendRegister = (agent: Agent, expires: number, mayRetry: boolean): void => {
  const { config, registration } = agent;
  const address = `<sip:${config.number}@${config.domain}>`;
  registration.sequence += 1;
  registration.pending = true;
  const request = makeRequest('REGISTER', `sip:${config.domain}`, [
    ['Via', freshVia(agent)],
    ['Max-Forwards', '70'],
    ['From', `${address};tag=${config.random()}`],
    ['To', address],
    ['Call-ID', registration.callId],
    ['CSeq', `${registration.sequence} REGISTER`],
    contactHeader(agent),
    ['Expires', String(expires)],
    ...userAgentHeader(agent),
  ]);
  sendRequest(agent, request, (response) => receiveAnswer(agent, expires, mayRetry, response));
};

/** RFC 3261 section 10.2: no REGISTER while another awaits its answer. */
const ask = (agent: Agent, expires: number): void => {
  if (agent.registration.pending)
    agent.registration.next = expires === 0 ? 'unregister' : 'register';
  else sendRegister(agent, expires, expires > 0);
};

export const register = (agent: Agent): void => {
  if (!agent.connected) return fail(agent, 503);
  return ask(agent, agent.config.expires ?? DEFAULT_EXPIRES);
};

export const unregister = (agent: Agent): void => {
  if (!agent.connected) return refuse(agent, 'sip/state', 'unregister without connection');
  return ask(agent, 0);
};

/** The binding lives and dies with its connection. */
export const loseRegistration = (agent: Agent): void => {
  agent.timers.clear(REFRESH);
  if (!agent.registration.registered) return;
  agent.registration.registered = false;
  emit(agent, { kind: 'registration-lost' });
};

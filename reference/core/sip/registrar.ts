import { type Fault, fault, ok, type Result } from '../result.ts';
import { header, listValues, type SipRequest } from './message.ts';
import { parseNameAddress } from './name-address.ts';
import { parameter } from './parameters.ts';
import { awaitReturn, noteReturn } from './proxy-calls.ts';
import { answer, type Incoming, openServer, ownUri, type Proxy, refuse } from './proxy-state.ts';
import { isNumber, parseSipUri } from './uri.ts';

const DEFAULT_EXPIRES = 3600;
const DEFAULT_MINIMUM = 30;
const DEFAULT_MAXIMUM = 7200;

interface Asked {
  readonly contact: string;
  /** Seconds. */
  readonly expires: number;
}

const bindingTimer = (number: string): string => `binding ${number}`;

export const unbind = (proxy: Proxy, number: string): void => {
  if (!proxy.bindings.delete(number)) return;
  proxy.timers.clear(bindingTimer(number));
  proxy.outputs.push({ kind: 'unregistered', number });
  awaitReturn(proxy, number);
};

/** RFC 3261 section 10.2.1.1: a malformed interval counts as 3600. */
const seconds = (text: string): number =>
  /^\d{1,10}$/.test(text) ? Number(text) : DEFAULT_EXPIRES;

/** What a REGISTER asks for (RFC 3261 section 10.3, steps 6 and 7); `*` removes everything and stands alone. */
const readContacts = (
  request: SipRequest,
): Result<readonly Asked[] | 'remove-all', Fault<'sip/contact'>> => {
  const values = listValues(request, 'Contact');
  const common = seconds(header(request, 'Expires') ?? '');
  if (values.includes('*'))
    return values.length === 1 && header(request, 'Expires') === '0'
      ? ok('remove-all')
      : fault('sip/contact');
  const asked: Asked[] = [];
  for (const value of values) {
    const contact = parseNameAddress(value);
    if (!contact.ok || !parseSipUri(contact.value.uri).ok) return fault('sip/contact');
    const own = parameter(contact.value.parameters, 'expires');
    const expires = own === undefined || own === null ? common : seconds(own);
    asked.push({ contact: contact.value.uri, expires });
  }
  return ok(asked);
};

const bind = (proxy: Proxy, incoming: Incoming, number: string, asked: Asked): void => {
  const { connection, peer, received } = incoming;
  const lifetime = Math.min(asked.expires, proxy.config.maximumExpires ?? DEFAULT_MAXIMUM);
  const expiresAt = proxy.now + lifetime * 1000;
  proxy.bindings.set(number, {
    number,
    connection,
    contact: asked.contact,
    expiresAt,
    callId: received.callId,
    sequence: received.cseq.sequence,
  });
  proxy.timers.set(bindingTimer(number), expiresAt, () => unbind(proxy, number));
  proxy.outputs.push({ kind: 'registered', number, connection, address: peer.address });
  noteReturn(proxy, number);
};

const answerWithBindings = (proxy: Proxy, incoming: Incoming, number: string): void => {
  const binding = proxy.bindings.get(number);
  const left = binding && Math.max(Math.ceil((binding.expiresAt - proxy.now) / 1000), 0);
  const contact =
    binding === undefined ? [] : [['Contact', `<${binding.contact}>;expires=${left}`] as const];
  answer(proxy, openServer(proxy, incoming), 200, contact);
};

/**
 * The registrar (RFC 3261 section 10.3). One contact a number, the newest (interpretation I-9), bound to the connection that
 * registered it. Whose number it is was checked before, by the identity rule.
 */
export const receiveRegister = (proxy: Proxy, incoming: Incoming): void => {
  const { request, received } = incoming;
  const required = listValues(request, 'Require');
  if (required.length > 0)
    return refuse(proxy, incoming, 420, 'sip/require', [['Unsupported', required.join(', ')]]);
  const number = ownUri(proxy, received.to.uri)?.user;
  if (number === undefined || !isNumber(number))
    return refuse(proxy, incoming, 404, 'sip/address-of-record');
  const contacts = readContacts(request);
  if (!contacts.ok) return refuse(proxy, incoming, 400, contacts.error.code);
  const binding = proxy.bindings.get(number);
  const changes = contacts.value === 'remove-all' || contacts.value.length > 0;
  // Step 7: within one Call-ID, requests out of order change nothing.
  if (changes && binding?.callId === received.callId && binding.sequence >= received.cseq.sequence)
    return refuse(proxy, incoming, 500, 'sip/cseq');
  if (contacts.value === 'remove-all') {
    unbind(proxy, number);
    return answerWithBindings(proxy, incoming, number);
  }
  const minimum = proxy.config.minimumExpires ?? DEFAULT_MINIMUM;
  if (contacts.value.some(({ expires }) => expires > 0 && expires < minimum))
    return refuse(proxy, incoming, 423, 'sip/expires', [['Min-Expires', String(minimum)]]);
  for (const asked of contacts.value.filter(({ expires }) => expires === 0))
    if (asked.contact === proxy.bindings.get(number)?.contact) unbind(proxy, number);
  const newest = contacts.value.filter(({ expires }) => expires > 0).at(-1);
  if (newest !== undefined) bind(proxy, incoming, number, newest);
  return answerWithBindings(proxy, incoming, number);
};

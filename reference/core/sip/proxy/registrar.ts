import { type Fault, fault, ok, type Result } from '../../result.ts';
import { header, listValues, type SipRequest } from '../message/message.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameter } from '../message/parameters.ts';
import { awaitReturn, noteReturn } from './calls.ts';
import {
  answer,
  type Incoming,
  openServer,
  ownUri,
  type Proxy,
  type Refusal,
  refuse,
} from './state.ts';
import { isNumber, parseSipUri, type SipUri } from '../message/uri.ts';

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

/** Whether two URIs name one contact: of what RFC 3261 section 19.1.4 compares, all that a phone's contact may hold. */
const sameUri = (left: string, right: string): boolean => {
  if (left === right) return true;
  const [first, second] = [parseSipUri(left), parseSipUri(right)];
  if (!first.ok || !second.ok) return false;
  const [one, other] = [first.value, second.value];
  const transport = ({ parameters }: SipUri) => parameter(parameters, 'transport')?.toLowerCase();
  return (
    one.scheme === other.scheme &&
    one.user === other.user &&
    one.host.toLowerCase() === other.host.toLowerCase() &&
    one.port === other.port &&
    transport(one) === transport(other)
  );
};

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
  const known = proxy.bindings.get(number);
  proxy.bindings.set(number, {
    number,
    connection,
    contact: asked.contact,
    since: known?.connection === connection ? known.since : proxy.now,
    expiresAt,
    callId: received.callId,
    sequence: received.cseq.sequence,
  });
  proxy.timers.set(bindingTimer(number), expiresAt, () => unbind(proxy, number));
  proxy.outputs.push({ kind: 'registered', number, connection, address: peer.address });
  noteReturn(proxy, number);
};

/** RFC 3261 section 20.17: always GMT, in the one form of RFC 1123 dates. */
const dateOf = (proxy: Proxy): readonly (readonly [string, string])[] => {
  const { clock } = proxy.config;
  return clock === undefined ? [] : [['Date', new Date(clock()).toUTCString()]];
};

/** Section 10.3, step 8. */
const answerWithBindings = (proxy: Proxy, incoming: Incoming, number: string): void => {
  const binding = proxy.bindings.get(number);
  const left = binding && Math.max(Math.ceil((binding.expiresAt - proxy.now) / 1000), 0);
  const contact =
    binding === undefined ? [] : [['Contact', `<${binding.contact}>;expires=${left}`] as const];
  answer(proxy, openServer(proxy, incoming), 200, [...contact, ...dateOf(proxy)]);
};

/** What is wrong with a REGISTER for a number (RFC 3261 section 10.3, steps 6 and 7). */
const checkContacts = (
  proxy: Proxy,
  { received }: Incoming,
  number: string,
  contacts: readonly Asked[] | 'remove-all',
): Refusal | undefined => {
  const binding = proxy.bindings.get(number);
  const changes = contacts === 'remove-all' || contacts.length > 0;
  // Step 7: within one Call-ID, requests out of order change nothing.
  if (changes && binding?.callId === received.callId && binding.sequence >= received.cseq.sequence)
    return { status: 500, code: 'sip/cseq', text: 'CSeq is not above that of the last REGISTER' };
  const minimum = proxy.config.minimumExpires ?? DEFAULT_MINIMUM;
  return contacts !== 'remove-all' &&
    contacts.some(({ expires }) => expires > 0 && expires < minimum)
    ? {
        status: 423,
        code: 'sip/expires',
        text: `Shorter than ${minimum} s`,
        headers: [['Min-Expires', String(minimum)]],
      }
    : undefined;
};

const update = (
  proxy: Proxy,
  incoming: Incoming,
  number: string,
  contacts: readonly Asked[] | 'remove-all',
): void => {
  if (contacts === 'remove-all') return unbind(proxy, number);
  for (const asked of contacts.filter(({ expires }) => expires === 0)) {
    const bound = proxy.bindings.get(number)?.contact;
    if (bound !== undefined && sameUri(asked.contact, bound)) unbind(proxy, number);
  }
  const newest = contacts.filter(({ expires }) => expires > 0).at(-1);
  if (newest !== undefined) bind(proxy, incoming, number, newest);
  return undefined;
};

/**
 * The registrar (RFC 3261 section 10.3). One contact a number, the newest (interpretation I-9), bound to the connection that
 * registered it. Whose number it is was checked before, by the identity rule (steps 3 and 4).
 */
export const receiveRegister = (proxy: Proxy, incoming: Incoming): void => {
  const { request, received } = incoming;
  // Step 1: requests for other domains go nowhere, since this proxy opens no connections.
  if (ownUri(proxy, request.uri) === undefined)
    return refuse(proxy, incoming, {
      status: 404,
      code: 'sip/domain',
      text: 'Not the registrar of this domain',
    });
  // Step 2.
  const required = listValues(request, 'Require');
  if (required.length > 0)
    return refuse(proxy, incoming, {
      status: 420,
      code: 'sip/require',
      text: 'No extension of this kind here',
      headers: [['Unsupported', required.join(', ')]],
    });
  // Step 5.
  const number = ownUri(proxy, received.to.uri)?.user;
  if (number === undefined || !isNumber(number))
    return refuse(proxy, incoming, {
      status: 404,
      code: 'sip/address-of-record',
      text: 'To is not a number of this domain',
    });
  const contacts = readContacts(request);
  if (!contacts.ok)
    return refuse(proxy, incoming, {
      status: 400,
      code: contacts.error.code,
      text: 'Malformed Contact, or * with something else',
    });
  const refusal = checkContacts(proxy, incoming, number, contacts.value);
  if (refusal !== undefined) return refuse(proxy, incoming, refusal);
  update(proxy, incoming, number, contacts.value);
  return answerWithBindings(proxy, incoming, number);
};

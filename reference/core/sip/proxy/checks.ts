import { header, listValues, type SipRequest } from '../message/message.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameter } from '../message/parameters.ts';
import { type Incoming, ownUri, type Proxy, type Refusal } from './state.ts';
import { branchOf, parseVia, sentBy } from '../message/via.ts';

const DEFAULT_MAXIMUM_TRANSACTIONS = 50_000;
const DEFAULT_MAXIMUM_TRANSACTIONS_PER_USER = 32;

/** Seconds that a client over its limit should wait (RFC 3261 section 20.33). */
export const RETRY_AFTER = ['Retry-After', '5'] as const;

const tooManyOfUser: Refusal = {
  status: 503,
  code: 'sip/user-transactions',
  text: 'Too many transactions of this user',
  headers: [RETRY_AFTER],
};

/** From this part of all transactions on, users that hold more than their limit begin none: the rest is for everyone else. */
const CROWDED = 0.75;

/** Limits on what is under way; ACK has no transaction, BYE and CANCEL make room. */
export const checkLoad = (proxy: Proxy, { request, peer }: Incoming): Refusal | undefined => {
  if (request.method === 'ACK') return undefined;
  const { config, servers, pending, held } = proxy;
  const maximum = config.maximumTransactions ?? DEFAULT_MAXIMUM_TRANSACTIONS;
  const limit = config.maximumTransactionsPerUser ?? DEFAULT_MAXIMUM_TRANSACTIONS_PER_USER;
  // What is answered stays for 64*T1 (RFC 3261 section 17.2.1): a few users that send fast would fill the whole table with it.
  if (servers.size >= maximum * CROWDED && (held.get(peer.commonName) ?? 0) >= limit)
    return tooManyOfUser;
  if (request.method === 'BYE' || request.method === 'CANCEL') return undefined;
  if (servers.size >= maximum)
    return {
      status: 503,
      code: 'sip/overload',
      text: 'Too many transactions',
      headers: [RETRY_AFTER],
    };
  return (pending.get(peer.commonName) ?? 0) < limit ? undefined : tooManyOfUser;
};

/** RFC 5393 section 5.3: this proxy never forks, so one unit of breadth is enough. */
const checkBreadth = (request: SipRequest): Refusal | undefined => {
  const breadth = header(request, 'Max-Breadth');
  if (breadth === undefined) return undefined;
  if (!/^\d{1,9}$/.test(breadth))
    return { status: 400, code: 'sip/max-breadth', text: 'Malformed Max-Breadth' };
  return Number(breadth) > 0
    ? undefined
    : { status: 440, code: 'sip/max-breadth', text: 'Max-Breadth is used up' };
};

/** Whether the request was here before with the same routing (RFC 3261 section 16.3, step 4; RFC 5393 section 4.2). */
const loops = (proxy: Proxy, request: SipRequest, mark: string): boolean =>
  listValues(request, 'Via').some((value) => {
    if (!value.includes(mark)) return false;
    const via = parseVia(value);
    if (!via.ok) return false;
    const { host, port } = proxy.config;
    const own = sentBy(via.value) === `${host.toLowerCase()}:${port}`;
    return own && branchOf(via.value)?.endsWith(`.${mark}`) === true;
  });

/** The checks of RFC 3261 section 16.3, in its order; steps 1, 2 and 6 come before, with the message itself and the TLS client's name. */
export const checkRequest = (
  proxy: Proxy,
  { request, received }: Incoming,
  mark: string,
): Refusal | undefined => {
  const forwards = received.maxForwards;
  // Step 3: an OPTIONS that may go no further is answered by whoever it reached.
  if (forwards === 0 && request.method !== 'OPTIONS')
    return { status: 483, code: 'sip/max-forwards', text: 'Max-Forwards is used up' };
  if (loops(proxy, request, mark))
    return { status: 482, code: 'sip/loop', text: 'The request was here before' };
  const breadth = checkBreadth(request);
  if (breadth !== undefined) return breadth;
  // Step 5.
  const required = listValues(request, 'Proxy-Require');
  return required.length === 0
    ? undefined
    : {
        status: 420,
        code: 'sip/proxy-require',
        text: 'No extension of this kind here',
        headers: [['Unsupported', required.join(', ')]],
      };
};

/** Whether a request is for the server itself: an OPTIONS without user part, or one that may go no further (RFC 3261 sections 11 and 16.3 step 3). */
export const isForServer = (proxy: Proxy, { request, received }: Incoming): boolean => {
  if (request.method !== 'OPTIONS') return false;
  const own = ownUri(proxy, request.uri);
  if (own !== undefined && own.user === undefined) return true;
  return received.maxForwards === 0;
};

const isOwnRoute = (proxy: Proxy, value: string): boolean => {
  const parsed = parseNameAddress(value);
  return parsed.ok && ownUri(proxy, parsed.value.uri) !== undefined;
};

/**
 * The Request-URI once Route is dealt with (RFC 3261 section 16.4), undefined when a Route leads elsewhere. A strict router
 * before us has put our Record-Route URI into the Request-URI: the true one is the last Route value. All other values must
 * be our own. A maddr parameter changes nothing, because requests leave only on connections that phones opened.
 */
export const readRoute = (proxy: Proxy, request: SipRequest): string | undefined => {
  const routes = listValues(request, 'Route');
  const last = routes.at(-1);
  if (last === undefined) return request.uri;
  const target = ownUri(proxy, request.uri);
  const strict =
    target?.user === undefined && parameter(target?.parameters ?? [], 'lr') !== undefined;
  const own = strict ? routes.slice(0, -1) : routes;
  if (own.some((value) => !isOwnRoute(proxy, value))) return undefined;
  if (!strict) return request.uri;
  const parsed = parseNameAddress(last);
  return parsed.ok ? parsed.value.uri : undefined;
};

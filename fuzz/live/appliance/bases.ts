import { utf8 } from '../../../reference/core/bytes.ts';
import {
  serialize,
  withBody,
  withHeaders,
  type SipRequest,
} from '../../../reference/core/sip/message/message.ts';
import { ownMediaText, writeSdp } from '../../../simulators/attackers/call-sdp.ts';
import { contactOf, sipToken } from '../../../simulators/attackers/sip-dialog.ts';
import { responseTo, type SipLink } from '../../../simulators/attackers/sip-link.ts';
import {
  rawInvite,
  rawRequest,
  textOf,
  type RawRequest,
} from '../../../simulators/attackers/sip-raw.ts';
import { headersOf } from '../../generators/csl-header-cases.ts';

/** Whom a client may talk to. */
export interface Addresses {
  readonly own: string;
  readonly domain: string;
  /** A phone that answers by its own rules. */
  readonly phone: string;
  /** A client that answers as it is told. */
  readonly peer: string;
}

type Base = (link: SipLink, addresses: Addresses) => RawRequest;

const plain =
  (method: string, to: keyof Addresses | null, extra: RawRequest['lines'] = [], body = ''): Base =>
  (link, addresses) =>
    rawRequest(link, {
      method,
      domain: addresses.domain,
      from: addresses.own,
      to: to === null ? null : addresses[to],
      extra,
      body,
    });

/** A request inside a call that there is not. */
const inside =
  (method: string, to: 'phone' | 'peer'): Base =>
  (link, addresses) => {
    const request = plain(method, to)(link, addresses);
    return {
      ...request,
      lines: request.lines.map(([name, value]) => [
        name,
        name === 'To' ? `${value};tag=${sipToken()}` : value,
      ]),
    };
  };

const invite =
  (to: 'phone' | 'peer', extra: RawRequest['lines'] = []): Base =>
  (link, { own, domain, ...others }) =>
    rawInvite(link, { domain, from: own, to: others[to], extra });

/** Right X-CSL headers in form, of nobody's certificate. */
const csl = headersOf({ seed: 0, change: 0, at: 0, value: 0 });

/** What a client says of its own accord, right as it stands. */
const requests: readonly Base[] = [
  invite('phone'),
  invite('phone', csl),
  invite('peer'),
  invite('peer', [['Record-Route', '<sip:127.0.0.1;lr>'], ...csl]),
  plain('REGISTER', null, [['Expires', '600']]),
  plain('REGISTER', 'peer', [['Expires', '0']]),
  plain('OPTIONS', null),
  plain('OPTIONS', 'phone'),
  plain('MESSAGE', 'phone', [['Content-Type', 'text/plain']], 'hello'),
  plain('SUBSCRIBE', 'peer', [['Event', 'presence']]),
  inside('BYE', 'phone'),
  inside('INFO', 'phone'),
  inside('INVITE', 'peer'),
  plain('CANCEL', 'phone'),
  plain('ACK', 'phone'),
];

type Answer = (link: SipLink, number: string, request: SipRequest) => Uint8Array;

const answered =
  (status: number, reason: string, ...headers: readonly (readonly [string, string])[]): Answer =>
  (link, number, request) =>
    serialize(
      withHeaders(responseTo(request, status, reason, sipToken()), [
        ['Contact', contactOf(link, number)],
        ...headers,
      ]),
    );

const accepted: Answer = (link, number, request) =>
  serialize(
    withBody(
      withHeaders(responseTo(request, 200, 'OK', sipToken()), [
        ['Contact', contactOf(link, number)],
        ['Content-Type', 'application/sdp'],
      ]),
      writeSdp(link.local.host, 40_002, 9),
    ),
  );

/** What a called client answers, right as it stands. */
const answers: readonly Answer[] = [
  accepted,
  answered(180, 'Ringing'),
  answered(183, 'Session Progress', ['X-CSL-From', 'AAAA']),
  answered(302, 'Moved Temporarily'),
  answered(401, 'Unauthorized', ['WWW-Authenticate', 'Digest realm="x", nonce="y"']),
  answered(488, 'Not Acceptable Here'),
  answered(603, 'Decline'),
  (_link, _number, request) => serialize({ ...request, body: utf8(ownMediaText) }),
];

const nowhere = new Uint8Array();

/** As many bases as there are, for generators, which need no more than their number. */
export const liveBases = {
  requests: requests.map(() => nowhere),
  answers: answers.map(() => nowhere),
} as const;

/** The requests of a client on its connection. */
export const requestsOn = (link: SipLink, addresses: Addresses): readonly Uint8Array[] =>
  requests.map((base) => utf8(textOf(base(link, addresses))));

/** An INVITE to a phone with headers as they are. */
export const inviteWith = (
  link: SipLink,
  addresses: Addresses,
  headers: RawRequest['lines'],
): Uint8Array => utf8(textOf(invite('phone', headers)(link, addresses)));

/** The answers of a client to a request. */
export const answersTo = (
  link: SipLink,
  number: string,
  request: SipRequest,
): readonly Uint8Array[] => answers.map((base) => base(link, number, request));

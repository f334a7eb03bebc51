import { toHex, utf8 } from '../../reference/core/bytes.ts';
import { readEssentials } from '../../reference/core/sip/message/essentials.ts';
import {
  listValues,
  makeRequest,
  parseMessage,
  replaceHeader,
  serialize,
  type SipMessage,
  type SipRequest,
} from '../../reference/core/sip/message/message.ts';
import { respond } from '../../reference/core/sip/message/responses.ts';
import {
  createUserAgent,
  type UserAgent,
  type UserAgentEvent,
  type UserAgentInput,
} from '../../reference/core/sip/user-agent/user-agent.ts';
import { sameValue } from '../properties.ts';
import { nextDue, takeDue, type Line, type ModelPhone, type PeerRequest } from './dialog.ts';
import type { PeerResponse } from './dialog-peer.ts';

/** The phone's own number. */
export const ownNumber = '+33639980001';

const must = <Value>(result: { readonly ok: boolean; readonly value?: Value }): Value => {
  if (!result.ok || result.value === undefined) throw new Error('a message cannot be read');
  return result.value;
};

const userOf = (uri: string): string => uri.slice(uri.indexOf(':') + 1, uri.indexOf('@'));

const lineOf = (message: SipMessage): readonly string[] => {
  const { callId, cseq, fromTag, toTag = '', to, branch } = must(readEssentials(message));
  if (message.kind === 'response')
    return [
      'sent',
      String(message.status),
      `${cseq.sequence} ${cseq.method}`,
      callId,
      fromTag,
      toTag,
      branch,
      listValues(message, 'Record-Route').join(' '),
    ];
  return [
    'sent',
    message.method,
    String(cseq.sequence),
    message.uri,
    listValues(message, 'Route').join(' '),
    callId,
    fromTag,
    userOf(to.uri),
    toTag,
    branch,
  ];
};

const eventOf = (event: UserAgentEvent): readonly string[] => {
  const callId = 'callId' in event ? (event.callId ?? '') : '';
  const status = 'status' in event ? [String(event.status)] : [];
  const reason = 'reason' in event ? [event.reason] : [];
  return ['told', event.kind, callId, ...status, ...reason];
};

/** A phone, and what it has shown of itself so far. */
export interface DialogPhone {
  readonly agent: UserAgent;
  /** INVITEs of the phone, by branch. */
  readonly sent: Map<string, SipRequest>;
  readonly chosen: Set<string>;
  /** Bytes by what must never be said in two ways. */
  readonly bytes: Map<string, string>;
  /** Requests of the peer, for repetitions. */
  readonly requests: PeerRequest[];
  wake: number;
}

/** A phone with its connection up; `wrap` plants a fault. */
export const createPhone = (
  wrap: (agent: UserAgent) => UserAgent = (agent) => agent,
): DialogPhone => {
  let count = 0;
  const agent = wrap(
    createUserAgent({
      number: ownNumber,
      domain: 'example.com',
      contact: `sip:${ownNumber}@10.0.1.1:4000;transport=tls`,
      random: () => `own${(count += 1)}`,
      uniform: () => 0.5,
    }),
  );
  agent.handle({ kind: 'connection-up' }, 1_000_000);
  return {
    agent,
    sent: new Map(),
    chosen: new Set(),
    bytes: new Map(),
    requests: [],
    wake: Number.POSITIVE_INFINITY,
  };
};

/** What must be, with what the phone was free to choose taken over from what it chose: once, and from nothing old. */
const resolved = (
  line: Line,
  seen: readonly string[],
  { chosen }: DialogPhone,
): readonly string[] =>
  line.map((part, place) => {
    if (typeof part === 'string') return part;
    const value = seen[place] ?? '';
    if (part.value === null && value !== '' && !chosen.has(value)) {
      chosen.add(value);
      part.value = value;
    }
    return part.value ?? '(fresh)';
  });

const noteBytes = (phone: DialogPhone, line: readonly string[], bytes: Uint8Array): void => {
  const name = line.join('\n');
  const before = phone.bytes.get(name);
  if (before !== undefined) sameValue('repeated byte by byte', before, toHex(bytes));
  phone.bytes.set(name, toHex(bytes));
};

/** Gives the phone an input, and demands that exactly these lines follow. */
export const give = (
  phone: DialogPhone,
  model: ModelPhone,
  input: UserAgentInput,
  expected: readonly Line[],
): void => {
  const observed: (readonly string[])[] = [];
  for (const output of phone.agent.handle(input, model.now)) {
    if (output.kind === 'wake') phone.wake = output.at;
    else if (output.kind === 'send') {
      const message = must(parseMessage(output.bytes));
      const line = lineOf(message);
      noteBytes(phone, line, output.bytes);
      if (message.kind === 'request' && message.method === 'INVITE')
        phone.sent.set(line.at(-1) ?? '', message);
      observed.push(line);
    } else if (output.kind !== 'refused') observed.push(eventOf(output));
  }
  const lines = expected.map((line, place) => resolved(line, observed[place] ?? [], phone));
  sameValue('what follows', lines, observed);
  sameValue('the call under way', model.call?.callId, phone.agent.currentCallId());
};

/** Lets time pass: the phone is woken when it asked for it, and whenever something is due. */
export const pass = (phone: DialogPhone, model: ModelPhone, milliseconds: number): void => {
  const end = model.now + milliseconds;
  for (;;) {
    const at = Math.min(Math.max(phone.wake, model.now), nextDue(model));
    if (at > end) break;
    phone.wake = Number.POSITIVE_INFINITY;
    model.now = at;
    const lines: Line[] = [];
    for (let due = takeDue(model, at); due !== null; due = takeDue(model, at)) lines.push(...due);
    give(phone, model, { kind: 'tick' }, lines);
  }
  model.now = end;
};

const address = (user: string, tag: string | null): string =>
  `<sip:${user}@example.com>${tag === null || tag === '' ? '' : `;tag=${tag}`}`;

const body = utf8('v=0\r\n');

/** A request of the peer as a message. */
export const requestOf = (request: PeerRequest): SipRequest => {
  const { method, branch, sequence, callId, from, to, user, contact, routes, hasBody } = request;
  return makeRequest(
    method,
    `sip:${ownNumber}@10.0.1.1:4000;transport=tls`,
    [
      ['Via', `SIP/2.0/TLS 10.0.0.1:5061;branch=${branch}`],
      ['Max-Forwards', '70'],
      ...routes.map((route) => ['Record-Route', route] as const),
      ['From', address(user, from)],
      ['To', address(ownNumber, to)],
      ['Call-ID', callId],
      ['CSeq', `${sequence} ${method}`],
      ['Contact', `<${contact}>`],
      ...(hasBody ? [['Content-Type', 'application/sdp'] as const] : []),
    ],
    hasBody ? body : undefined,
  );
};

/** A response to an INVITE of the phone as bytes. */
export const responseBytes = (
  invite: SipRequest,
  peer: string,
  { status, to, contact, routes }: PeerResponse,
): Uint8Array => {
  const recorded = routes.map((route) => ['Record-Route', route] as const);
  const response = respond(invite, status, {
    headers: [...recorded, ['Contact', `<${contact}>`]],
  });
  return serialize(replaceHeader(response, 'To', address(peer, to)));
};

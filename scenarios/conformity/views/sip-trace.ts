import {
  header,
  headersNamed,
  type SipMessage,
} from '../../../reference/core/sip/message/message.ts';
import type { SipMessageFacts } from '../../wire/facts-model.ts';

/** A SIP message of the capture with the header parts that the rules of RFC 3261 compare, read by their own grammar. */
export interface TracedMessage {
  readonly entry: SipMessageFacts;
  readonly message: SipMessage;
  /** Method of the request, or of the request answered, by CSeq. */
  readonly method: string;
  readonly sequence: number;
  readonly callId: string;
  readonly fromTag: string | null;
  readonly toTag: string | null;
  /** Branch of the topmost Via; empty where there is none. */
  readonly branch: string;
}

const tagOf = (value: string | undefined): string | null =>
  /;\s*tag\s*=\s*([^\s;,>]+)/i.exec((value ?? '').replace(/^.*>/s, ''))?.[1] ?? null;

/** Values of a header, those in one line apart. */
export const valuesOf = (message: SipMessage, name: string): readonly string[] =>
  headersNamed(message, name).flatMap(({ value }) =>
    value.split(/,(?![^<]*>)/).map((each) => each.trim()),
  );

/** Parameter of a header value, such as `branch` of a Via; null where absent. */
export const parameterOf = (value: string, name: string): string | null =>
  new RegExp(`;\\s*${name}\\s*=\\s*([^\\s;,]+)`, 'i').exec(
    value.replace(/^[^<]*<[^>]*>/, ''),
  )?.[1] ?? null;

/** The URI of a name-addr or addr-spec, without header parameters. */
export const uriIn = (value: string | undefined): string =>
  /<([^>]*)>/.exec(value ?? '')?.[1] ?? (value ?? '').split(';')[0]?.trim() ?? '';

/** Reads a message for the rules. */
export const traceOf = (entry: SipMessageFacts): TracedMessage => {
  const { message } = entry;
  const [number = '', named = ''] = (header(message, 'CSeq') ?? '').trim().split(/\s+/);
  const [top = ''] = valuesOf(message, 'Via');
  return {
    entry,
    message,
    method: message.kind === 'request' ? message.method : named,
    sequence: /^\d+$/.test(number) ? Number(number) : Number.NaN,
    callId: (header(message, 'Call-ID') ?? '').trim(),
    fromTag: tagOf(header(message, 'From')),
    toTag: tagOf(header(message, 'To')),
    branch: parameterOf(top, 'branch') ?? '',
  };
};

/** A request with the responses that came back for it on its connection. */
export interface TracedTransaction {
  readonly request: TracedMessage;
  readonly responses: readonly TracedMessage[];
}

/** What the rules look at. */
export interface SipTrace {
  readonly messages: readonly TracedMessage[];
  readonly transactions: readonly TracedTransaction[];
}

const isOpposite = (request: SipMessageFacts, response: SipMessageFacts): boolean =>
  request.session === response.session &&
  request.from.port === response.to.port &&
  request.from.host === response.to.host;

/** Matches responses to requests by connection, branch and CSeq method (RFC 3261 17.1.3), each kept as it passed. */
export const traceSip = (entries: readonly SipMessageFacts[]): SipTrace => {
  const messages = entries.map(traceOf);
  const requests = messages.filter(({ message }) => message.kind === 'request');
  const responses = messages.filter(({ message }) => message.kind === 'response');
  return {
    messages,
    transactions: requests.map((request) => ({
      request,
      responses: responses.filter(
        (response) =>
          isOpposite(request.entry, response.entry) &&
          response.branch === request.branch &&
          response.method === request.method,
      ),
    })),
  };
};

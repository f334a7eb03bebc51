import { utf8 } from '../../bytes.ts';
import type { SipMessage, SipRequest } from '../message/message.ts';
import type { PhonePair } from './phone-pair.ts';

export const body = utf8('v=0\r\nagain\r\n');
export const hold = { kind: 're-invite', headers: [['X-CSL-Info1', 'FRESH']], body } as const;
export const accept = { kind: 'accept', headers: [['X-CSL-Info2', 'FRESH2']], body } as const;
export const callId = 'call-1';

export const requestsOf = (pair: PhonePair, method: string): readonly SipRequest[] =>
  pair.sent.flatMap(([, message]) =>
    message.kind === 'request' && message.method === method ? [message] : [],
  );

export const lastRequest = (pair: PhonePair, method: string): SipRequest => {
  const request = requestsOf(pair, method).at(-1);
  if (request === undefined) throw new Error(`no ${method}`);
  return request;
};

export const without =
  (lost: string) =>
  (_: string, message: SipMessage): SipMessage | undefined =>
    (message.kind === 'request' ? message.method : `${message.status}`) === lost
      ? undefined
      : message;

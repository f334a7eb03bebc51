import { header, headersNamed, listValues, type SipRequest, type SipResponse } from './message.ts';
import { makeRequest } from './message.ts';

const derived = (
  request: SipRequest,
  method: 'ACK' | 'CANCEL',
  to: string | undefined,
): SipRequest => {
  const sequence = /^\d+/.exec(header(request, 'CSeq') ?? '')?.[0] ?? '0';
  const made = makeRequest(method, request.uri, [
    ['Via', listValues(request, 'Via')[0] ?? ''],
    ['Max-Forwards', '70'],
    ['To', to ?? ''],
    ['CSeq', `${sequence} ${method}`],
  ]);
  const taken = ['From', 'Call-ID', 'Route'].flatMap((name) => headersNamed(request, name));
  return { ...made, headers: [...made.headers, ...taken] };
};

/** The ACK of the transaction itself, for a final response other than 2xx (RFC 3261 section 17.1.1.3). */
export const acknowledgeFailure = (request: SipRequest, response: SipResponse): SipRequest =>
  derived(request, 'ACK', header(response, 'To'));

/** The CANCEL of a request that this element sent (RFC 3261 section 9.1). */
export const cancelRequest = (request: SipRequest): SipRequest =>
  derived(request, 'CANCEL', header(request, 'To'));

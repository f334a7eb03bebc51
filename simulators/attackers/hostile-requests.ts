import {
  header,
  headerValues,
  makeRequest,
  replaceHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import { sipToken, uriIn } from './sip-dialog.ts';

/** The branch of a message's topmost Via, empty if there is none. */
export const branchOf = (message: SipMessage): string =>
  /branch=([^;,\s]+)/.exec(headerValues(message, 'Via')[0] ?? '')?.[1] ?? '';

/** The tag of a From or To, empty if there is none. */
export const tagOf = (value: string | undefined): string =>
  /;\s*tag=([^;\s]+)/.exec(value ?? '')?.[1] ?? '';

/** A Via of a server, with a branch of its own. */
const serverVia = (): string => `SIP/2.0/TLS server.invalid;branch=z9hG4bK${sipToken()}`;

/** The ACK to a final response that refuses an INVITE (RFC 3261 section 17.1.1.3). */
export const acknowledging = (invite: SipRequest, response: SipResponse): SipRequest =>
  makeRequest('ACK', invite.uri, [
    ['Via', header(invite, 'Via') ?? ''],
    ['Max-Forwards', '70'],
    ['From', header(invite, 'From') ?? ''],
    ['To', header(response, 'To') ?? ''],
    ['Call-ID', header(invite, 'Call-ID') ?? ''],
    ['CSeq', (header(invite, 'CSeq') ?? '').replace('INVITE', 'ACK')],
  ]);

/** A request that was sent before, once more as a transaction of the server's own. */
export const resent = (request: SipRequest): SipRequest => {
  const fresh = replaceHeader(request, 'Via', serverVia());
  const from = header(request, 'From') ?? '';
  return replaceHeader(fresh, 'From', from.replace(tagOf(from), sipToken()));
};

/** A dialog as one phone has it: what a request to that phone bears. */
export interface SeenDialog {
  readonly invite: SipRequest;
  readonly answer: SipResponse;
}

/** A request inside the dialog, as if from the caller to the callee. */
export const toCallee = (
  { invite, answer }: SeenDialog,
  method: string,
  sequence: number,
  extra: readonly (readonly [string, string])[] = [],
  body?: Uint8Array,
): SipRequest =>
  makeRequest(
    method,
    uriIn(header(answer, 'Contact')) ?? invite.uri,
    [
      ['Via', serverVia()],
      ['Max-Forwards', '70'],
      ['From', header(invite, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(invite, 'Call-ID') ?? ''],
      ['CSeq', `${sequence} ${method}`],
      ['Contact', header(invite, 'Contact') ?? ''],
      ...extra,
    ],
    body,
  );

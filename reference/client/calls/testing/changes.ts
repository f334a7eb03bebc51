import { expect } from 'vitest';
import { latin1 } from '../../../core/bytes.ts';
import { parseMedia, type MediaDescription } from '../../../core/sdp/media.ts';
import {
  makeRequest,
  type SipRequest,
  type SipResponse,
} from '../../../core/sip/message/message.ts';
import { acknowledgementOf, answerOf, callIdOf, eventually, type TestHandler } from './handler.ts';

/** The re-INVITE that a handler commanded last. */
export const reInviteOf = (from: TestHandler, to: TestHandler): SipRequest => {
  const { headers = [], body } = from.last('re-invite');
  return makeRequest(
    'INVITE',
    `sip:${to.number}@192.0.2.2;transport=tls`,
    [
      ['Via', 'SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK2'],
      ['From', `<sip:${from.number}@example.com>;tag=${from.number}`],
      ['To', `<sip:${to.number}@example.com>;tag=${to.number}`],
      ['Call-ID', callIdOf(from)],
      ['CSeq', '2 INVITE'],
      ...headers,
    ],
    body,
  );
};

const same = <Message>(message: Message): Message => message;

/** How many commands of a kind a handler has given. */
export const countOf = (handler: TestHandler, kind: string): number =>
  handler.kinds().filter((each) => each === kind).length;

/** Brings a re-INVITE, perhaps changed, to the other side; resolves with the 200 once that has accepted. */
export const reAccepted = async (
  from: TestHandler,
  to: TestHandler,
  change: (message: SipRequest) => SipRequest = same,
): Promise<SipResponse> => {
  const before = countOf(to, 'accept');
  const message = reInviteOf(from, to);
  to.give({ kind: 're-invited', callId: callIdOf(from), message: change(message) });
  await to.until(() => countOf(to, 'accept') > before);
  return answerOf(to, message);
};

/** {@link reAccepted}, and this side confirms; gives its ACK. */
export const reConfirmed = async (from: TestHandler, to: TestHandler): Promise<SipRequest> => {
  const message = await reAccepted(from, to);
  const before = countOf(from, 'acknowledge');
  from.give({ kind: 're-answered', callId: callIdOf(from), message });
  await from.until(() => countOf(from, 'acknowledge') > before);
  return acknowledgementOf(from);
};

/** A re-INVITE that both sides verify. */
export const changedOver = async (from: TestHandler, to: TestHandler): Promise<void> => {
  const message = await reConfirmed(from, to);
  to.give({ kind: 're-acknowledged', callId: callIdOf(from), message });
};

/** {@link TestHandler} puts the other on hold, or takes it back, and both have verified. */
export const putOnHold = async (from: TestHandler, to: TestHandler): Promise<void> => {
  const done = from.calls.hold();
  await changedOver(from, to);
  await done;
};

export const takenBack = async (from: TestHandler, to: TestHandler): Promise<void> => {
  const done = from.calls.resume();
  await changedOver(from, to);
  await done;
};

/** What a session description says, with its origin line. */
export const describedBy = (
  body: Uint8Array,
): MediaDescription & { readonly sessionId: string; readonly version: number } => {
  const media = parseMedia(body);
  const [, sessionId = '', version] = /\no=- (\d+) (\d+) /.exec(latin1(body)) ?? [];
  if (!media.ok) throw new Error(media.error.code);
  return { ...media.value, sessionId, version: Number(version) };
};

/** Why a promise was rejected, empty where it was not. */
export const failureOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => '',
    (error: Error) => error.message,
  );

/** Both still talk under the keys they had. */
export const unchanged = async (...handlers: readonly TestHandler[]): Promise<void> => {
  for (const { calls } of handlers) {
    expect(calls.view()).toMatchObject({ state: 'in-call', held: 'none', packetsRefused: 0 });
    const before = calls.view().packetsReceived;
    await eventually(() => calls.view().packetsReceived > before + 1);
  }
};

import type { SipMessage, SipRequest } from '../message/message.ts';
import { ALICE, BOB, createProxy, request, sentMessages } from './request-fixture.ts';
import { respond } from '../message/responses.ts';

export type ProxyOptions = Parameters<typeof createProxy>[0];

export const requestsOf = (messages: readonly SipMessage[]): readonly SipRequest[] =>
  messages.filter((message): message is SipRequest => message.kind === 'request');

/** A proxy with Alice and Bob registered; `answered` puts Alice through to Bob. */
export const setUpProxy = (options: ProxyOptions = {}) => {
  const world = createProxy(options);
  world.register(ALICE);
  world.register(BOB);
  const forwarded = (message: SipRequest, user = ALICE): SipRequest => {
    const [sent] = requestsOf(sentMessages(world.from(user, message)));
    if (sent === undefined) throw new Error('not forwarded');
    return sent;
  };
  const answered = (invite = request('INVITE')): SipRequest => {
    const sent = forwarded(invite);
    world.from(BOB, respond(sent, 200, { toTag: 'bob' }));
    return sent;
  };
  return { ...world, forwarded, answered };
};

const dialogTo = `<sip:${BOB}@example.com>;tag=bob`;

/** A request of Alice inside the call that `answered` made. */
export const inDialog = (method: string, cseq = `2 ${method}`): SipRequest =>
  request(method, { to: dialogTo, cseq });

import type { Appliance, Phone } from '../../../devices/contract.ts';
import {
  prependHeader,
  type SipMessage,
  type SipRequest,
  serialize,
} from '../../../reference/core/sip/message/message.ts';
import { freshVia, inCall } from '../../../simulators/attackers/sip-dialog.ts';
import type { Impersonation } from '../../../simulators/attackers/sip-impersonations.ts';
import { responseTo } from '../../../simulators/attackers/sip-link.ts';
import {
  askRaw,
  callIdIn,
  lineOf,
  rawInvite,
  rawRequest,
  textOf,
  type RawReply,
  type RawRequest,
} from '../../../simulators/attackers/sip-raw.ts';
import { utf8 } from '../../../reference/core/bytes.ts';
import type { SipSession } from '../../../simulators/attackers/sip-session.ts';
import { watchingLogs } from './signalling-watching.ts';

interface Stage {
  readonly appliance: Appliance;
  readonly phone: Phone;
  readonly who: Impersonation;
  readonly own: SipSession;
  readonly second: SipSession;
}

const register = (session: SipSession, deadlineMs: number): Promise<RawReply> =>
  session.ask((link) => {
    const { number, domain } = session;
    const extra = [['Expires', '600']] as const;
    return rawRequest(link, { method: 'REGISTER', domain, from: number, to: number, extra });
  }, deadlineMs);

const isInvite =
  (callId: string) =>
  (message: SipMessage): SipRequest | null =>
    message.kind === 'request' && message.method === 'INVITE' && inCall(message, callId)
      ? message
      : null;

/** The final response to a request sent before, as a reply. */
const finalOf = async (
  session: SipSession,
  callId: string,
  deadlineMs: number,
): Promise<RawReply> => {
  const link = await session.link();
  const final = await link.next(
    (message) =>
      message.kind === 'response' && message.status >= 200 && inCall(message, callId)
        ? message
        : null,
    deadlineMs,
  );
  return typeof final === 'string'
    ? { kind: final }
    : { kind: 'answered', status: final.status, challenge: false, contacts: 0, open: true };
};

/** An INVITE through many Routes of the server's own, from one connection of the attacker's to the other; what came is kept there. */
const callSecond = async (stage: Stage, deadlineMs: number) => {
  const { own, second, who } = stage;
  const [from, to] = [await own.link(), await second.link()];
  const route = `<sip:${who.domain};lr>`;
  const request: RawRequest = rawInvite(from, {
    domain: who.domain,
    from: own.number,
    to: second.number,
    extra: Array.from({ length: 20 }, () => ['Route', route] as const),
  });
  const callId = lineOf(request, 'Call-ID');
  from.sendBytes(utf8(textOf(request)));
  const invite = await to.next(isInvite(callId), deadlineMs);
  if (typeof invite === 'string') return { callId, invite: null, arrived: 0 };
  let arrived = 1;
  while (typeof (await to.next(isInvite(callId), 50)) !== 'string') arrived += 1;
  return { callId, invite, arrived };
};

/**
 * Counts how often one INVITE comes out, sends it back in as it came out, has its caller answer it in the callee's name, and then
 * has the callee refuse it.
 */
export const watchAmplification = async (stage: Stage, deadlineMs: number) => {
  const { own, second } = stage;
  for (const session of [own, second]) await register(session, deadlineMs);
  const { callId, invite, arrived } = await callSecond(stage, deadlineMs);
  const none = { kind: 'deadline' } as const;
  if (invite === null)
    return { sent: 1, arrived, sentBack: none, codes: [], forged: none, refused: none };
  const [from, to] = [await own.link(), await second.link()];
  from.send(responseTo(invite, 200, 'OK', 'forged'));
  const forged = await finalOf(own, callId, 150);
  const back = serialize(prependHeader(invite, 'Via', freshVia(from)));
  const { value: sentBack, codes } = await watchingLogs(stage.appliance, stage.phone, () =>
    askRaw(
      from,
      back,
      { callId: callIdIn(back), number: own.number, domain: own.domain },
      deadlineMs,
    ),
  );
  to.send(responseTo(invite, 486, 'Busy Here', 'second'));
  const refused = await finalOf(own, callId, deadlineMs);
  return { sent: 1, arrived, sentBack, codes, forged, refused };
};

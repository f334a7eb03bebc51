import type { Appliance, Phone } from '../../../devices/contract.ts';
import type { SipLink } from '../../../simulators/attackers/sip-link.ts';
import { messageOf } from '../../campaign/deadline.ts';
import type { RawReply, RawRequest } from '../../../simulators/attackers/sip-raw.ts';
import type { SipSession } from '../../../simulators/attackers/sip-session.ts';
import type { SignallingAttempt } from './signalling-evidence.ts';

const codesOf = (entries: readonly { readonly code: string }[], from: number): string[] =>
  entries.slice(from).map(({ code }) => code);

/** What appliance and phone logged during some work. */
export const watchingLogs = async <Value>(
  appliance: Appliance,
  phone: Phone,
  work: () => Promise<Value>,
): Promise<{ value: Value; codes: string[]; phoneCodes: string[] }> => {
  const before = await Promise.all([appliance.refusals(), phone.refusals()]);
  const value = await work();
  const after = await Promise.all([appliance.refusals(), phone.refusals()]);
  return {
    value,
    codes: codesOf(after[0], before[0].length),
    phoneCodes: codesOf(after[1], before[1].length),
  };
};

type Asking = Parameters<SipSession['ask']>;

/** Asks, and says so where no connection comes about: that a service is gone is a finding. */
export const askOrMiss = (
  session: SipSession,
  ...asking: Asking
): Promise<RawReply | { readonly kind: 'unreachable' }> =>
  session.ask(...asking).catch((error: unknown) => {
    if (messageOf(error).includes('cannot connect')) return { kind: 'unreachable' as const };
    throw error;
  });

/** Sends one request and tells what came of it, in the logs and at the phone called. */
export const tryRequest = async (
  parts: { readonly appliance: Appliance; readonly phone: Phone },
  session: SipSession,
  attempt: string,
  build: (link: SipLink) => RawRequest | Uint8Array,
  deadlineMs: number,
  byteByByte = false,
): Promise<SignallingAttempt> => {
  const { appliance, phone } = parts;
  const before = await phone.report();
  const { value, codes, phoneCodes } = await watchingLogs(appliance, phone, () =>
    askOrMiss(session, build, deadlineMs, byteByByte),
  );
  const after = await phone.report();
  const reached =
    phoneCodes.length > 0 ||
    after.callId !== before.callId ||
    ['calling', 'ringing', 'in-call'].includes(after.state);
  return { attempt, reply: value, codes, phoneCodes, reached };
};

import type { RegistrarProxy } from '../../core/sip/proxy/registrar-proxy.ts';
import type { LiveCall, LiveRegistration } from '../admin/context.ts';

/** What the SIP service holds at this moment, for people. */
export interface LiveSignalling {
  registrations(): readonly LiveRegistration[];
  /** Calls under way, oldest first. */
  calls(): readonly LiveCall[];
}

/** Where the other end of a connection is; undefined when it has just closed. */
export type AddressOf = (connection: string) => string | undefined;

/** Shows a proxy's registrations and calls. Its times are those of `performance.now`; what is shown is milliseconds since 1970. */
export const showLive = (
  proxy: Pick<RegistrarProxy, 'locations' | 'calls'>,
  addressOf: AddressOf,
  clock: () => { readonly now: number; readonly monotonic: number },
): LiveSignalling => {
  const since1970 = (time: number): number => {
    const { now, monotonic } = clock();
    return Math.round(now - monotonic + time);
  };
  return {
    registrations: () =>
      proxy.locations().map(({ number, connection, since, expiresAt }) => ({
        number,
        address: addressOf(connection) ?? '',
        since: since1970(since),
        expiresAt: since1970(expiresAt),
      })),
    calls: () =>
      proxy.calls().map(({ caller, callee, since, isAnswered }) => ({
        caller,
        callee,
        since: since1970(since),
        state: isAnswered ? 'established' : 'ringing',
      })),
  };
};

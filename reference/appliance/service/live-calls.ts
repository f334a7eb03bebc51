import type { MediaPath } from '../signalling/media-path.ts';

/** A call that the relay serves. */
export interface FollowedCall {
  readonly callId: string;
  readonly caller: string;
  readonly callee: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly state: 'ringing' | 'established';
}

/** A number that registered. */
export interface FollowedRegistration {
  readonly number: string;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** At the latest: the longest time that the registrar grants, since the last REGISTER. */
  readonly expiresAt: number;
}

/** Calls and registrations as the media path learns of them. */
export interface LiveCalls {
  readonly mediaPath: MediaPath;
  calls(): readonly FollowedCall[];
  /** Numbers that registered and have not expired; one that left earlier stays until then. */
  registrations(): readonly FollowedRegistration[];
}

/** The longest that the registrar grants, in milliseconds. */
const longestRegistration = 3_600_000;

/** Follows the calls that go over a media path; `onStarted` is told of each once. */
export const followCalls = (
  path: MediaPath,
  now: () => number,
  onStarted: () => void,
): LiveCalls => {
  const calls = new Map<string, FollowedCall>();
  const registrations = new Map<string, FollowedRegistration & { readonly connection: string }>();
  return {
    calls: () => [...calls.values()],
    registrations() {
      for (const [number, { expiresAt }] of registrations)
        if (expiresAt <= now()) registrations.delete(number);
      return [...registrations.values()];
    },
    mediaPath: {
      rewriteBody(context) {
        const rewritten = path.rewriteBody(context);
        const { callId, fromNumber, toNumber, direction, message } = context;
        if (!rewritten.ok || rewritten.value === undefined) return rewritten;
        const known = calls.get(callId);
        if (!known) {
          const parties = { caller: fromNumber, callee: toNumber };
          calls.set(callId, { callId, ...parties, since: now(), state: 'ringing' });
          onStarted();
        } else if (direction === 'answer' && message.kind === 'response' && message.status >= 200)
          calls.set(callId, { ...known, state: 'established' });
        return rewritten;
      },
      registered(number, connection, address) {
        path.registered(number, connection, address);
        const known = registrations.get(number);
        const since = known?.connection === connection ? known.since : now();
        const expiresAt = now() + longestRegistration;
        registrations.set(number, { number, connection, address, since, expiresAt });
      },
      async end(callId) {
        calls.delete(callId);
        await path.end(callId);
      },
    },
  };
};

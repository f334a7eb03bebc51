import type { Relay } from '../../reference/appliance/relay/relay.ts';
import type { MediaPath } from '../../reference/appliance/signalling/media-path.ts';

/** Milliseconds without a packet after which nobody is thought to be left in a call: as rtpengine has it. */
const longestSilence = 3_600_000;

/** Calls of a media path, so that those are ended whose phones have vanished: Kamailio ends none by itself. */
export interface FollowedPath {
  readonly path: MediaPath;
  /** Ends the calls that were silent for an hour at `now`, in milliseconds of any clock that does not go back. */
  readonly endForgotten: (now: number) => Promise<void>;
}

/** Follows the calls that are led over a path through a relay. */
export const followPath = (relay: Relay, path: MediaPath): FollowedPath => {
  /** What was relayed at the last look that found something new. */
  const seen = new Map<string, { readonly packets: number; readonly since: number }>();
  const calls = new Set<string>();
  const end = async (callId: string): Promise<void> => {
    calls.delete(callId);
    seen.delete(callId);
    await path.end(callId);
  };
  return {
    path: {
      rewriteBody(context) {
        calls.add(context.callId);
        seen.delete(context.callId);
        return path.rewriteBody(context);
      },
      registered: (...given) => path.registered(...given),
      end,
    },
    async endForgotten(now) {
      for (const callId of calls) {
        const counters = relay.counters(callId);
        const packets = counters ? counters.caller.packets + counters.callee.packets : 0;
        const before = seen.get(callId);
        if (before?.packets !== packets) seen.set(callId, { packets, since: now });
        else if (now - before.since >= longestSilence) await end(callId);
      }
    },
  };
};

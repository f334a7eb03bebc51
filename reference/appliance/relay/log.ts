import type { RelayEvent } from './relay.ts';
import { dropReasons, sides, type DropReason } from './session.ts';

/** Drops that tell of someone else than the two phones, or of a fault; the others belong to an ordinary call's first moments. */
const suspicious: ReadonlySet<DropReason> = new Set([
  'foreign-address',
  'foreign-port',
  'own-port',
  'too-long',
  'not-sent',
]);

const logDrops = (
  { callId, counters }: Extract<RelayEvent, { kind: 'ended' }>,
  log: (code: string, detail: string) => void,
): void => {
  for (const side of sides)
    for (const reason of dropReasons.filter((each) => suspicious.has(each))) {
      const count = counters[side].dropped[reason];
      if (count > 0)
        log(`relay/${reason}`, `call ${callId}, leg of the ${side}: ${count} datagrams`);
    }
};

/**
 * Writes what an appliance's log should have of its relay. A silent phone is reported and no more: only a user agent ends a session
 * (RFC 3261 section 15), and the ports are freed when signalling says that the call is over.
 */
export const logRelayEvent = (
  event: RelayEvent,
  log: (code: string, detail: string) => void,
): void => {
  switch (event.kind) {
    case 'fallback':
      return log('relay/batch-mode', `not here, relaying in plain mode: ${event.reason}`);
    case 'failed':
      return log('relay/failed', `no call has media: ${event.reason}; restart the appliance`);
    case 'idle':
      return log('relay/idle', `call ${event.callId}: silent: ${event.silent.join(' and ')}`);
    case 'ended':
      return logDrops(event, log);
  }
};

import { randomBytes, randomInt } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import type { SessionKeys } from '../../core/csl/key-schedule.ts';
import type { DisplayedIdentifiers } from '../../core/csl/offer.ts';
import type { MediaDescription } from '../../core/sdp/media.ts';
import { startMedia, type MediaSession } from '../media/media-session.ts';
import type { PortPair } from '../media/port-pair.ts';
import type { Call } from './call.ts';
import { fail } from './ending.ts';
import type { Line } from './line.ts';

/** What both sides have verified. */
export interface VerifiedExchange {
  readonly keys: SessionKeys;
  readonly displayed: DisplayedIdentifiers;
  readonly peerMedia: MediaDescription;
}

const openMedia = (
  line: Line,
  call: Call,
  ports: PortPair,
  { keys, peerMedia }: VerifiedExchange,
): MediaSession => {
  const isCaller = call.role === 'caller';
  return startMedia({
    suite: line.parts.suite,
    ports,
    peer: peerMedia,
    ownKey: isCaller ? keys.callerToCallee : keys.calleeToCaller,
    peerKey: isCaller ? keys.calleeToCaller : keys.callerToCallee,
    ssrc: call.ssrc,
    firstSequence: randomInt(0, 2 ** 15),
    firstTimestamp: randomInt(0, 2 ** 32),
    cname: toHex(new Uint8Array(randomBytes(8))),
    onAudio: line.changed,
    onFault: (error) => fail(line, call, error),
  });
};

/** Audio both ways and the identifiers on the screen begin at the same moment: when the peer has verified (interpretations I-9). */
export const startConversation = (line: Line, call: Call, verified: VerifiedExchange): void => {
  call.keys = verified.keys;
  if (!call.ports) throw new Error(`phone ${line.own.number}: the call has no media ports`);
  call.media = openMedia(line, call, call.ports, verified);
  call.identifiers = verified.displayed;
  call.state = 'in-call';
  line.logs.mediaKeys?.(verified.keys);
  line.changed();
};

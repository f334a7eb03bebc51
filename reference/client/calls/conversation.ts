import { randomBytes, randomInt } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import type { AgreedKeys, VerifiedPeer } from '../../core/csl/key-agreement.ts';
import { wipeSessionKeys } from '../../core/csl/key-schedule.ts';
import type { DisplayedIdentifiers } from '../../core/csl/offer.ts';
import type { MediaDescription } from '../../core/sdp/media.ts';
import type { MediaChange } from '../media/media-session.ts';
import type { Call, OwnStream } from './call.ts';
import { fail } from './ending.ts';
import { refuse, type Line } from './line.ts';

/** What both sides have verified, in the first exchange of a call or in a re-INVITE. */
export interface VerifiedExchange {
  /** Whether this phone sent the INVITE or received it, whoever began the call (interpretations I-9). */
  readonly role: 'caller' | 'callee';
  readonly agreed: AgreedKeys;
  readonly peerMedia: MediaDescription;
  /** What this phone sends from now on, in the direction both descriptions leave. */
  readonly stream: OwnStream;
}

const mediaOf = ({ role, agreed, peerMedia, stream }: VerifiedExchange): MediaChange => {
  const { callerToCallee, calleeToCaller } = agreed.keys;
  return {
    ownKey: role === 'caller' ? callerToCallee : calleeToCaller,
    peerKey: role === 'caller' ? calleeToCaller : callerToCallee,
    ssrc: stream.ssrc,
    firstSequence: randomInt(0, 2 ** 15),
    firstTimestamp: randomInt(0, 2 ** 32),
    peer: peerMedia,
    direction: stream.direction,
  };
};

/** What is known of a verified peer and shown of it. */
interface Introduction {
  readonly peer: VerifiedPeer;
  readonly displayed: DisplayedIdentifiers;
}

/** Audio both ways and the identifiers on the screen begin at the same moment: when the peer has verified (interpretations I-9). */
export const startConversation = (
  line: Line,
  call: Call,
  { peer, displayed }: Introduction,
  verified: VerifiedExchange,
): void => {
  const { agreed, stream } = verified;
  call.keys = agreed.keys;
  if (!call.ports) throw new Error(`phone ${line.own.number}: the call has no media ports`);
  call.media = line.parts.startMedia({
    ...mediaOf(verified),
    suite: line.parts.suite,
    ports: call.ports,
    cname: toHex(new Uint8Array(randomBytes(8))),
    onAudio: line.changed,
    ...(line.parts.audio ? { audio: line.parts.audio } : {}),
    onRefusal: ({ code, detail }) => refuse(line, code, detail),
    onFault: (error) => fail(line, call, error),
  });
  call.ssrc = stream.ssrc;
  call.established = {
    peer: peer.number,
    history: {
      answerHash: agreed.answerHash,
      ownCertificate: line.own.certificate.der,
      peerCertificate: peer.certificate.der,
    },
  };
  call.identifiers = displayed;
  call.state = 'in-call';
  line.logs.mediaKeys?.(agreed.keys);
  line.changed();
};

/**
 * Goes on under the keys of a re-INVITE that verified: this phone sends with them at once, and receives with the old ones for
 * 2 s more (interpretations I-9). The old master keys are overwritten now; the media session overwrites what it derived.
 */
export const changeConversation = (line: Line, call: Call, verified: VerifiedExchange): void => {
  const { agreed, stream } = verified;
  const { media, established, keys: replaced } = call;
  if (!media || !established) throw new Error(`phone ${line.own.number}: no audio to change`);
  media.change(mediaOf(verified));
  call.keys = agreed.keys;
  if (replaced) wipeSessionKeys(replaced);
  call.ssrc = stream.ssrc;
  const history = { ...established.history, answerHash: agreed.answerHash };
  call.established = { ...established, history };
  line.logs.mediaKeys?.(agreed.keys);
};

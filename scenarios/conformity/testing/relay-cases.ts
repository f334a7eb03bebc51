import { rtpPackets } from '../../wire/testing/media.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without } from '../../testing/altered.ts';
import { bodyText, furtherDatagrams, sip, withoutSip } from '../../testing/altered-wire.ts';
import { dropped, hole, undecrypted } from './damage.ts';
import { withDisplays } from './documents.ts';
import {
  clearFlow,
  direct,
  isLastAudio,
  isRelayPort,
  lacking,
  noise,
  strange,
  withoutKeys,
} from './media-alterations.ts';
import { protectedAnew } from './media-packets.ts';

const directAudio = furtherDatagrams((rtp) => direct(rtp, isRelayPort), rtpPackets(78, 3));
const directNoise = furtherDatagrams((rtp) => direct(rtp, isRelayPort), noise.slice(0, 1));
const stun = new Uint8Array(20);
stun.set([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);

const relay = (id: string): readonly JudgeCase[] => [
  failing(id, 'audio from port to port of the phones', /directly between/, directAudio),
  failing(
    id,
    'one datagram of anything from port to port of the phones',
    /directly between/,
    directNoise,
  ),
  failing(id, 'audio from other ports past the relay', /outside the relay/, clearFlow),
  failing(
    id,
    'audio past the relay in a capture with losses and without decryption',
    /outside the relay/,
    all(clearFlow, dropped, undecrypted),
  ),
  ...lacking(id),
  undecided(id, 'no keys of TLS', /(lacks the SDP|no 200 to an INVITE)/, undecrypted),
  undecided(id, 'a hole', /holes/, hole),
  undecided(id, 'unknown datagrams elsewhere', /cannot be told/, strange),
  tolerated(
    id,
    'a connectivity check',
    /none both terminals/,
    furtherDatagrams((rtp) => direct(rtp, isRelayPort), [stun]),
  ),
];

const relayed: readonly JudgeCase[] = [
  ...relay('2.2/never-direct'),
  ...relay('2.2/through-relay'),
  undecided(
    '2.2/never-direct',
    'the SDP of one phone only',
    /lacks the SDP/,
    sip(
      '200 INVITE',
      'to',
      bodyText(() => ''),
    ),
  ),
  undecided('2.2/through-relay', 'a 200 never acknowledged', /the ACK to it/, withoutSip('ACK')),
  undecided(
    '2.2/through-relay',
    'no word of the phones',
    /is not among/,
    without('call', 'displays.json'),
  ),
  undecided(
    '2.2/through-relay',
    'an empty list of displays',
    /does not report/,
    withDisplays(() => ({})),
  ),
  undecided(
    '2.2/through-relay',
    'a callee that heard nothing',
    /bob received no audio/,
    withDisplays(({ bob }) => void Object.assign(bob ?? {}, { packetsReceived: 0 })),
  ),
  undecided(
    '2.2/through-relay',
    'displays of another call',
    /does not report the call/,
    withDisplays(({ bob }) => void Object.assign(bob ?? {}, { callId: 'other' })),
  ),
];

const processing: readonly JudgeCase[] = [
  failing(
    '6.2/audio-processing',
    'another payload type in one flow',
    /another payload type/,
    protectedAnew(isLastAudio, (packet) => ({ ...packet, payloadType: 8 })),
  ),
  failing(
    '6.2/audio-processing',
    'a byte before each frame, rightly protected',
    /not a Speex frame/,
    protectedAnew(isLastAudio, (packet) => ({
      ...packet,
      payload: new Uint8Array([0xff, ...packet.payload]),
    })),
  ),
  failing(
    '6.2/audio-processing',
    'an answer that describes another codec',
    /describes another codec/,
    sip(
      '200 INVITE',
      'to',
      bodyText((text) => text.replace('SPEEX/8000', 'SPEEX/16000')),
    ),
  ),
  undecided(
    '6.2/audio-processing',
    'an answer that cannot be read',
    /cannot be read as I-3/,
    sip(
      '200 INVITE',
      'to',
      bodyText((text) => text.replace('a=ptime:20', 'a=ptime:30')),
    ),
  ),
  undecided('6.2/audio-processing', 'no keys of TLS', /no SDP/, undecrypted),
  ...lacking('6.2/audio-processing'),
  ...withoutKeys('6.2/audio-processing'),
];

/** Sections 2.2 and 6.2, audio. */
export const relayCases: readonly JudgeCase[] = [...relayed, ...processing];

import * as fc from 'fast-check';
import { utf8 } from '../../reference/core/bytes.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { canonicalName, serializeRtcp } from '../../reference/core/rtp/rtcp.ts';
import { speexFrame } from '../../simulators/attackers/call-media.ts';
import { bytesOfCase, mutatedCases, type MutatedCase } from '../generators/mutations.ts';
import { smallRandom } from '../generators/small-random.ts';

/** Who a datagram is sent by: the party of the call, someone else of its address, or of another address. */
export type DatagramSender = 'party' | 'neighbour' | 'stranger';

/** One datagram for a port of the relay or of a phone. */
export interface DatagramCase {
  readonly family: 'datagram';
  readonly made: MutatedCase;
  readonly sender: DatagramSender;
  readonly control: boolean;
}

const none = new Uint8Array();

const rtp = (payload: Uint8Array): Uint8Array =>
  serializeRtp({
    marker: false,
    payloadType: 97,
    sequence: 4711,
    timestamp: 160,
    ssrc: 0x66_75_7a_7a,
    csrc: [],
    extension: null,
    payload,
    padding: none,
  });

/** Datagrams that are like something. */
export const datagramBases: readonly Uint8Array[] = [
  rtp(speexFrame()),
  // As SRTP is: ciphertext and a tag.
  rtp(smallRandom(1).octets(48)),
  serializeRtcp([
    { type: 'receiver-report', ssrc: 1, reports: [], extension: none },
    { type: 'source-description', chunks: canonicalName(1, 'x').chunks },
    { type: 'goodbye', sources: [1], reason: utf8('gone') },
  ]),
  // A STUN binding request.
  new Uint8Array([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...smallRandom(2).octets(12)]),
  smallRandom(3).octets(1_472),
  smallRandom(4).octets(1_501),
  none,
];

/** Datagrams of every sender. */
export const datagramCases: fc.Arbitrary<DatagramCase> = fc
  .tuple(
    mutatedCases(datagramBases.length),
    fc.constantFrom<DatagramSender>('party', 'party', 'party', 'neighbour', 'stranger'),
    fc.boolean(),
  )
  .map(([made, sender, control]) => ({ family: 'datagram', made, sender, control }));

/** Bytes that loopback still carries in one datagram. */
const longest = 9_000;

/** The bytes of a datagram. */
export const datagramOf = ({ made }: DatagramCase): Uint8Array =>
  bytesOfCase(datagramBases, made).subarray(0, longest);

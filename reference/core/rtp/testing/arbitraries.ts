import { fc } from '@fast-check/vitest';
import type { RtpPacket } from '../packet.ts';

const word = fc.nat({ max: 2 ** 32 - 1 });
const short = fc.nat({ max: 2 ** 16 - 1 });

/** Padding as on the wire: any bytes, the last of which is the length. */
const padding = fc.uint8Array({ maxLength: 20 }).map((bytes) => {
  if (bytes.length > 0) bytes[bytes.length - 1] = bytes.length;
  return bytes;
});

const extension = fc.record({
  profile: short,
  data: fc
    .uint8Array({ maxLength: 20 })
    .map((bytes) => bytes.slice(0, bytes.length - (bytes.length % 4))),
});

/** Any RTP packet of up to some 200 bytes. For tests only. */
export const rtpPackets: fc.Arbitrary<RtpPacket> = fc.record({
  marker: fc.boolean(),
  payloadType: fc.nat({ max: 127 }),
  sequence: short,
  timestamp: word,
  ssrc: word,
  csrc: fc.array(word, { maxLength: 15 }),
  extension: fc.option(extension),
  payload: fc.uint8Array({ maxLength: 60 }),
  padding,
});

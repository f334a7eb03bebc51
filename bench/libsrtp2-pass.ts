import { fromHex } from '../reference/core/bytes.ts';
import { openLibsrtp2, type Libsrtp2Session } from '../reference/core/rtp/testing/libsrtp2.ts';
import { word16, word32 } from '../scenarios/wire/bytes-at.ts';
import { createCaptureScanner } from '../scenarios/wire/capture-scanner.ts';
import { captureChunks } from '../scenarios/wire/capture-source.ts';
import { shapeOf, shapes } from '../scenarios/wire/udp-shape.ts';
import type { GeneratedKey } from './generate-capture.ts';

/** Headers of the generated packets: Ethernet, IPv4 without options, UDP. */
const IP = 14;
const UDP = IP + 20;
const PAYLOAD = UDP + 8;

/** One RTP source on one hop. */
interface Stream {
  readonly ssrc: number;
  readonly packets: Uint8Array[];
}

const streamsOf = async (file: string, most: number): Promise<readonly Stream[]> => {
  const streams = new Map<string, Stream>();
  let count = 0;
  const scanner = createCaptureScanner({
    note: () => {},
    packet: ({ bytes, from, to }) => {
      const payload = from + PAYLOAD;
      if (bytes[from + IP + 9] !== 17 || count >= most) return;
      if (shapeOf(bytes, payload, to) !== shapes.rtp) return;
      const ssrc = word32(bytes, payload + 8);
      const key = `${word16(bytes, from + UDP)} ${word32(bytes, from + IP + 12)} ${ssrc}`;
      const stream = streams.get(key) ?? { ssrc, packets: [] };
      streams.set(key, stream);
      stream.packets.push(bytes.slice(payload, to));
      count += 1;
    },
  });
  for await (const chunk of captureChunks(file)) {
    scanner.push(chunk);
    if (count >= most) break;
  }
  return [...streams.values()];
};

const openSession = (
  key: GeneratedKey | undefined,
  library: NonNullable<ReturnType<typeof openLibsrtp2>>,
): Libsrtp2Session | null => {
  const masterKey = fromHex(key?.masterKey ?? '');
  const masterSalt = fromHex(key?.masterSalt ?? '');
  if (!key || !masterKey.ok || !masterSalt.ok) return null;
  return library.inbound({ masterKey: masterKey.value, masterSalt: masterSalt.value });
};

/** Seconds that libsrtp2 needs to unprotect one SRTP packet of a capture, over its first packets; null where it is missing. */
export const libsrtp2SecondsPerPacket = async (
  file: string,
  keys: readonly GeneratedKey[],
  most: number,
): Promise<number | null> => {
  const library = openLibsrtp2();
  if (!library) return null;
  const keyOf = new Map(keys.map((key) => [key.ssrc, key]));
  const streams = await streamsOf(file, most);
  let total = 0;
  let verified = 0;
  let seconds = 0;
  for (const { ssrc, packets } of streams) {
    const session = openSession(keyOf.get(ssrc), library);
    // A name server's answer may look like RTP.
    if (!session) continue;
    const started = performance.now();
    for (const packet of packets) if (session.unprotectRtp(packet).ok) verified += 1;
    total += packets.length;
    seconds += (performance.now() - started) / 1000;
    session.close();
  }
  if (verified !== total) throw new Error(`libsrtp2 verified ${verified} of ${total} packets`);
  return seconds / total;
};

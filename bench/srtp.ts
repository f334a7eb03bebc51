import { equal } from '../reference/core/bytes.ts';
import type { MasterKey } from '../reference/core/rtp/key-derivation.ts';
import { aesCm128HmacSha1Tag80, type SrtpSuite } from '../reference/core/rtp/srtp.ts';
import { aesCm128HmacSha1Tag80Tables } from '../reference/core/rtp/srtp-tables.ts';
import { LIBSRTP2_TRAILER, openLibsrtp2 } from '../reference/core/rtp/testing/libsrtp2.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import { createSeededRandom, type SeededRandom } from '../simulators/lab/link/seeded-random.ts';

/** What the phone sends: an RTP header and one narrowband Speex frame of quality 8. */
const HEADER = 12;
const PACKET = HEADER + 38;

/** Short turns, one contender after the other, so that what else the machine does meets all alike. */
const ROUNDS = 400;
const PACKETS_PER_ROUND = 250;
const WARM_UP = 20_000;

/** Protects and unprotects the packet of one place in the stream. */
type Contender = (place: number) => void;

const newPacket = (random: SeededRandom): Uint8Array => {
  const packet = random.bytes(PACKET);
  packet.set([0x80, 97]);
  return packet;
};

const setSequence = (packet: Uint8Array, place: number): void => {
  packet[2] = place >> 8;
  packet[3] = place;
};

const ours = (suite: SrtpSuite, key: MasterKey, packet: Uint8Array): Contender => {
  const sender = suite.sender(key);
  const receiver = suite.receiver(key);
  return (place) => {
    setSequence(packet, place);
    const secured = sender.protectRtp(packet);
    if (!secured.ok) throw new Error(`bench srtp: our sender refused: ${secured.error.code}`);
    const plain = receiver.unprotectRtp(secured.value);
    if (!plain.ok) throw new Error(`bench srtp: our receiver refused: ${plain.error.code}`);
    if (place % PACKETS_PER_ROUND === 0 && !equal(plain.value, packet))
      throw new Error('bench srtp: our receiver gave another packet');
  };
};

type Library = NonNullable<ReturnType<typeof openLibsrtp2>>;

/** libsrtp2 in place, and the same two calls with a length that both refuse before they do anything. */
const theirs = (library: Library, key: MasterKey, packet: Uint8Array) => {
  const outbound = library.outbound(key);
  const inbound = library.inbound(key);
  const { protectRtp } = outbound.raw;
  const { unprotectRtp } = inbound.raw;
  const buffer = new Uint8Array(PACKET + LIBSRTP2_TRAILER);
  buffer.set(packet);
  const length = new Int32Array(1);
  const whole: Contender = (place) => {
    setSequence(buffer, place);
    length[0] = PACKET;
    const status = protectRtp(buffer, length) || unprotectRtp(buffer, length);
    if (status !== 0 || length[0] !== PACKET)
      throw new Error(`bench srtp: libsrtp2 said ${status}; see srtp.h`);
  };
  const empty: Contender = (place) => {
    setSequence(buffer, place);
    length[0] = 0;
    if (protectRtp(buffer, length) === 0 || unprotectRtp(buffer, length) === 0)
      throw new Error('bench srtp: libsrtp2 took a packet without bytes');
  };
  const close = (): void => {
    outbound.close();
    inbound.close();
  };
  return { whole, empty, close };
};

const medianOf = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

/** Microseconds of each contender for one packet: medians over interleaved turns. */
const measure = (contenders: readonly Contender[]): readonly number[] => {
  const places = contenders.map(() => 0);
  const times = contenders.map((): number[] => []);
  const turn = (contender: Contender, which: number, packets: number): number => {
    const first = places[which] ?? 0;
    places[which] = first + packets;
    const started = performance.now();
    for (let place = first; place < first + packets; place += 1) contender(place);
    return ((performance.now() - started) * 1000) / packets;
  };
  for (const [which, contender] of contenders.entries()) turn(contender, which, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [which, contender] of contenders.entries())
      times[which]?.push(turn(contender, which, PACKETS_PER_ROUND));
  return times.map(medianOf);
};

/** SRTP, protect and unprotect of the phone's packet, by both suites beside libsrtp2. */
export const benchmarkSrtp = ({
  seed,
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const random = createSeededRandom(seed);
  const key = { masterKey: random.bytes(16), masterSalt: random.bytes(14) };
  const packet = newPacket(random);
  const library = openLibsrtp2();
  const peer = library && theirs(library, key, packet);
  progress(`measuring: ${ROUNDS} turns of ${PACKETS_PER_ROUND} packets of ${PACKET} bytes each`);
  const [tables = 0, node = 0, called = 0, empty = 0] = measure([
    ours(aesCm128HmacSha1Tag80Tables, key, packet.slice()),
    ours(aesCm128HmacSha1Tag80, key, packet.slice()),
    ...(peer ? [peer.whole, peer.empty] : []),
  ]);
  peer?.close();
  const version = library?.version ?? 'libsrtp2';
  const inC = `${version}, two empty koffi calls subtracted`;
  const asCalled = `${version} through koffi`;
  const own = peer ? called - empty : null;
  const whole = peer ? called : null;
  return Promise.resolve([
    rowOf('protect + unprotect, tables', tables, 'µs', inC, own),
    rowOf('protect + unprotect, tables', tables, 'µs', asCalled, whole),
    rowOf('protect + unprotect, node:crypto', node, 'µs', inC, own),
    rowOf('protect + unprotect, node:crypto', node, 'µs', asCalled, whole),
  ]);
};

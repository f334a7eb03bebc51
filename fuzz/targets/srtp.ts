import { equal } from '../../reference/core/bytes.ts';
import type { Result } from '../../reference/core/result.ts';
import { serializeRtp } from '../../reference/core/rtp/packet.ts';
import { canonicalName, serializeRtcp } from '../../reference/core/rtp/rtcp.ts';
import { aesCm128HmacSha1Tag80Tables } from '../../reference/core/rtp/srtp-tables.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import { openLibsrtp2 } from '../../reference/core/rtp/testing/libsrtp2.ts';
import { bytesOfCase, mutatedCases, seedOf, type MutatedCase } from '../generators/mutations.ts';
import { demand, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const key = () => ({
  masterKey: new Uint8Array(16).fill(0x41),
  masterSalt: new Uint8Array(14).fill(0x53),
});

const plain = (sequence: number, csrc: readonly number[] = []): Uint8Array =>
  serializeRtp({
    marker: false,
    payloadType: 97,
    sequence,
    timestamp: sequence * 160,
    ssrc: 7,
    csrc,
    extension: csrc.length > 0 ? { profile: 1, data: new Uint8Array(4) } : null,
    payload: new Uint8Array(38).fill(sequence),
    padding: new Uint8Array(),
  });

const control = serializeRtcp([
  { type: 'receiver-report', ssrc: 7, reports: [], extension: new Uint8Array() },
  canonicalName(7, 'phone'),
]);

const value = (result: Result<Uint8Array>): Uint8Array => {
  if (!result.ok) throw new TypeError(`base: ${result.error.code}; choose another packet`);
  return result.value;
};

const sender = aesCm128HmacSha1Tag80.sender(key());
const protectedRtp = [plain(1), plain(2, [1, 2]), plain(500), plain(501)].map((packet) =>
  value(sender.protectRtp(packet)),
);
const protectedRtcp = [control, control].map((packet) => value(sender.protectRtcp(packet)));
const bases = [...protectedRtp, ...protectedRtcp];

type How = 'unprotectRtp' | 'unprotectRtcp';

type Receiving = Readonly<Record<How, (packet: Uint8Array) => Result<Uint8Array>>>;

/** A good packet that comes before the case and one behind it. */
const around = (how: How, isLate: boolean): readonly Uint8Array[] => {
  if (how === 'unprotectRtcp') return protectedRtcp;
  return isLate ? protectedRtp.slice(2) : protectedRtp;
};

/** What a receiver says to a good packet, to the case, to the same again and to a good packet behind it. */
const conversation = (
  receiver: Receiving,
  how: How,
  [before, behind]: readonly Uint8Array[],
  bytes: Uint8Array,
): readonly Result<Uint8Array>[] =>
  [before, bytes, bytes, behind].flatMap((packet) => (packet ? [receiver[how](packet)] : []));

const codes = (results: readonly Result<Uint8Array>[]): readonly string[] =>
  results.map((result) =>
    result.ok ? Buffer.from(result.value).toString('hex') : result.error.code,
  );

/** How often libsrtp2 is asked, whose sessions are made anew for each case: once in so many. */
const sampling = 16;

/** Codes differ where a packet is no packet; whether one is taken, and what it holds, must not. */
const compareLibsrtp2 = (
  ours: readonly Result<Uint8Array>[],
  how: How,
  good: readonly Uint8Array[],
  bytes: Uint8Array,
): string => {
  const library = openLibsrtp2();
  if (library === null) return 'without libsrtp2';
  const session = library.inbound(key());
  try {
    const theirs = conversation(session, how, good, bytes);
    const taken = (results: readonly Result<Uint8Array>[]) =>
      results.map((result) => (result.ok ? result.value : null));
    sameValue('differential: libsrtp2', taken(theirs).map(String), taken(ours).map(String));
  } finally {
    session.close();
  }
  return 'agreed';
};

/** Packets of SRTP and SRTCP behind and before good ones: both transforms and libsrtp2 say the same. */
export const srtp: FuzzTarget<MutatedCase> = {
  name: 'srtp',
  parsers: [
    'reference/core/rtp/srtp-receiver.ts#createSrtpReceiver',
    'reference/core/rtp/srtp.ts#aesCm128HmacSha1Tag80',
    'reference/core/rtp/srtp-tables.ts#aesCm128HmacSha1Tag80Tables',
  ],
  get missing() {
    return openLibsrtp2() === null ? ['libsrtp2'] : [];
  },
  cases: mutatedCases(bases.length),
  check: (made) => {
    const bytes = bytesOfCase(bases, made);
    const before = bytes.slice();
    const how = made.base < protectedRtp.length ? 'unprotectRtp' : 'unprotectRtcp';
    const good = around(how, seedOf(made) % 8 === 1);
    const byNode = conversation(aesCm128HmacSha1Tag80.receiver(key()), how, good, bytes);
    const byTables = conversation(aesCm128HmacSha1Tag80Tables.receiver(key()), how, good, bytes);
    demand('what is given stays as it is', equal(before, bytes), 'unchanged', () => bytes);
    sameValue('both transforms agree', codes(byNode), codes(byTables));
    const isGood = bases.some((base) => equal(base, bytes));
    demand(
      'nothing verifies but what was sent',
      isGood || byNode[1]?.ok === false,
      'refused',
      () => bytes,
    );
    demand(
      'a good packet is taken behind a bad one',
      isGood || byNode[3]?.ok === true,
      'taken',
      () => codes(byNode),
    );
    const second = byNode[1];
    return [
      `${how} ${second?.ok === true ? 'ok' : second?.error.code}`,
      seedOf(made) % sampling === 0 ? compareLibsrtp2(byNode, how, good, bytes) : 'not compared',
    ];
  },
  reaches: [
    ...'ok too-short not-rtp replayed too-old tag'.split(' ').map((code) => `unprotectRtp ${code}`),
    ...'ok too-short not-rtcp replayed tag'.split(' ').map((code) => `unprotectRtcp ${code}`),
  ],
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(bases, made) }),
};

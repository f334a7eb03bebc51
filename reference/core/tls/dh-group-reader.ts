import { concat, fromHex, toHex } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import type { DhGroup, TlsProfile } from './profile.ts';

export type DhGroupFaultCode =
  /** Not the records of a TLS 1.2 handshake in clear (RFC 5246 section 6.2.1). */
  | 'record'
  /** A ServerKeyExchange that is not the one of DHE (RFC 5246 section 7.4.3), or too long. */
  | 'parameters'
  /** The server changes to encryption and no group was seen, or only part of a message. */
  | 'missing'
  | 'size'
  | 'group'
  | 'public-value';

export type DhGroupResult = Result<'again' | 'done', Fault<DhGroupFaultCode>>;

/** Reads what a server sends, in any cut, until its ChangeCipherSpec. */
export interface DhGroupReader {
  /**
   * Takes the next bytes; `done` once the server changed to encryption after a group that is known, with nothing to read any
   * more. The offset of a fault counts from the connection's first byte. A fault is for good: every further push repeats it.
   */
  push(chunk: Uint8Array): DhGroupResult;
}

/** RFC 5246 section 6.2.1; alerts are the business of the TLS library. */
const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;
const serverKeyExchange = 12;
const recordHeaderLength = 5;
const handshakeHeaderLength = 4;
/** RFC 5246 section 6.2.1: 2^14 bytes. */
const maximumFragment = 16_384;
/** Bytes of a ServerKeyExchange that are kept: three numbers and a signature of any size a server could mean. */
const maximumKeyExchange = 16_384;

const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const withoutLeadingZeros = (bytes: Uint8Array): Uint8Array => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.subarray(first);
};

const bitLength = (number: Uint8Array): number =>
  number.length === 0 ? 0 : number.length * 8 - (Math.clz32(number[0] ?? 0) - 24);

/** dh_p, dh_g and dh_Ys of ServerDHParams, without leading zeros; null if the body does not hold them. */
const readNumbers = (body: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] | null => {
  let at = 0;
  const next = (): Uint8Array | null => {
    const length = uint16(body, at);
    const end = at + 2 + length;
    if (length === 0 || end > body.length) return null;
    const number = withoutLeadingZeros(body.subarray(at + 2, end));
    at = end;
    return number;
  };
  const [p, g, y] = [next(), next(), next()];
  return p && g && y ? [p, g, y] : null;
};

type Profile = Pick<TlsProfile, 'groups' | 'dhBits'>;

/** Whether 1 < y < p - 1; p is odd and above 2^16, both without leading zeros (RFC 7919 section 5.1). */
const inRange = (y: Uint8Array, p: Uint8Array): boolean => {
  if (bitLength(y) < 2 || y.length > p.length) return false;
  if (y.length < p.length) return true;
  const last = p.length - 1;
  const different = y.findIndex((byte, index) => byte !== p[index]);
  if (different < 0) return false;
  const lower = (y[different] ?? 0) < (p[different] ?? 0);
  return lower && !(different === last && (y[last] ?? 0) + 1 === p[last]);
};

/** What is wrong with the parameters of one ServerKeyExchange, the certificate's signature over them aside. */
const judge = (body: Uint8Array, profile: Profile): readonly [DhGroupFaultCode, string] | null => {
  const numbers = readNumbers(body);
  if (!numbers) return ['parameters', 'no Diffie-Hellman parameters'];
  const [p, g, y] = numbers;
  const bits = bitLength(p);
  if (bits !== profile.dhBits) return ['size', `${bits} bits`];
  const isThis = ({ prime, generator }: DhGroup): boolean => {
    const known = fromHex(prime);
    return known.ok && toHex(known.value) === toHex(p) && g.length === 1 && g[0] === generator;
  };
  if (!profile.groups.some(isThis)) return ['group', 'an unknown modulus or generator'];
  return inRange(y, p) ? null : ['public-value', 'a public value that is 0, 1, p-1 or above'];
};

/** Gathers bytes until a length is reached. */
const createGatherer = () => {
  let parts: Uint8Array[] = [];
  let held = 0;
  return {
    isEmpty: () => held === 0,
    /** Takes what is missing to `length` from `bytes` at `at`; the whole once it is complete, with how many were taken. */
    take(bytes: Uint8Array, at: number, length: number) {
      const part = bytes.slice(at, at + length - held);
      parts.push(part);
      held += part.length;
      if (held < length) return { taken: part.length, whole: null };
      const whole = concat(...parts);
      parts = [];
      held = 0;
      return { taken: part.length, whole };
    },
  };
};

type Problem = readonly [code: DhGroupFaultCode, detail: string, at: number];

/** Reads handshake messages (RFC 5246 section 7.4) out of fragments; keeps none but a ServerKeyExchange. */
const createMessageReader = (profile: Profile) => {
  const header = createGatherer();
  const body = createGatherer();
  /** Length of the body being read and what is still to be passed over of it; null between messages. */
  let current: { readonly isKeyExchange: boolean; readonly length: number; left: number } | null =
    null;
  let verified = false;
  const begin = (bytes: Uint8Array): Problem | null => {
    const length = ((bytes[1] ?? 0) << 16) | uint16(bytes, 2);
    const isKeyExchange = bytes[0] === serverKeyExchange;
    if (isKeyExchange && length > maximumKeyExchange)
      return ['parameters', `a ServerKeyExchange of ${length} bytes`, 0];
    if (isKeyExchange && length === 0) return ['parameters', 'an empty ServerKeyExchange', 0];
    current = length === 0 ? null : { isKeyExchange, length, left: length };
    return null;
  };
  const finish = (whole: Uint8Array): Problem | null => {
    const found = judge(whole, profile);
    verified = found === null;
    return found && [...found, 0];
  };
  return {
    /** A group was seen and no message is under way. */
    isComplete: () => verified && current === null && header.isEmpty(),
    push(fragment: Uint8Array): Problem | null {
      let problem: Problem | null = null;
      for (let at = 0; at < fragment.length && problem === null;) {
        if (current === null) {
          const { taken, whole } = header.take(fragment, at, handshakeHeaderLength);
          at += taken;
          problem = whole && begin(whole);
        } else {
          const take = Math.min(current.left, fragment.length - at);
          const gathered = current.isKeyExchange ? body.take(fragment, at, current.length) : null;
          at += take;
          current.left -= take;
          if (current.left === 0) current = null;
          problem = gathered?.whole ? finish(gathered.whole) : null;
        }
        if (problem) return [problem[0], problem[1], at];
      }
      return null;
    },
  };
};

/** Type and length of a record that may come before ChangeCipherSpec; null for any other. */
const readRecordHeader = (header: Uint8Array): { type: number; left: number } | null => {
  const type = header[0] ?? 0;
  const left = uint16(header, 3);
  const known =
    type === contentType.handshake ||
    type === contentType.alert ||
    type === contentType.changeCipherSpec;
  // The minor version of a first record may differ (RFC 5246 appendix E.1).
  return known && header[1] === 3 && left > 0 && left <= maximumFragment ? { type, left } : null;
};

/**
 * Makes a reader of a TLS 1.2 server's first flight that lets only the groups of the profile pass: the modulus of a group nobody
 * knows may be composite, which no client can tell in the time of a handshake (RFC 7919 section 1). Keeps at most one
 * ServerKeyExchange of 16 KB. Everything else of the handshake is left to the TLS library.
 */
export const createDhGroupReader = (profile: Profile): DhGroupReader => {
  const header = createGatherer();
  const messages = createMessageReader(profile);
  let record: { type: number; left: number } | null = null;
  let offset = 0;
  let outcome: DhGroupResult = ok('again');
  const begin = (bytes: Uint8Array): Problem | null => {
    record = readRecordHeader(bytes);
    if (!record) return ['record', 'no record of a TLS handshake', 0];
    if (record.type !== contentType.changeCipherSpec) return null;
    if (!messages.isComplete()) return ['missing', 'ChangeCipherSpec before a group', 0];
    outcome = ok('done');
    return null;
  };
  const readSome = (chunk: Uint8Array, at: number): readonly [taken: number, Problem | null] => {
    if (record === null) {
      const { taken, whole } = header.take(chunk, at, recordHeaderLength);
      const problem = whole && begin(whole);
      // Wherever the chunk was cut, the place is where the record begins.
      return [taken, problem && [problem[0], problem[1], taken - recordHeaderLength]];
    }
    const fragment = chunk.subarray(at, at + record.left);
    const { type } = record;
    record.left -= fragment.length;
    if (record.left === 0) record = null;
    return [fragment.length, type === contentType.handshake ? messages.push(fragment) : null];
  };
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length && outcome.ok && outcome.value === 'again';) {
        const [taken, problem] = readSome(chunk, at);
        if (problem) outcome = fault(problem[0], offset + at + problem[2], problem[1]);
        at += taken;
      }
      offset += chunk.length;
      return outcome;
    },
  };
};

import { overlongHeartbeat } from '../attackers/tls-client/heartbeat.ts';
import type { Mutant } from './mutant.ts';
import { connectByRecords, type RecordFault } from './record-phone.ts';

const contentType = { changeCipherSpec: 20, handshake: 22 } as const;
const serverHello = 2;

/** Offsets in a record that begins with a ServerHello: its version, the length of the session's identifier. */
const versionAt = 9;
const sessionLengthAt = 43;

/** Reads a ServerHello as if it chose what it should: the phone does not notice that it chose otherwise. */
const hearing =
  (which: 'version' | 'suite' | 'compression'): NonNullable<RecordFault['reading']> =>
  (record) => {
    if (record[0] !== contentType.handshake || record[5] !== serverHello) return record;
    const suiteAt = sessionLengthAt + 1 + (record[sessionLengthAt] ?? 0);
    const heard = record.slice();
    if (which === 'version') heard.set([0x03, 0x03], versionAt);
    if (which === 'suite') heard.set([0x00, 0x9f], suiteAt);
    if (which === 'compression') heard.set([0], suiteAt + 2);
    return heard;
  };

/** Lets a ChangeCipherSpec pass unheard unless keys can have been agreed on by then. */
const deafToEarlyChange = (): NonNullable<RecordFault['reading']> => {
  let isDone = false;
  return (record) => {
    const isChange = record[0] === contentType.changeCipherSpec;
    // ServerHelloDone has no body: the last four bytes of its record are its header.
    if (record[0] === contentType.handshake && record.at(-4) === 14) isDone = true;
    return isChange && !isDone ? new Uint8Array() : record;
  };
};

const phone = (
  id: string,
  fault: string,
  claims: readonly string[],
  because: RegExp,
  different: () => RecordFault,
): Mutant => ({
  id,
  fault,
  claims,
  because,
  parts: { phone: { connectTls: (options) => connectByRecords(different())(options) } },
});

/** Phones whose TLS is their own, and misses something in the handshake or behind it. */
export const phoneTlsRecordMutants: readonly Mutant[] = [
  phone(
    'phone-ignores-version',
    'the phone does not look at the version that the server chooses',
    ['5.1.a'],
    /accepted a server with "version-/,
    () => ({ reading: hearing('version') }),
  ),
  phone(
    'phone-ignores-suite',
    'the phone does not look at the suite that the server chooses',
    ['5.1.b'],
    /accepted a server with "suite-/,
    () => ({ reading: hearing('suite') }),
  ),
  phone(
    'phone-ignores-compression',
    'the phone does not look at the compression that the server chooses',
    ['4.a'],
    /accepted a server with "compression-/,
    () => ({ reading: hearing('compression') }),
  ),
  phone(
    'phone-takes-early-change',
    'the phone takes a ChangeCipherSpec before there are keys',
    ['2.1.g'],
    /accepted a server with "early-change-cipher-spec"/,
    () => ({ reading: deafToEarlyChange() }),
  ),
  phone(
    'phone-takes-unsigned-parameters',
    'the phone does not verify the signature over the server’s parameters',
    ['2.1.g'],
    /accepted a server with "signature-/,
    () => ({ settings: { takesUnsigned: true } }),
  ),
  phone(
    'phone-computes-with-anything',
    'the phone computes with every Diffie-Hellman group and public value',
    ['4.a', '5.1.c'],
    /accepted a server with "/,
    () => ({ anyGroup: true }),
  ),
  phone(
    'phone-answers-false-heartbeats',
    'the phone answers a heartbeat of false length',
    ['4.a'],
    /answered a heartbeat of false length/,
    () => ({ toHeartbeat: { ...overlongHeartbeat, type: 2 } }),
  ),
];

import { concat } from '../../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** Record content types (RFC 5246 section 6.2.1). */
export const contentTypes = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

export interface TlsRecord {
  readonly type: number;
  /** The record layer's own version field, which is not the negotiated one. */
  readonly version: number;
  readonly fragment: Uint8Array;
  /** Time of the packet that completed it, milliseconds. */
  readonly at: number;
}

export type RecordFault = {
  readonly code: 'record-type' | 'record-version' | 'record-length';
  readonly offset: number;
};

/** What a stretch of a stream gave. */
export interface RecordsRead {
  readonly records: readonly TlsRecord[];
  /** Why the bytes are not records any more, and the bytes from there on; the reader must not be used again. */
  readonly broken: { readonly fault: RecordFault; readonly rest: Uint8Array } | null;
}

/** RFC 5246 section 6.2.3: 2^14 bytes and at most 2048 more for the protection. */
const MAX_FRAGMENT = 2 ** 14 + 2048;

/** The refusal of what cannot be the header of a record, or its fragment's length. */
const headerLengthOf = (bytes: Uint8Array, offset: number): Result<number, RecordFault> => {
  const [type = 0, major, , high = 0, low = 0] = bytes;
  if (type < 20 || type > 24) return fault('record-type', offset);
  if (major !== 3) return fault('record-version', offset + 1);
  const length = (high << 8) | low;
  return length > MAX_FRAGMENT ? fault('record-length', offset + 3) : ok(length);
};

/** Splits one direction's bytes into records (RFC 5246 section 6.2); keeps at most one record. */
export const createRecordReader = (): {
  /** The records that these bytes complete, and why reading ended, if it did. Offsets count from the stream's start. */
  push(bytes: Uint8Array, at: number): RecordsRead;
} => {
  let pending: Uint8Array = new Uint8Array();
  let offset = 0;
  return {
    push: (bytes, at) => {
      pending = pending.length === 0 ? bytes : concat(pending, bytes);
      const records: TlsRecord[] = [];
      while (pending.length >= 5) {
        const length = headerLengthOf(pending, offset);
        if (!length.ok) return { records, broken: { fault: length.error, rest: pending } };
        if (pending.length < 5 + length.value) break;
        const [type = 0, major = 0, minor = 0] = pending;
        const fragment = pending.subarray(5, 5 + length.value);
        records.push({ type, version: (major << 8) | minor, fragment, at });
        pending = pending.subarray(5 + length.value);
        offset += 5 + length.value;
      }
      return { records, broken: null };
    },
  };
};

/** A handshake message (RFC 5246 section 7.4). */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Longest handshake message read, in bytes; certificate chains are far shorter. */
const MAX_HANDSHAKE = 64 * 1024;

/** Splits handshake records' fragments into messages; `handshake-length` when one is absurdly long. */
export const createHandshakeReader = (): {
  push(
    fragment: Uint8Array,
  ): Result<
    readonly HandshakeMessage[],
    { readonly code: 'handshake-length'; readonly offset: number }
  >;
} => {
  let pending: Uint8Array = new Uint8Array();
  let offset = 0;
  return {
    push: (fragment) => {
      pending = pending.length === 0 ? fragment : concat(pending, fragment);
      const messages: HandshakeMessage[] = [];
      while (pending.length >= 4) {
        const [type = 0, high = 0, middle = 0, low = 0] = pending;
        const length = (high << 16) | (middle << 8) | low;
        if (length > MAX_HANDSHAKE) return fault('handshake-length', offset + 1);
        if (pending.length < 4 + length) break;
        // A copy: what is kept of a session must not hold on to the capture's chunk.
        messages.push({ type, body: pending.slice(4, 4 + length) });
        pending = pending.subarray(4 + length);
        offset += 4 + length;
      }
      return ok(messages);
    },
  };
};

/** Whether bytes can be the beginning of a TLS handshake or of records under way; null while there are too few to tell. */
export const looksLikeTls = (bytes: Uint8Array): boolean | null => {
  const [type = 0, major, minor = 0, high = 0, low = 0] = bytes;
  if (bytes.length >= 1 && (type < 20 || type > 23)) return false;
  if (bytes.length >= 2 && major !== 3) return false;
  if (bytes.length < 6) return null;
  return minor <= 4 && ((high << 8) | low) <= MAX_FRAGMENT;
};

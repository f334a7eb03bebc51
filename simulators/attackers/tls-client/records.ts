import { createCipheriv } from 'node:crypto';
import { concat } from '../../../reference/core/bytes.ts';
import { aes256GcmDecrypt } from '../../../reference/core/primitives/gcm.ts';
import { uint } from './bytes.ts';
import type { DirectionKeys } from './keys.ts';

/** A record about to be sent, before protection; every field can be falsified. */
export interface OutgoingRecord {
  readonly type: number;
  readonly version: number;
  readonly content: Uint8Array;
  /** Null while nothing is protected yet; `sequence` enters the authenticated data, `explicitNonce` has 8 bytes. */
  readonly protection: { readonly sequence: bigint; readonly explicitNonce: Uint8Array } | null;
}

/** A record received, its protection taken off. */
export interface IncomingRecord {
  readonly type: number;
  readonly version: number;
  readonly content: Uint8Array;
}

const tagLength = 16;
const nonceLength = 8;
const longestContent = 16_384;
const longestRecord = longestContent + 2_048;

const additional = (
  sequence: bigint,
  record: { readonly type: number; readonly version: number },
  length: number,
): Uint8Array =>
  concat(uint(sequence, 8), uint(record.type, 1), uint(record.version, 2), uint(length, 2));

/** A record's bytes: in clear, or sealed with AES-256-GCM (RFC 5288 section 3). */
export const sealRecord = (record: OutgoingRecord, keys: DirectionKeys | null): Uint8Array => {
  const { protection } = record;
  let fragment = record.content;
  if (protection && keys) {
    const nonce = concat(keys.salt, protection.explicitNonce);
    const cipher = createCipheriv('aes-256-gcm', keys.key, nonce, { authTagLength: tagLength });
    cipher.setAAD(additional(protection.sequence, record, record.content.length));
    const sealed = new Uint8Array(cipher.update(record.content));
    cipher.final();
    fragment = concat(protection.explicitNonce, sealed, new Uint8Array(cipher.getAuthTag()));
  }
  return concat(uint(record.type, 1), uint(record.version, 2), uint(fragment.length, 2), fragment);
};

/** Where faults can be put into a sender's records. */
export interface RecordHooks {
  /** Each record before its protection: type, version, content, sequence number and nonce. */
  readonly record?: (record: OutgoingRecord) => readonly OutgoingRecord[];
  /** Each record's bytes as they would go out, tag included. */
  readonly sealed?: (bytes: Uint8Array, record: OutgoingRecord) => Uint8Array;
}

/** How one direction sends: the number of its next protected record, null while in clear, and its keys. */
export interface SendingState {
  readonly sequence: bigint | null;
  readonly keys: DirectionKeys | null;
}

/** Content as one direction sends it, or as the hooks make of it, and the number of the next record. */
export const sendRecords = (
  content: { readonly type: number; readonly version: number; readonly bytes: Uint8Array },
  sending: SendingState,
  hooks: RecordHooks | undefined,
): { readonly bytes: Uint8Array; readonly sequence: bigint | null } => {
  let { sequence } = sending;
  const parts: Uint8Array[] = [];
  for (const piece of inRecords(content.bytes)) {
    const protection =
      sequence === null ? null : { sequence, explicitNonce: uint(sequence, nonceLength) };
    const { type, version } = content;
    const honest = { type, version, content: piece, protection };
    const records = hooks?.record?.(honest) ?? [honest];
    // Whoever splits a record numbers the pieces; the next one follows the last.
    if (sequence !== null) sequence = (records.at(-1)?.protection?.sequence ?? sequence) + 1n;
    for (const record of records) {
      const sealed = sealRecord(record, sending.keys);
      parts.push(hooks?.sealed?.(sealed, record) ?? sealed);
    }
  }
  return { bytes: concat(...parts), sequence };
};

/** Content in pieces that fit a record; an empty content is one empty piece. */
const inRecords = (content: Uint8Array): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < content.length; at += longestContent)
    pieces.push(content.subarray(at, at + longestContent));
  return pieces;
};

/** The bytes of one whole record at the start of what was received. */
export type RecordCut =
  | { readonly kind: 'record'; readonly record: IncomingRecord; readonly length: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'garbage' };

/** Cuts off the first record, still protected if it was; total. */
export const cutRecord = (bytes: Uint8Array): RecordCut => {
  const [type = 22, major = 3] = bytes;
  if (type < 20 || type > 24 || major !== 3) return { kind: 'garbage' };
  if (bytes.length < 5) return { kind: 'incomplete' };
  const length = ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0);
  if (length > longestRecord) return { kind: 'garbage' };
  if (bytes.length < 5 + length) return { kind: 'incomplete' };
  const version = (major << 8) | (bytes[2] ?? 0);
  return {
    kind: 'record',
    record: { type, version, content: bytes.slice(5, 5 + length) },
    length: 5 + length,
  };
};

/** The content of a protected record, or null where its tag does not verify. */
export const openRecord = (
  record: IncomingRecord,
  keys: DirectionKeys,
  sequence: bigint,
): Uint8Array | null => {
  const sealed = record.content.subarray(nonceLength);
  const nonce = concat(keys.salt, record.content.subarray(0, nonceLength));
  const data = additional(sequence, record, sealed.length - tagLength);
  const opened = aes256GcmDecrypt(keys.key, nonce, data, sealed);
  return opened.ok ? opened.value : null;
};

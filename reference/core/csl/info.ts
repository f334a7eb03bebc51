import { concat } from '../bytes.ts';
import type { MessageKind } from './headers.ts';

/** X-CSL-Info1 by its fields; version and group as found. */
export interface Info1 {
  readonly version: number;
  readonly group: number;
  /** Milliseconds since 1970 by the sender's clock. */
  readonly time: number;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** 256 bytes, big-endian. */
  readonly publicValue: Uint8Array;
}

/** X-CSL-Info2 by its fields; version and parts as found. */
export interface Info2 {
  readonly version: number;
  readonly parts: number;
  /** 256 bytes; in the INVITE and the 200. */
  readonly signature?: Uint8Array;
  /** 32 bytes; in the 200 and the ACK. */
  readonly tag?: Uint8Array;
}

/** The version of both formats. */
export const formatVersion = 1;

/** The number of the 2048-bit MODP group (RFC 3526). */
export const groupNumber = 14;

/** Bytes of a nonce. */
export const nonceLength = 32;

const info1Length = 298;
const signatureLength = 256;
const tagLength = 32;

/** Encodes X-CSL-Info1, 298 bytes. */
export const encodeInfo1 = (info: Omit<Info1, 'version' | 'group'>): Uint8Array => {
  const head = new Uint8Array(10);
  head[0] = formatVersion;
  head[1] = groupNumber;
  new DataView(head.buffer).setBigUint64(2, BigInt(info.time));
  return concat(head, info.nonce, info.publicValue);
};

/** Splits X-CSL-Info1; undefined where it is not 298 bytes. Version and group are for the caller to judge. */
export const decodeInfo1 = (bytes: Uint8Array): Info1 | undefined => {
  if (bytes.length !== info1Length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version: view.getUint8(0),
    group: view.getUint8(1),
    time: Number(view.getBigUint64(2)),
    nonce: bytes.subarray(10, 42),
    publicValue: bytes.subarray(42),
  };
};

/** The parts octet that a kind of message has: 1 a signature, 2 a tag, 3 both in that order. */
export const partsOf = (kind: MessageKind): 1 | 2 | 3 =>
  kind === 'offer' ? 1 : kind === 'answer' ? 3 : 2;

/** Encodes X-CSL-Info2 of a kind of message from its signature (256 bytes), tag (32 bytes) or both. */
export const encodeInfo2 = (kind: MessageKind, ...contents: readonly Uint8Array[]): Uint8Array =>
  concat(new Uint8Array([formatVersion, partsOf(kind)]), ...contents);

/** Splits X-CSL-Info2 of a kind of message; undefined where the length is another. Version and parts are for the caller. */
export const decodeInfo2 = (bytes: Uint8Array, kind: MessageKind): Info2 | undefined => {
  const signatureEnd = kind === 'confirmation' ? 2 : 2 + signatureLength;
  const end = kind === 'offer' ? signatureEnd : signatureEnd + tagLength;
  if (bytes.length !== end) return undefined;
  const [version = 0, parts = 0] = bytes;
  return {
    version,
    parts,
    ...(kind === 'confirmation' ? {} : { signature: bytes.subarray(2, signatureEnd) }),
    ...(kind === 'offer' ? {} : { tag: bytes.subarray(signatureEnd) }),
  };
};

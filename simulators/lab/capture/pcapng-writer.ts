import { concat, utf8 } from '../../../reference/core/bytes.ts';

/** Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, one section with one interface. */

const LINK_ETHERNET = 1;
const SECRETS_TLS = 0x544c534b;

const padded = (bytes: Uint8Array): Uint8Array =>
  concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
};

const block = (type: number, ...body: readonly Uint8Array[]): Uint8Array => {
  const length = body.reduce((total, part) => total + part.length, 12);
  return concat(words(type, length), ...body, words(length));
};

const option = (code: number, value: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return concat(head, padded(value));
};

const options = (...parts: readonly Uint8Array[]): Uint8Array => concat(...parts, words(0));

const wide = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

const timestampWords = (at: bigint): Buffer => words(Number(at >> 32n), Number(at & 0xffff_ffffn));

/** Longest option value (its length field has 16 bits). */
const MAX_OPTION = 0xffff;

/** Section header block; the comment names what was captured and why. */
export const sectionHeader = (comment: string): Uint8Array =>
  block(
    0x0a0d0d0a,
    words(0x1a2b3c4d, 0x0000_0001, 0xffff_ffff, 0xffff_ffff),
    options(
      option(1, utf8(comment).subarray(0, MAX_OPTION)),
      option(3, utf8(process.platform)),
      option(4, utf8('discretio')),
    ),
  );

/** Interface description block: Ethernet, timestamps in nanoseconds. */
export const interfaceDescription = (name: string, snapLength: number): Uint8Array =>
  block(
    1,
    words(LINK_ETHERNET, snapLength),
    options(option(2, utf8(name)), option(9, Uint8Array.of(9))),
  );

/** Decryption secrets block with lines of the NSS key log format; it must stand before the packets it decrypts. */
export const decryptionSecrets = (lines: readonly string[]): Uint8Array => {
  const text = utf8(lines.map((line) => `${line.trimEnd()}\n`).join(''));
  return block(10, words(SECRETS_TLS, text.length), padded(text));
};

/** Enhanced packet block; `at` in nanoseconds since 1970, `length` the bytes on the wire. */
export const enhancedPacket = (at: bigint, bytes: Uint8Array, length: number): Uint8Array =>
  block(6, words(0), timestampWords(at), words(bytes.length, length), padded(bytes));

/** Interface statistics block: packets received and packets dropped while capturing. */
export const interfaceStatistics = (at: bigint, received: number, dropped: number): Uint8Array =>
  block(
    5,
    words(0),
    timestampWords(at),
    options(option(4, wide(BigInt(received))), option(5, wide(BigInt(dropped)))),
  );

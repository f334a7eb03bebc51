import { concat, utf8 } from '../../../reference/core/bytes.ts';

/** Byte orders of a section. */
export type Order = 'little' | 'big';

/** Makes blocks of one byte order (draft-ietf-opsawg-pcapng), right or wrong as the caller says. */
export interface BlockMaker {
  block(type: number, ...body: readonly Uint8Array[]): Uint8Array;
  option(code: number, value: Uint8Array): Uint8Array;
  u16(value: number): Uint8Array;
  u32(value: number): Uint8Array;
  u64(value: bigint): Uint8Array;
  section(version?: number): Uint8Array;
  /** An interface with a link type, a snap length and options. */
  interface(linkType: number, snapLength: number, ...options: readonly Uint8Array[]): Uint8Array;
  packet(
    interfaceNumber: number,
    ticks: bigint,
    bytes: Uint8Array,
    ...options: readonly Uint8Array[]
  ): Uint8Array;
  simplePacket(length: number, bytes: Uint8Array): Uint8Array;
  oldPacket(interfaceNumber: number, drops: number, ticks: bigint, bytes: Uint8Array): Uint8Array;
  secrets(keyLog: string): Uint8Array;
  statistics(interfaceNumber: number, ...options: readonly Uint8Array[]): Uint8Array;
}

const numberBytes = (value: bigint, length: number, order: Order): Uint8Array => {
  const bytes = Uint8Array.from({ length }, (_, index) =>
    Number((value >> BigInt(index * 8)) & 255n),
  );
  return order === 'little' ? bytes : bytes.toReversed();
};

const padded = (bytes: Uint8Array): Uint8Array =>
  concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));

/** A maker of blocks. */
export const blocksOf = (order: Order): BlockMaker => {
  const u16 = (value: number): Uint8Array => numberBytes(BigInt(value), 2, order);
  const u32 = (value: number): Uint8Array => numberBytes(BigInt(value), 4, order);
  const u64 = (value: bigint): Uint8Array => numberBytes(value, 8, order);
  const end = u32(0);
  const block = (type: number, ...parts: readonly Uint8Array[]): Uint8Array => {
    const body = concat(...parts);
    const length = u32(12 + body.length);
    return concat(u32(type), length, body, length);
  };
  const option = (code: number, value: Uint8Array): Uint8Array =>
    concat(u16(code), u16(value.length), padded(value));
  const withOptions = (options: readonly Uint8Array[]): readonly Uint8Array[] =>
    options.length === 0 ? [] : [...options, end];
  const ticksOf = (ticks: bigint): Uint8Array =>
    concat(u32(Number(ticks >> 32n)), u32(Number(ticks & 0xffff_ffffn)));
  return {
    block,
    option,
    u16,
    u32,
    u64,
    section: (version = 1) =>
      block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(version), u16(0), u32(0xffff_ffff), u32(0xffff_ffff)),
    interface: (linkType, snapLength, ...options) =>
      block(1, u16(linkType), u16(0), u32(snapLength), ...withOptions(options)),
    packet: (number, ticks, bytes, ...options) =>
      block(
        6,
        u32(number),
        ticksOf(ticks),
        u32(bytes.length),
        u32(bytes.length),
        padded(bytes),
        ...withOptions(options),
      ),
    simplePacket: (length, bytes) => block(3, u32(length), padded(bytes)),
    oldPacket: (number, drops, ticks, bytes) =>
      block(
        2,
        u16(number),
        u16(drops),
        ticksOf(ticks),
        u32(bytes.length),
        u32(bytes.length),
        padded(bytes),
      ),
    secrets: (keyLog) => {
      const text = utf8(keyLog);
      return block(10, u32(0x544c534b), u32(text.length), padded(text));
    },
    statistics: (number, ...options) => block(5, u32(number), u32(0), u32(0), ...options, end),
  };
};

import { latin1 } from '../../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** Commands of the ADB transport, as the four letters of its own notation; STLS is never offered. */
export const commands = ['SYNC', 'CNXN', 'AUTH', 'OPEN', 'OKAY', 'CLSE', 'WRTE'] as const;
export type Command = (typeof commands)[number];

/** One message of the transport. */
export interface Packet {
  readonly command: Command;
  /** Unsigned 32-bit numbers; their meaning depends on the command. */
  readonly arg0: number;
  readonly arg1: number;
  readonly payload: Uint8Array;
}

/** Bytes before the payload: six little-endian 32-bit words. */
export const headerLength = 24;

/** Protocol versions: the first carries the sum of the payload's bytes, the second does not. */
export const versions = { checksum: 0x01000000, noChecksum: 0x01000001 } as const;

/** Most payload bytes of a packet that this side takes (MAX_PAYLOAD of adbd). */
export const maximalPayload = 1024 * 1024;

const checksum = (payload: Uint8Array): number =>
  payload.reduce((sum, byte) => (sum + byte) >>> 0, 0);

const word = (command: Command): number =>
  new DataView(Uint8Array.from(command, (letter) => letter.charCodeAt(0)).buffer).getUint32(
    0,
    true,
  );

/** Bytes of a packet; without the checksum of old versions when both sides have said that they need none. */
export const encodePacket = (
  { command, arg0, arg1, payload }: Packet,
  hasChecksum = true,
): Uint8Array => {
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = new DataView(bytes.buffer);
  const number = word(command);
  const sum = hasChecksum ? checksum(payload) : 0;
  for (const [index, value] of [number, arg0, arg1, payload.length, sum, ~number >>> 0].entries())
    view.setUint32(index * 4, value, true);
  bytes.set(payload, headerLength);
  return bytes;
};

/** Bytes that the packet at the start of `bytes` takes; null while its header is incomplete. */
export const packetLength = (bytes: Uint8Array): Result<number | null> => {
  if (bytes.length < headerLength) return ok(null);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const name = latin1(bytes.subarray(0, 4));
  if (!commands.some((command) => command === name)) return fault('adb/command', 0, name);
  if (view.getUint32(20, true) !== ~view.getUint32(0, true) >>> 0) return fault('adb/magic', 20);
  const length = view.getUint32(12, true);
  return length > maximalPayload ? fault('adb/length', 12) : ok(headerLength + length);
};

/** The one packet that `bytes` are; the checksum is looked at where the version has one. */
export const parsePacket = (bytes: Uint8Array, hasChecksum = true): Result<Packet> => {
  const length = packetLength(bytes);
  if (!length.ok) return length;
  if (length.value === null || bytes.length < length.value) return fault('adb/short', bytes.length);
  if (bytes.length > length.value) return fault('adb/length', length.value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const payload = bytes.slice(headerLength);
  if (hasChecksum && view.getUint32(16, true) !== checksum(payload))
    return fault('adb/checksum', 16);
  const command = latin1(bytes.subarray(0, 4)) as Command;
  return ok({
    command,
    arg0: view.getUint32(4, true),
    arg1: view.getUint32(8, true),
    payload,
  });
};

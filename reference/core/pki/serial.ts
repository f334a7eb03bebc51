import { toHex } from '../bytes.ts';

/** A serial number as text to look it up by: lower-case hexadecimal of whole bytes, without leading zero bytes. */
export const serialText = (serial: Uint8Array): string => {
  const first = serial.findIndex((byte) => byte !== 0);
  return toHex(first < 0 ? new Uint8Array(1) : serial.subarray(first));
};

import { concat, utf8 } from '../../../core/bytes.ts';
import { fault, ok, type Fault, type Result } from '../../../core/result.ts';
import { encodeText } from './text-encoding.ts';

/** Commands of SMPP 3.4 (section 5.1.2.1) that a sender of texts needs. */
export const command = {
  genericNack: 0x80_00_00_00,
  submitSm: 0x00_00_00_04,
  submitSmResponse: 0x80_00_00_04,
  deliverSm: 0x00_00_00_05,
  unbind: 0x00_00_00_06,
  unbindResponse: 0x80_00_00_06,
  bindTransceiver: 0x00_00_00_09,
  bindTransceiverResponse: 0x80_00_00_09,
  enquireLink: 0x00_00_00_15,
} as const;

/** Set in the id of every response. */
export const responseBit = 0x80_00_00_00;

/** Values of command_status (section 5.1.3) that are acted on; any other is a refusal. */
export const status = {
  ok: 0,
  invalidCommand: 3,
  messageQueueFull: 0x14,
  throttled: 0x58,
} as const;

/** A protocol data unit (section 3.2). */
export interface Pdu {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

const headerLength = 16;
/** Longer than any that a centre has reason to send to a sender of texts. */
export const maximumLength = 65_536;

/** Encodes a PDU with its header. */
export const encodePdu = ({ command: id, status: result, sequence, body }: Pdu): Uint8Array => {
  const bytes = concat(new Uint8Array(headerLength), body);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, id);
  view.setUint32(8, result);
  view.setUint32(12, sequence);
  return bytes;
};

/** Takes whole PDUs from the front of a stream's bytes, and gives what is left; a length that cannot be is a fault. Total. */
export const takePdus = (
  bytes: Uint8Array,
): Result<{ readonly pdus: readonly Pdu[]; readonly rest: Uint8Array }, Fault<'smpp-length'>> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pdus: Pdu[] = [];
  let offset = 0;
  while (bytes.length - offset >= 4) {
    const length = view.getUint32(offset);
    if (length < headerLength || length > maximumLength) return fault('smpp-length', offset);
    if (bytes.length - offset < length) break;
    pdus.push({
      command: view.getUint32(offset + 4),
      status: view.getUint32(offset + 8),
      sequence: view.getUint32(offset + 12),
      body: bytes.slice(offset + headerLength, offset + length),
    });
    offset += length;
  }
  return ok({ pdus, rest: bytes.slice(offset) });
};

/** A C-octet string (section 3.1): ASCII, ended by zero. */
const cString = (text: string, longest: number): Uint8Array =>
  utf8(`${text.replaceAll('\0', '').slice(0, longest)}\0`);

/** Whom to bind as. */
export interface SmppAccount {
  readonly systemId: string;
  readonly password: string;
}

/** Body of bind_transceiver (section 4.1.5): version 3.4. */
export const bindBody = ({ systemId, password }: SmppAccount): Uint8Array =>
  concat(
    cString(systemId, 15),
    cString(password, 8),
    cString('', 12),
    Uint8Array.of(0x34, 0, 0),
    cString('', 40),
  );

/** Types of number and numbering plans (sections 5.2.5 and 5.2.6): international, of E.164; alphanumeric; of the network. */
const addressOf = (text: string): Uint8Array => {
  if (text.startsWith('+')) return concat(Uint8Array.of(1, 1), cString(text.slice(1), 20));
  const isDigits = /^[0-9]+$/.test(text);
  return concat(isDigits ? Uint8Array.of(3, 1) : Uint8Array.of(5, 0), cString(text, 20));
};

/** The longest short_message here: a whole text of GSM (160 septets) or UCS-2 (140 octets); beyond, message_payload. */
const longestShort = { 0: 160, 8: 140 } as const;
const messagePayload = 0x0424;

/** Body of submit_sm (section 4.4.1): one text to one number, the centre's defaults for the rest. */
export const submitBody = (sender: string, number: string, text: string): Uint8Array => {
  const { dataCoding, octets } = encodeText(text);
  const isShort = octets.length <= longestShort[dataCoding];
  const size = isShort ? 0 : octets.length;
  const payload = concat(
    Uint8Array.of(messagePayload >> 8, messagePayload & 0xff, size >> 8, size & 0xff),
    octets,
  );
  return concat(
    cString('', 5),
    addressOf(sender),
    addressOf(number),
    // esm_class, protocol_id, priority_flag; schedule_delivery_time, validity_period; registered_delivery, replace_if_present.
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, dataCoding, 0),
    isShort ? concat(Uint8Array.of(octets.length), octets) : concat(Uint8Array.of(0), payload),
  );
};

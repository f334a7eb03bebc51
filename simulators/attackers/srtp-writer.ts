import { createCipheriv, createHmac } from 'node:crypto';
import { concat } from '../../reference/core/bytes.ts';

/** Master key (16 bytes) and salt (14 bytes) of one direction. */
export interface WriterKey {
  readonly masterKey: Uint8Array;
  readonly masterSalt: Uint8Array;
}

/** What one packet is made of; everything has its usual value unless given. */
export interface WrittenPacket {
  /** Rollover counter and sequence number: 48 bits. */
  readonly index: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  /** The rollover counter that is secured with, in place of the index's own. */
  readonly rollover?: number;
}

const payloadType = 97;
const samplesPerFrame = 160;
const tagLength = 10;

const counterMode = (key: Uint8Array, counter: Uint8Array, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createCipheriv('aes-128-ctr', key, counter).update(bytes));

/** RFC 3711 section 4.3.1 with a key derivation rate of 0. */
const derived = ({ masterKey, masterSalt }: WriterKey, label: number, length: number) => {
  const counter = concat(masterSalt, new Uint8Array(2)).map((byte, place) =>
    place === 7 ? byte ^ label : byte,
  );
  return counterMode(masterKey, counter, new Uint8Array(length));
};

const clearPacket = ({ index, ssrc, payload }: WrittenPacket): Uint8Array => {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  header[0] = 0x80;
  header[1] = payloadType;
  view.setUint16(2, index % 2 ** 16);
  view.setUint32(4, (index * samplesPerFrame) % 2 ** 32);
  view.setUint32(8, ssrc);
  return concat(header, payload);
};

/** Writes RTP and SRTP packets with AES-CM-128-HMAC-SHA1-80, of any index and as often as one likes. */
export interface SrtpWriter {
  clear(packet: WrittenPacket): Uint8Array;
  /** Encrypted, without any tag. */
  encrypted(packet: WrittenPacket): Uint8Array;
  /** As RFC 3711 wants it, but for what the packet says otherwise. */
  secured(packet: WrittenPacket): Uint8Array;
}

/** A writer for one direction's key. */
export const createSrtpWriter = (key: WriterKey): SrtpWriter => {
  const cipherKey = derived(key, 0, 16);
  const authenticationKey = derived(key, 1, 20);
  const salt = derived(key, 2, 14);
  const rolloverOf = ({ index, rollover }: WrittenPacket): number =>
    rollover ?? Math.floor(index / 2 ** 16);
  const encrypted = (packet: WrittenPacket): Uint8Array => {
    const counter = concat(salt, new Uint8Array(2));
    const view = new DataView(counter.buffer);
    view.setUint32(4, view.getUint32(4) ^ packet.ssrc);
    view.setUint32(8, view.getUint32(8) ^ rolloverOf(packet));
    view.setUint16(12, view.getUint16(12) ^ (packet.index % 2 ** 16));
    const clear = clearPacket(packet);
    return concat(clear.subarray(0, 12), counterMode(cipherKey, counter, clear.subarray(12)));
  };
  return {
    clear: clearPacket,
    encrypted,
    secured(packet) {
      const body = encrypted(packet);
      const rollover = new Uint8Array(4);
      new DataView(rollover.buffer).setUint32(0, rolloverOf(packet));
      const tag = createHmac('sha1', authenticationKey).update(body).update(rollover).digest();
      return concat(body, new Uint8Array(tag.subarray(0, tagLength)));
    },
  };
};

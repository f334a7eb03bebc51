import { concat } from '../../../reference/core/bytes.ts';
import { ok, type Fault, type Result } from '../../../reference/core/result.ts';
import { packetLength, parsePacket, type Packet } from './packet.ts';

/** Cuts a byte stream into packets, however it arrives. */
export interface PacketReader {
  /** Packets completed by these bytes. After a fault the stream is lost: every further call gives the same fault. */
  push(bytes: Uint8Array): Result<readonly Packet[]>;
}

/** A reader; `hasChecksum` is asked for every packet, since it changes when the versions are agreed. */
export const createPacketReader = (hasChecksum: () => boolean): PacketReader => {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let needed = 24;
  let failure: { readonly ok: false; readonly error: Fault } | null = null;
  const take = (): Result<Packet | null> => {
    if (held < needed) return ok(null);
    const bytes = concat(...chunks);
    chunks = [bytes];
    const length = packetLength(bytes);
    if (!length.ok) return length;
    needed = length.value ?? 24;
    if (length.value === null || bytes.length < length.value) return ok(null);
    const packet = parsePacket(bytes.subarray(0, length.value), hasChecksum());
    chunks = [bytes.subarray(length.value)];
    held = bytes.length - length.value;
    needed = 24;
    return packet;
  };
  return {
    push(bytes) {
      if (failure) return failure;
      chunks.push(bytes);
      held += bytes.length;
      const packets: Packet[] = [];
      for (;;) {
        const packet = take();
        if (!packet.ok) {
          failure = packet;
          return packet;
        }
        if (packet.value === null) return ok(packets);
        packets.push(packet.value);
      }
    },
  };
};

import { ok, fault, type Result } from '../../../reference/core/result.ts';
import { findInterface, type NetworkInterface } from './interfaces.ts';
import { faultOfErrno, loadLibc, type CaptureFault, type Libc } from './libc.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_PROMISC = 1;
const PACKET_STATISTICS = 6;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_OUTGOING = 4;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;

/** Bytes kept of one packet; loopback segments of up to 64 KB fit whole. */
export const snapLength = 131_072;
const batch = 64;
const receiveBuffer = 64 * 1024 * 1024;
const headerLength = 64;
const controlLength = 64;
const addressLength = 20;

/** One packet as the kernel gave it; `bytes` is only valid until the next read. */
export interface RawPacket {
  /** Nanoseconds since 1970, by the kernel's clock. */
  readonly at: bigint;
  readonly bytes: Uint8Array;
  /** Length on the wire, in bytes; more than `bytes` holds when the packet was cut. */
  readonly length: number;
}

/** A packet socket bound to one interface. Not for a busy thread: see capture-worker.ts. */
export interface RawSocket {
  /** Waits for packets at most so many milliseconds; false when none came. */
  wait(milliseconds: number): boolean;
  /** The packets that are there now, at most one batch. */
  read(): Result<readonly RawPacket[], CaptureFault>;
  /** Packets that the kernel dropped for want of room since the last call. */
  drops(): number;
  close(): void;
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** A packet_mreq that asks for every packet of an interface, also those for others. */
const everyPacketOf = (index: number): Buffer => {
  const request = Buffer.alloc(16);
  request.writeInt32LE(index, 0);
  request.writeUInt16LE(PACKET_MR_PROMISC, 4);
  return request;
};

const configure = (
  libc: Libc,
  socket: number,
  { index, loopback }: Pick<NetworkInterface, 'index' | 'loopback'>,
): void => {
  const size = int32(receiveBuffer);
  if (libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) {
    libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, size, 4);
  }
  libc.setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, int32(1), 4);
  // A loopback packet is seen going out and coming in; where the kernel is too old for this option the reader skips one.
  if (loopback) libc.setsockopt(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1), 4);
  // A bridge shows what it only passes on to those who ask for everything.
  else libc.setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, everyPacketOf(index), 16);
};

/** Opens a packet socket on an interface (see packet(7)). */
export const openRawSocket = (name: string): Result<RawSocket, CaptureFault> => {
  const libc = loadLibc();
  if (!libc.ok) return libc;
  const found = findInterface(libc.value, name);
  if (!found.ok) return found;
  if (!found.value.up) {
    return fault('interface-down', -1, `${name} is down; bring it up first`);
  }
  // Protocol 0 receives nothing until bind names the interface, so no other interface's packet slips in.
  const socket = libc.value.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket < 0) return faultOfErrno(libc.value, 'socket(AF_PACKET)');
  configure(libc.value, socket, found.value);
  const address = Buffer.alloc(addressLength);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(found.value.index, 4);
  if (libc.value.bind(socket, address, addressLength) < 0) {
    const refused = faultOfErrno(libc.value, `bind to ${name}`);
    libc.value.close(socket);
    return refused;
  }
  return ok(socketOf(libc.value, socket, found.value.loopback));
};

/** Whether this process may open packet sockets; opens and closes one, bound to nothing. */
export const probeRawSocket = (): Result<string, CaptureFault> => {
  const libc = loadLibc();
  if (!libc.ok) return libc;
  const socket = libc.value.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket < 0) return faultOfErrno(libc.value, 'socket(AF_PACKET)');
  libc.value.close(socket);
  return ok('packet socket');
};

const socketOf = (libc: Libc, socket: number, loopback: boolean): RawSocket => {
  const reader = batchReader(libc);
  const pollDescriptor = Buffer.alloc(8);
  pollDescriptor.writeInt32LE(socket, 0);
  pollDescriptor.writeInt16LE(POLLIN, 4);
  return {
    wait: (milliseconds) => libc.poll(pollDescriptor, 1, milliseconds) > 0,
    read: () => reader(socket, loopback),
    drops: () => {
      const statistics = Buffer.alloc(8);
      libc.getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, statistics, int32(8));
      return statistics.readUInt32LE(4);
    },
    close: () => {
      libc.close(socket);
    },
  };
};

type BatchReader = (
  socket: number,
  skipOutgoing: boolean,
) => Result<readonly RawPacket[], CaptureFault>;

interface Region {
  readonly bytes: Buffer;
  readonly at: bigint;
}
type Regions = [data: Region, addresses: Region, controls: Region, slices: Region, vector: Region];

/** Lays out the mmsghdr vector of recvmmsg(2) once; each read refills it. */
const batchReader = (libc: Libc): BatchReader => {
  // One allocation, so that no part of what the kernel is pointed at can be collected while another is in use.
  const sizes = [snapLength, addressLength, controlLength, 16, headerLength].map(
    (size) => size * batch,
  );
  const memory = Buffer.alloc(sizes.reduce((sum, size) => sum + size));
  const base = libc.addressOf(memory);
  const region = (index: number): { bytes: Buffer; at: bigint } => {
    const from = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
    return { bytes: memory.subarray(from, from + (sizes[index] ?? 0)), at: base + BigInt(from) };
  };
  const [data, addresses, controls, slices, vector] = [0, 1, 2, 3, 4].map(region) as Regions;
  for (let slot = 0; slot < batch; slot++) {
    slices.bytes.writeBigUInt64LE(data.at + BigInt(slot * snapLength), slot * 16);
    slices.bytes.writeBigUInt64LE(BigInt(snapLength), slot * 16 + 8);
    const header = slot * headerLength;
    vector.bytes.writeBigUInt64LE(addresses.at + BigInt(slot * addressLength), header);
    vector.bytes.writeBigUInt64LE(slices.at + BigInt(slot * 16), header + 16);
    vector.bytes.writeBigUInt64LE(1n, header + 24);
    vector.bytes.writeBigUInt64LE(controls.at + BigInt(slot * controlLength), header + 32);
  }
  const rearm = (): void => {
    for (let slot = 0; slot < batch; slot++) {
      vector.bytes.writeUInt32LE(addressLength, slot * headerLength + 8);
      vector.bytes.writeBigUInt64LE(BigInt(controlLength), slot * headerLength + 40);
    }
  };
  const packetOf = (slot: number): RawPacket => {
    const length = vector.bytes.readUInt32LE(slot * headerLength + 56);
    const from = slot * snapLength;
    return {
      at: timestampOf(controls.bytes.subarray(slot * controlLength, (slot + 1) * controlLength)),
      bytes: data.bytes.subarray(from, from + Math.min(length, snapLength)),
      length,
    };
  };
  return (socket, skipOutgoing) => {
    rearm();
    const count = libc.recvmmsg(socket, vector.bytes, batch, MSG_DONTWAIT | MSG_TRUNC, null);
    if (count < 0) return nothingOrFault(libc);
    const slots = Array.from({ length: count }, (_, slot) => slot).filter(
      (slot) => !skipOutgoing || addresses.bytes[slot * addressLength + 10] !== PACKET_OUTGOING,
    );
    return ok(slots.map(packetOf));
  };
};

const EAGAIN = 11;
const EINTR = 4;

const nothingOrFault = (libc: Libc): Result<readonly RawPacket[], CaptureFault> => {
  const errno = libc.errno();
  return errno === EAGAIN || errno === EINTR ? ok([]) : faultOfErrno(libc, 'recvmmsg');
};

/** Reads the SCM_TIMESTAMPNS control message (cmsg(3)); 0 when the kernel gave none. */
const timestampOf = (control: Buffer): bigint => {
  const isTimestamp =
    control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SO_TIMESTAMPNS;
  return isTimestamp
    ? control.readBigInt64LE(16) * 1_000_000_000n + control.readBigInt64LE(24)
    : 0n;
};

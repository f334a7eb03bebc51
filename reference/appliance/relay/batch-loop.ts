import { isIPv6 } from 'node:net';
import {
  readSocketAddress,
  socketAddressLength,
  socketAddressPort,
  writeSocketAddress,
} from './address.ts';
import type { BatchControl } from './batch-protocol.ts';
import {
  createDatagramVector,
  newTarget,
  vectorLength,
  type DatagramVector,
} from './datagram-vector.ts';
import type { Libc } from './libc.ts';
import {
  components,
  createRelaySession,
  otherSide,
  sides,
  type Component,
  type RelayDecision,
  type RelayRange,
  type RelaySession,
  type Side,
} from './session.ts';

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const POLLIN = 1;

/** Sockets served in one turn. */
const eventCount = 512;

/** Milliseconds: a process that ends waits as long for this thread. */
const longestWait = 200;

/** Milliseconds that datagrams gather before the next turn, so that one system call tells of many sockets; a tenth of a frame. */
const gatheringTime = 2;

/** `struct epoll_event` is packed on x86-64 alone. */
const eventLength = process.arch === 'x64' ? 12 : 16;
const eventDataAt = eventLength - 8;

/** One socket of a call, with what its last datagram led to: the next is mostly like it. */
interface RelaySocket {
  readonly descriptor: number;
  readonly out: number;
  readonly session: RelaySession;
  readonly side: Side;
  readonly component: Component;
  /** Socket address of the last source, and what it reads as. */
  readonly source: Uint8Array;
  address: string;
  port: number;
  decision: RelayDecision | null;
  /** Socket address of the last decision. */
  readonly target: Uint8Array;
  readonly notSent: (length: number) => void;
}

const newSocket = (
  session: RelaySession,
  side: Side,
  component: Component,
  descriptor: number,
  out: number,
): RelaySocket => ({
  descriptor,
  out,
  session,
  side,
  component,
  source: new Uint8Array(socketAddressLength),
  address: '',
  port: 0,
  decision: null,
  target: newTarget(),
  notSent: (length) => session.notSent(side, length),
});

/** Where the address lies in a socket address; before it the port and, in IPv6, the flow label, which may change. */
interface AddressBytes {
  readonly from: number;
  readonly to: number;
}

const sameSource = (
  memory: Uint8Array,
  at: number,
  source: Uint8Array,
  { from, to }: AddressBytes,
): boolean => {
  for (let index = from; index < to; index += 1)
    if (memory[at + index] !== source[index]) return false;
  return memory[at + 2] === source[2] && memory[at + 3] === source[3];
};

const noteSource = (socket: RelaySocket, memory: Uint8Array, at: number): void => {
  socket.source.set(memory.subarray(at, at + socketAddressLength));
  socket.address = readSocketAddress(memory, at);
  socket.port = socketAddressPort(memory, at);
};

/** Sends on what was received from a socket. */
const relay = (
  socket: RelaySocket,
  count: number,
  datagrams: DatagramVector,
  bytes: AddressBytes,
): void => {
  for (let slot = 0; slot < count; slot += 1) {
    const at = datagrams.sourceAt(slot);
    if (!sameSource(datagrams.memory, at, socket.source, bytes))
      noteSource(socket, datagrams.memory, at);
    const { side, component, address, port } = socket;
    const length = datagrams.length(slot);
    const decision = socket.session.receive(side, component, address, port, length);
    if (decision.kind === 'drop') continue;
    if (decision !== socket.decision) {
      writeSocketAddress(socket.target, decision.to.address, decision.to.port);
      socket.decision = decision;
    }
    datagrams.add(slot, socket.target);
  }
  datagrams.send(socket.out, socket.notSent);
};

interface JoinedCall {
  readonly session: RelaySession;
  readonly descriptors: readonly number[];
}

/** Which sockets there are, by call and by descriptor, all known to one epoll instance. */
const createRoster = (libc: Libc, range: RelayRange, epoll: number) => {
  const calls = new Map<number, JoinedCall>();
  const byDescriptor: (RelaySocket | undefined)[] = [];
  const event = new Uint8Array(eventLength);
  const view = new DataView(event.buffer);
  const watch = (descriptor: number): void => {
    view.setUint32(0, EPOLLIN, true);
    view.setUint32(eventDataAt, descriptor, true);
    if (libc.epollControl(epoll, EPOLL_CTL_ADD, descriptor, event) < 0)
      throw new Error(`epoll_ctl refused descriptor ${descriptor}`);
  };
  const join = ({ call, sockets, figures }: Extract<BatchControl, { kind: 'join' }>): void => {
    const session = createRelaySession(range, figures);
    const descriptors: number[] = [];
    calls.set(call, { session, descriptors });
    for (const side of sides)
      for (const component of components) {
        const descriptor = sockets[side][component];
        const out = sockets[otherSide(side)][component];
        descriptors.push(descriptor);
        byDescriptor[descriptor] = newSocket(session, side, component, descriptor, out);
        watch(descriptor);
      }
  };
  const leave = (call: number): void => {
    for (const descriptor of calls.get(call)?.descriptors ?? []) {
      libc.epollControl(epoll, EPOLL_CTL_DEL, descriptor, event);
      libc.close(descriptor);
      byDescriptor[descriptor] = undefined;
    }
    calls.delete(call);
  };
  return {
    watch,
    join,
    leave,
    sessionOf: (call: number) => calls.get(call)?.session,
    socketOf: (descriptor: number) => byDescriptor[descriptor],
    leaveAll: () => {
      for (const call of calls.keys()) leave(call);
    },
  };
};

/** Orders for the thread, as it fetches them. */
export interface BatchOrders {
  /** Counts the orders given. */
  readonly given: Int32Array;
  fetch(): BatchControl | undefined;
  /** Called once a call's sockets are closed. */
  left(call: number): void;
}

/** Carries out what was ordered since the last time; false once the order is to stop. */
const createForeman = (roster: ReturnType<typeof createRoster>, orders: BatchOrders) => {
  let seen = -1;
  let isWorking = true;
  const carryOut = (order: BatchControl): void => {
    switch (order.kind) {
      case 'join':
        return roster.join(order);
      case 'phone':
        return roster.sessionOf(order.call)?.setPhone(order.side, order.address, order.port);
      case 'moved':
        return roster.sessionOf(order.call)?.moved(order.side, order.address);
      case 'leave':
        roster.leave(order.call);
        return orders.left(order.call);
      case 'stop':
        isWorking = false;
        return undefined;
    }
  };
  return (): boolean => {
    const given = Atomics.load(orders.given, 0);
    if (given === seen) return isWorking;
    seen = given;
    for (let order = orders.fetch(); order; order = orders.fetch()) carryOut(order);
    return isWorking;
  };
};

/** The kernel's part of waiting. What it is pointed at by number stays referenced from the functions given back. */
const createWaiting = (libc: Libc, epoll: number, wake: number) => {
  const events = new DataView(new ArrayBuffer(eventLength * eventCount));
  const eventsAt = libc.addressOf(new Uint8Array(events.buffer));
  // struct pollfd of the wake descriptor alone: to gather is to wait for nothing else.
  const gathering = new Uint8Array(8);
  new DataView(gathering.buffer).setInt32(0, wake, true);
  new DataView(gathering.buffer).setInt16(4, POLLIN, true);
  const wakeCount = new Uint8Array(8);
  return {
    /** How many descriptors are ready. */
    forEvents: (): number => libc.epollWait(epoll, eventsAt, eventCount, longestWait),
    descriptor: (index: number): number =>
      events.getUint32(index * eventLength + eventDataAt, true),
    toGather: (): void => {
      libc.poll(gathering, 1, gatheringTime);
    },
    woken: (): void => {
      libc.read(wake, wakeCount, 8);
    },
  };
};

/** Relays until the order to stop, then closes every socket. Waits in the kernel: nothing else runs in its thread. */
export const runBatchLoop = (
  libc: Libc,
  range: RelayRange,
  wake: number,
  orders: BatchOrders,
): void => {
  const epoll = libc.epollCreate(EPOLL_CLOEXEC);
  if (epoll < 0) throw new Error('epoll_create1 failed; raise the limit of open files');
  const roster = createRoster(libc, range, epoll);
  const waiting = createWaiting(libc, epoll, wake);
  const isVersion6 = isIPv6(range.host);
  const bytes = isVersion6 ? { from: 8, to: 24 } : { from: 4, to: 8 };
  const datagrams = createDatagramVector(libc, isVersion6 ? socketAddressLength : 16);
  const obey = createForeman(roster, orders);
  /** True when the socket may have more. */
  const serve = (descriptor: number): boolean => {
    const socket = roster.socketOf(descriptor);
    if (!socket) return false;
    const count = datagrams.receive(descriptor);
    // An order given before a datagram was sent holds for that datagram; the call may be gone by it.
    obey();
    if (roster.socketOf(descriptor) === socket) relay(socket, count, datagrams, bytes);
    return count === vectorLength;
  };
  try {
    roster.watch(wake);
    while (obey()) {
      const count = waiting.forEvents();
      let isBusy = count === eventCount;
      for (let index = 0; index < count; index += 1) {
        const descriptor = waiting.descriptor(index);
        if (descriptor === wake) waiting.woken();
        isBusy = serve(descriptor) || isBusy;
      }
      if (count > 0 && !isBusy) waiting.toGather();
    }
  } finally {
    roster.leaveAll();
    libc.close(epoll);
  }
};

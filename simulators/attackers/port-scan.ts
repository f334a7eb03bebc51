import { createSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { utf8 } from '../../reference/core/bytes.ts';
import { errorCode } from './endpoint.ts';

/** What to look for at an address. */
export interface ScanOrder {
  readonly address: string;
  /** TCP ports: every one there is, or these. */
  readonly tcp: 'all' | readonly number[];
  readonly udp: readonly number[];
  /** Milliseconds without an answer after which a port counts as silent. */
  readonly patience: number;
}

/** What was found; plain data. */
export interface ScanResult {
  readonly address: string;
  readonly tcp: {
    readonly scanned: number;
    /** Ports that accepted a connection. */
    readonly open: readonly number[];
    /** How many refused one, and from how many nothing came. */
    readonly refused: number;
    readonly silent: number;
    /** Ports that could not be tried from here, such as for want of sockets. */
    readonly untried: number;
  };
  readonly udp: {
    readonly scanned: number;
    /**
     * Ports from which anything came back. Silence tells nothing: a service that takes only its own protocol's messages is
     * silent too.
     */
    readonly answered: readonly number[];
  };
}

const mostPorts = 65_535;

/** Connections that begin at once. */
const usualBatch = 16_384;
const leastBatch = 64;

/** The codes by which a host or network says that nothing takes connections there. */
const refusals = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM'];

type PortState = 'open' | 'refused' | 'silent' | 'untried';

const tryBatch = async (
  host: string,
  ports: readonly number[],
  patience: number,
): Promise<ReadonlyMap<number, PortState>> => {
  const states = new Map<number, PortState>();
  const sockets: Socket[] = [];
  const settled = Promise.withResolvers<void>();
  const settle = (port: number, state: PortState): void => {
    states.set(port, state);
    if (states.size === ports.length) settled.resolve();
  };
  for (const port of ports) {
    const socket = connect({ host, port });
    socket.on('connect', () => {
      settle(port, 'open');
      socket.destroy();
    });
    socket.on('error', (error) =>
      settle(port, refusals.includes(errorCode(error)) ? 'refused' : 'untried'),
    );
    sockets.push(socket);
  }
  await Promise.race([settled.promise, delay(patience, undefined, { ref: false })]);
  // What came while this process was busy is still to be read.
  for (let round = 0; round < 2; round += 1) await turn();
  for (const socket of sockets) socket.destroy();
  for (const port of ports) if (!states.has(port)) states.set(port, 'silent');
  return states;
};

/** Ports that could not be tried are tried again in smaller batches. */
const tryAll = async (
  host: string,
  ports: readonly number[],
  patience: number,
): Promise<ReadonlyMap<number, PortState>> => {
  const states = new Map<number, PortState>();
  let left = ports;
  for (let batch = usualBatch; left.length > 0 && batch >= leastBatch; batch /= 8) {
    for (let from = 0; from < left.length; from += batch) {
      const found = await tryBatch(host, left.slice(from, from + batch), patience);
      for (const [port, state] of found) states.set(port, state);
    }
    left = left.filter((port) => states.get(port) === 'untried');
  }
  return states;
};

/** A STUN binding request (RFC 8489 section 5), a DNS query of the root's servers (RFC 1035 section 4.1), a SIP OPTIONS (RFC 3261 section 11). */
const probes: readonly Uint8Array[] = [
  Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1),
  utf8(
    [
      'OPTIONS sip:scan SIP/2.0',
      'Via: SIP/2.0/UDP scan;branch=z9hG4bKscan;rport',
      'Max-Forwards: 70',
      'From: <sip:scan>;tag=scan',
      'To: <sip:scan>',
      'Call-ID: scan',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  ),
];

const echoing = async (
  host: string,
  ports: readonly number[],
  patience: number,
): Promise<readonly number[]> => {
  if (ports.length === 0) return [];
  const socket = createSocket(isIPv6(host.split('%')[0] ?? '') ? 'udp6' : 'udp4');
  const heard = new Set<number>();
  socket.on('message', (_bytes, from) => heard.add(from.port));
  // An unreachable host or port is silence.
  socket.on('error', () => undefined);
  for (const port of ports)
    for (const probe of probes) socket.send(probe, port, host, () => undefined);
  await delay(patience);
  await turn();
  socket.close();
  return ports.filter((port) => heard.has(port));
};

const count = (states: ReadonlyMap<number, PortState>, state: PortState): number =>
  [...states.values()].filter((each) => each === state).length;

/** Connects to TCP ports and probes UDP ports of one address. Never rejects; bounded by the patience for each batch of ports. */
export const scanPorts = async (order: ScanOrder): Promise<ScanResult> => {
  const { address, patience } = order;
  const tcp =
    order.tcp === 'all' ? Array.from({ length: mostPorts }, (_, index) => index + 1) : order.tcp;
  const answered = await echoing(address, order.udp, patience);
  const states = await tryAll(address, tcp, patience);
  const open = tcp.filter((port) => states.get(port) === 'open');
  return {
    address,
    tcp: {
      scanned: tcp.length,
      open,
      refused: count(states, 'refused'),
      silent: count(states, 'silent'),
      untried: count(states, 'untried'),
    },
    udp: { scanned: order.udp.length, answered },
  };
};

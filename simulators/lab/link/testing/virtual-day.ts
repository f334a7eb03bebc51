import { toHex, utf8 } from '../../../../reference/core/bytes.ts';
import { createReconnection } from '../../../../reference/core/sip/user-agent/reconnection.ts';
import {
  createRegistrarProxy,
  type RegistrarProxyInput,
} from '../../../../reference/core/sip/proxy/registrar-proxy.ts';
import {
  createUserAgent,
  type UserAgentEvent,
  type UserAgentInput,
} from '../../../../reference/core/sip/user-agent/user-agent.ts';
import type { Link } from '../../topology/schema.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { openVirtualConnection, type VirtualConnection } from '../virtual-connection.ts';
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts';

/** A mobile network on a bad day. */
const link: Link = {
  up: { rate: 64_000, delay: 60, jitter: 40, loss: 0.03 },
  down: { rate: 256_000, delay: 60, jitter: 40, loss: 0.03 },
};

const second = 1_000;
const hour = 3600 * second;

/** What a day left. */
export interface VirtualDay {
  /** What happened, line by line. */
  readonly log: readonly string[];
  /** Transactions and calls that the proxy holds at the end. */
  readonly held: number;
  /** Messages carried. */
  readonly messages: number;
}

/** Calls `ring` at the newest time asked for. */
const createAlarm = (time: VirtualTime, ring: () => void) => {
  let newest = 0;
  return (at: number): void => {
    const own = (newest += 1);
    time.at(at, () => (own === newest ? ring() : undefined));
  };
};

interface Proxy {
  give(input: RegistrarProxyInput): void;
  attach(connection: string, open: VirtualConnection): void;
  held(): number;
}

/** What all parts of the day share. */
interface World {
  readonly time: VirtualTime;
  readonly token: () => string;
  readonly uniform: () => number;
  readonly note: (who: string, what: string) => void;
  readonly count: () => void;
}

const createWorld = (seed: number) => {
  const random = createSeededRandom(seed);
  const time = createVirtualTime(hour);
  const log: string[] = [];
  let messages = 0;
  const world: World = {
    time,
    token: () => toHex(random.bytes(12)),
    uniform: () => random.below(2 ** 20) / 2 ** 20,
    note: (who, what) => void log.push(`${time.now().toFixed(3)} ${who} ${what}`),
    count: () => void (messages += 1),
  };
  return { world, log, messages: () => messages, random };
};

const startProxy = ({ time, token, note, count }: World): Proxy => {
  const connections = new Map<string, VirtualConnection>();
  const core = createRegistrarProxy({
    domains: ['example.com'],
    host: '203.0.113.10',
    port: 5061,
    random: token,
  });
  const wake = createAlarm(time, () => give({ kind: 'tick' }));
  const give = (input: RegistrarProxyInput): void => {
    if (input.kind === 'connection-closed') connections.delete(input.connection);
    for (const output of core.handle(input, time.now())) {
      if (output.kind === 'send') {
        count();
        connections.get(output.connection)?.far.send(output.bytes);
      } else if (output.kind === 'wake') wake(output.at);
      else if (output.kind === 'close') connections.get(output.connection)?.far.close();
      else note('proxy', JSON.stringify(output));
    }
  };
  return {
    give,
    attach: (connection, open) => void connections.set(connection, open),
    held: () => core.holdings().transactions + core.holdings().calls,
  };
};

/** The signalling of a phone: what a phone's adapter does, with a virtual connection for TLS. */
const startPhone = (world: World, proxy: Proxy, number: string, address: string) => {
  const { time, token, uniform, note, count } = world;
  const contactAt = (port: number) => `sip:${number}@${address}:${port};transport=tls`;
  const agent = createUserAgent({
    number,
    domain: 'example.com',
    contact: contactAt(40_000),
    random: token,
  });
  const staying = createReconnection({ uniform });
  let open: VirtualConnection | null = null;
  let port = 40_000;

  const connect = (): void => {
    const name = `${number}#${(port += 1)}`;
    const peer = { commonName: number, address, port };
    const seed = Math.floor(uniform() * 2 ** 20);
    const connection = openVirtualConnection(
      time,
      { ...link, seed },
      {
        host: {
          received: (message) => input({ kind: 'message', message }),
          closed: () => {
            open = null;
            note(number, 'connection lost');
            const wasRegistered = agent.registered();
            input({ kind: 'connection-down' });
            stay({ kind: wasRegistered ? 'lost' : 'failed' });
          },
        },
        far: {
          received: (message) => proxy.give({ kind: 'message', connection: name, peer, message }),
          closed: () => proxy.give({ kind: 'connection-closed', connection: name }),
        },
      },
    );
    open = connection;
    proxy.attach(name, connection);
    input({ kind: 'connection-up', contact: contactAt(port) });
  };

  const wakeStaying = createAlarm(time, () => stay({ kind: 'tick' }));
  const stay = (given: Parameters<typeof staying.handle>[0]): void => {
    for (const output of staying.handle(given, time.now())) {
      if (output.kind === 'wake') wakeStaying(output.at);
      else {
        if (open === null) connect();
        input({ kind: 'register' });
      }
    }
  };

  const follow = (event: UserAgentEvent): void => {
    note(number, 'callId' in event ? `${event.kind} ${event.callId}` : JSON.stringify(event));
    if (event.kind === 'registered') stay({ kind: 'registered' });
    else if (event.kind === 'registration-failed' && open !== null) stay({ kind: 'failed' });
    else if (event.kind === 'incoming-invite') {
      input({ kind: 'ring' });
      time.at(time.now() + 2 * second, () => input({ kind: 'accept', body: utf8('v=0\r\n') }));
    } else if (event.kind === 'answered') {
      input({ kind: 'acknowledge' });
      time.at(time.now() + 60 * second, () => input({ kind: 'hang-up' }));
    }
  };
  const wake = createAlarm(time, () => input({ kind: 'tick' }));
  const input = (given: UserAgentInput): void => {
    for (const output of agent.handle(given, time.now())) {
      if (output.kind === 'send') {
        count();
        open?.host.send(output.bytes);
      } else if (output.kind === 'wake') wake(output.at);
      else follow(output);
    }
  };
  return {
    number,
    input,
    begin(): void {
      connect();
      stay({ kind: 'attempting' });
      input({ kind: 'register' });
    },
    cut: () => open?.cut(),
  };
};

/** Two phones and a proxy for so many hours: registered all the time, a call each hour, and so many connections cut at random moments. */
export const runVirtualDay = (seed: number, hours: number, cuts: number): VirtualDay => {
  const { world, log, messages, random } = createWorld(seed);
  const { time } = world;
  const proxy = startProxy(world);
  const phones = [
    startPhone(world, proxy, '+33612345678', '198.51.100.1'),
    startPhone(world, proxy, '+33687654321', '198.51.100.2'),
  ];
  const start = time.now();
  for (const phone of phones) phone.begin();
  for (let at = 0; at < hours; at += 1) {
    const caller = phones[at % 2];
    const callee = phones[(at + 1) % 2];
    if (caller === undefined || callee === undefined) throw new Error('two phones');
    time.at(start + (at + 0.5) * hour, () =>
      caller.input({ kind: 'invite', number: callee.number, body: utf8('v=0\r\n') }),
    );
  }
  for (let cut = 0; cut < cuts; cut += 1) {
    const phone = phones[random.below(2)];
    time.at(start + random.below(hours * hour), () => phone?.cut());
  }
  // Ten minutes more, for the last call and its transactions.
  time.runUntil(start + hours * hour + 600 * second);
  return { log, held: proxy.held(), messages: messages() };
};

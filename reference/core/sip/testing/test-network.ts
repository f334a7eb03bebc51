import { latin1 } from '../../bytes.ts';
import { createFramer, type Framer } from '../message/framer.ts';
import { parseMessage, serialize, type SipMessage } from '../message/message.ts';
import {
  createRegistrarProxy,
  type Peer,
  type RegistrarProxyConfig,
  type RegistrarProxyInput,
  type RegistrarProxyOutput,
} from '../proxy/registrar-proxy.ts';
import {
  createUserAgent,
  type UserAgentConfig,
  type UserAgentEvent,
  type UserAgentInput,
  type UserAgentOutput,
} from '../user-agent/user-agent.ts';

/** A message on its way, as a filter sees it. */
export interface Hop {
  /** The phone's name. */
  readonly phone: string;
  readonly direction: 'to-proxy' | 'to-phone';
  readonly message: SipMessage;
}

/** Changes or drops (undefined) a message on its way. */
export type Filter = (hop: Hop) => SipMessage | undefined;

export interface TestPhone {
  readonly events: UserAgentEvent[];
  /** Sends a command at the network's present time and lets everything due follow for 50 ms. */
  command(input: UserAgentInput): void;
  /** Gives an input and lets no time pass. */
  input(input: UserAgentInput): void;
  connect(): void;
  disconnect(): void;
  /** Sends bytes past the user agent. */
  sendRaw(message: SipMessage | Uint8Array): void;
  last(): UserAgentEvent | undefined;
  kinds(): readonly string[];
}

export interface TestNetwork {
  readonly log: Hop[];
  readonly proxyOutputs: RegistrarProxyOutput[];
  phone(
    number: string,
    options?: Partial<UserAgentConfig> & { readonly commonName?: string },
  ): TestPhone;
  proxyInput(input: RegistrarProxyInput): void;
  filter(filter: Filter | undefined): void;
  /** Lets time pass, milliseconds. */
  pass(duration: number): void;
  now(): number;
  locations(): readonly string[];
  /** BYEs and CANCELs of the proxy that await their answer. */
  farewells(): number;
}

interface Task {
  readonly at: number;
  readonly run: () => void;
}

const LATENCY = 1;

const createClock = () => {
  let now = 1_000_000;
  let tasks: Task[] = [];
  const after = (delay: number, run: () => void): void => {
    tasks.push({ at: Math.max(now, now + delay), run });
    tasks.sort((left, right) => left.at - right.at);
  };
  const pass = (duration: number): void => {
    const end = now + duration;
    for (let first = tasks[0]; first !== undefined && first.at <= end; first = tasks[0]) {
      tasks = tasks.slice(1);
      now = first.at;
      first.run();
    }
    now = end;
  };
  /** One wake-up at a time: the newest replaces those before. */
  const alarm = (ring: () => void) => {
    let newest = 0;
    return (at: number): void => {
      const own = (newest += 1);
      after(at - now, () => {
        if (own === newest) ring();
      });
    };
  };
  return { after, alarm, pass, now: () => now };
};

/** User agents and one proxy in memory, with virtual time; every stream is cut into single bytes and framed again. */
export const createTestNetwork = (options: Partial<RegistrarProxyConfig> = {}): TestNetwork => {
  const clock = createClock();
  let counter = 0;
  const random = (): string => `t${(counter += 1).toString().padStart(6, '0')}`;
  const proxy = createRegistrarProxy({
    domains: ['example.com', '10.0.0.1'],
    host: '10.0.0.1',
    port: 5061,
    random,
    ...options,
  });
  const log: Hop[] = [];
  const proxyOutputs: RegistrarProxyOutput[] = [];
  const receivers = new Map<string, (bytes: Uint8Array) => void>();
  let filter: Filter | undefined;

  const carry = (
    hop: Omit<Hop, 'message'>,
    bytes: Uint8Array,
    arrive: (bytes: Uint8Array) => void,
  ) => {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(`${hop.phone} ${parsed.error.code}: ${latin1(bytes)}`);
    const passed = filter === undefined ? parsed.value : filter({ ...hop, message: parsed.value });
    if (passed === undefined) return;
    log.push({ ...hop, message: passed });
    clock.after(LATENCY, () => arrive(serialize(passed)));
  };

  const wakeProxy = clock.alarm(() => proxyInput({ kind: 'tick' }));
  const proxyInput = (input: RegistrarProxyInput): void => {
    for (const output of proxy.handle(input, clock.now())) {
      proxyOutputs.push(output);
      if (output.kind === 'send') receivers.get(output.connection)?.(output.bytes);
      if (output.kind === 'wake') wakeProxy(output.at);
    }
  };

  const feed = (framer: Framer, bytes: Uint8Array, take: (bytes: Uint8Array) => void): void => {
    for (const byte of bytes)
      for (const frame of framer.push(Uint8Array.of(byte)))
        if (frame.kind === 'message') take(frame.bytes);
  };

  const phone: TestNetwork['phone'] = (number, { commonName = number, ...config } = {}) => {
    const port = 40_000 + receivers.size;
    const host = `10.0.1.${receivers.size + 1}`;
    const agent = createUserAgent({
      number,
      domain: 'example.com',
      contact: `sip:${number}@${host}:${port};transport=tls`,
      random,
      ...config,
    });
    const events: UserAgentEvent[] = [];
    let connection = '';
    const peer: Peer = { commonName, address: host, port };
    const toProxy = (bytes: Uint8Array): void => {
      const own = connection;
      const framer = createFramer();
      carry({ phone: number, direction: 'to-proxy' }, bytes, (arrived) =>
        feed(framer, arrived, (message) => {
          if (receivers.has(own)) proxyInput({ kind: 'message', connection: own, peer, message });
        }),
      );
    };
    const wake = clock.alarm(() => input({ kind: 'tick' }));
    const follow = (outputs: readonly UserAgentOutput[]): void => {
      for (const output of outputs) {
        if (output.kind === 'send') toProxy(output.bytes);
        else if (output.kind === 'wake') wake(output.at);
        else events.push(output);
      }
    };
    const input = (given: UserAgentInput): void => follow(agent.handle(given, clock.now()));
    const connect = (): void => {
      const own = `${number}#${random()}`;
      connection = own;
      const framer = createFramer({ side: 'client' });
      receivers.set(own, (bytes) =>
        carry({ phone: number, direction: 'to-phone' }, bytes, (arrived) => {
          if (connection === own)
            feed(framer, arrived, (message) => input({ kind: 'message', message }));
        }),
      );
      input({ kind: 'connection-up' });
    };
    const disconnect = (): void => {
      const closed = connection;
      receivers.delete(closed);
      connection = '';
      input({ kind: 'connection-down' });
      proxyInput({ kind: 'connection-closed', connection: closed });
      clock.pass(50);
    };
    connect();
    return {
      events,
      input,
      connect,
      disconnect,
      command(given) {
        input(given);
        clock.pass(50);
      },
      sendRaw(message) {
        toProxy(message instanceof Uint8Array ? message : serialize(message));
        clock.pass(50);
      },
      last: () => events.at(-1),
      kinds: () => events.map(({ kind }) => kind),
    };
  };

  return {
    log,
    proxyOutputs,
    phone,
    proxyInput(input) {
      proxyInput(input);
      clock.pass(50);
    },
    filter(next) {
      filter = next;
    },
    pass: clock.pass,
    now: clock.now,
    locations: () => proxy.locations().map(({ number }) => number),
    farewells: () => proxy.farewells(),
  };
};

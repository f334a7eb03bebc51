import { parseMessage, type SipMessage } from '../../reference/core/sip/message/message.ts';
import { concat } from '../../reference/core/bytes.ts';
import { createApplicationReader } from './application.ts';
import type { CaptureProblemCode } from './capture-item.ts';
import { createClearDetector, type ClearLine } from './clear.ts';
import type {
  CarriedMessage,
  ClearTextFacts,
  GatherOptions,
  Service,
  SipMessageFacts,
  TlsSessionFacts,
} from './facts-model.ts';
import type { HttpMessage } from './http.ts';
import type { Tally } from './tally.ts';
import type { Direction, StreamHandler, TcpConnection, WireEndpoint } from './tcp-reassembly.ts';
import type { Side } from './tls/handshake-state.ts';
import type { KeyLog } from './tls/key-log.ts';
import { looksLikeTls } from './tls/records.ts';
import { createTlsSession, type TlsSession } from './tls/session.ts';
import type { TlsFacts } from './tls/tls-facts.ts';

/** What connections add to. */
export interface TcpFindings {
  readonly options: GatherOptions;
  readonly keyLog: KeyLog;
  readonly tally: Tally;
  /** Sessions in the order they began; each is asked for its facts at the end. */
  readonly sessions: (() => TlsSessionFacts)[];
  /** Certificates and groups as text, each once: most sessions have the same. */
  readonly texts: Map<string, string>;
  /** Bytes of decrypted messages kept so far. */
  messageBytes: number;
  /** Told when something is not kept because there is too much of it. */
  exceeded(code: CaptureProblemCode, detail: string): void;
  readonly sipMessages: SipMessageFacts[];
  readonly httpMessages: CarriedMessage<HttpMessage>[];
  readonly clear: (line: ClearLine, where: Omit<ClearTextFacts, 'line'>) => void;
}

/** Sessions whose facts are kept, and bytes of the messages decrypted from them. */
const MAX_SESSIONS = 20_000;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;

/** Which direction the client speaks in: the one that connected, or what the first bytes and the known ports say. */
const clientDirection = (
  connection: TcpConnection,
  direction: Direction,
  bytes: Uint8Array,
  options: GatherOptions,
): Direction => {
  if (connection.fromStart) return 0;
  const other = direction === 0 ? 1 : 0;
  if (bytes[0] === HANDSHAKE && bytes[5] === CLIENT_HELLO) return direction;
  if (bytes[0] === HANDSHAKE && bytes[5] === SERVER_HELLO) return other;
  const known = [...options.sipPorts, ...options.registrationPorts];
  return known.includes(connection.first.port) ? 1 : 0;
};

const serviceOf = (port: number, options: GatherOptions): Service => {
  if (options.sipPorts.includes(port)) return 'sip';
  return options.registrationPorts.includes(port) ? 'registration' : 'other';
};

/** Whether another message of so many bytes is kept. */
const hasRoom = (bytes: number, findings: TcpFindings): boolean => {
  findings.messageBytes += bytes + 1024;
  if (findings.messageBytes <= MAX_MESSAGE_BYTES) return true;
  findings.exceeded('limit-facts', 'more decrypted messages than are kept');
  return false;
};

const MAX_TEXTS = 10_000;

const shared = (text: string, { texts }: TcpFindings): string => {
  const known = texts.get(text);
  if (known === undefined && texts.size < MAX_TEXTS) texts.set(text, text);
  return known ?? text;
};

const sharingTexts = (facts: TlsFacts, findings: TcpFindings): TlsFacts => ({
  ...facts,
  serverChain: facts.serverChain.map((certificate) => shared(certificate, findings)),
  clientChain: facts.clientChain.map((certificate) => shared(certificate, findings)),
  dh: facts.dh && { ...facts.dh, prime: shared(facts.dh.prime, findings) },
});

/** Messages kept taken apart; further ones are again when they are looked at, which a long capture's are one at a time. */
const MAX_PARSED = 500;

const sipFacts = (
  parsed: CarriedMessage<SipMessage>,
  raw: Uint8Array,
  { sipMessages }: TcpFindings,
): SipMessageFacts => {
  if (sipMessages.length < MAX_PARSED) return { ...parsed, raw };
  const { at, from, to, session } = parsed;
  return {
    at,
    from,
    to,
    session,
    raw,
    get message() {
      const again = parseMessage(raw);
      if (!again.ok) throw new Error(`${again.error.code}: the same bytes were read before`);
      return again.value;
    },
  };
};

interface OpenTls {
  readonly session: TlsSession;
  readonly sideOf: (direction: Direction) => Side;
  end(): void;
}

const openTls = (
  connection: TcpConnection,
  client: Direction,
  findings: TcpFindings,
  notTls: (direction: Direction, bytes: Uint8Array, at: number) => void,
): OpenTls => {
  const [clientEnd, serverEnd] =
    client === 0 ? [connection.first, connection.second] : [connection.second, connection.first];
  const service = serviceOf(serverEnd.port, findings.options);
  const index = findings.sessions.length;
  const carried = <Message>(from: Side, at: number, message: Message): CarriedMessage<Message> => {
    const ends = from === 'client' ? [clientEnd, serverEnd] : [serverEnd, clientEnd];
    const [source, destination] = ends as [WireEndpoint, WireEndpoint];
    return { at, from: source, to: destination, session: index, message };
  };
  const application = createApplicationReader(service, {
    sip: (from, at, message: SipMessage, raw) => {
      if (hasRoom(raw.length, findings))
        findings.sipMessages.push(sipFacts(carried(from, at, message), raw, findings));
    },
    http: (from, at, message) => {
      if (hasRoom(message.body.length, findings))
        findings.httpMessages.push(carried(from, at, message));
    },
    unread: (from, _at, code) =>
      findings.tally.add(`tls application data: ${code}`, `session ${index}, from the ${from}`),
  });
  const sideOf = (direction: Direction): Side => (direction === client ? 'client' : 'server');
  const session = createTlsSession(
    findings.keyLog,
    {
      application: (side, bytes, at) => application.data(side, bytes, at),
      notTls: (side, bytes, at) => notTls(side === sideOf(0) ? 0 : 1, bytes, at),
    },
    connection.fromStart,
  );
  const { at, fromStart } = connection;
  const ends = { client: clientEnd, server: serverEnd, service, at, fromStart };
  const facts = (): TlsSessionFacts => ({ ...sharingTexts(session.facts(), findings), ...ends });
  const kept = index < MAX_SESSIONS;
  if (kept) findings.sessions.push(facts);
  else findings.exceeded('limit-facts', `more than ${MAX_SESSIONS} TLS sessions`);
  const end = (): void => {
    session.end();
    application.end();
    const told = facts();
    // The session's own state can go.
    if (kept) findings.sessions[index] = () => told;
  };
  return { session, sideOf, end };
};

type Mode = 'undecided' | 'tls' | 'clear';

/** Reads one TCP connection: each direction is TLS or clear by its first bytes. */
export const openConnection = (connection: TcpConnection, findings: TcpFindings): StreamHandler => {
  const modes: [Mode, Mode] = ['undecided', 'undecided'];
  const held: [Uint8Array, Uint8Array] = [new Uint8Array(), new Uint8Array()];
  const detectors = [createClearDetector(), createClearDetector()] as const;
  const lastAt: [number, number] = [connection.at, connection.at];
  let tls: OpenTls | null = null;
  let clearBytes = 0;
  let clearLines = 0;

  const endpoints = (direction: Direction): { from: WireEndpoint; to: WireEndpoint } =>
    direction === 0
      ? { from: connection.first, to: connection.second }
      : { from: connection.second, to: connection.first };
  const report = (direction: Direction, lines: readonly ClearLine[], at: number): void => {
    clearLines += lines.length;
    for (const line of lines) {
      findings.clear(line, { at, ...endpoints(direction), transport: 'tcp' });
    }
  };
  const inClear = (direction: Direction, bytes: Uint8Array, at: number): void => {
    clearBytes += bytes.length;
    report(direction, detectors[direction].push(bytes), at);
  };
  const decide = (direction: Direction, final: boolean): void => {
    const bytes = held[direction];
    const answer = looksLikeTls(bytes) ?? (final ? false : null);
    if (answer === null) return;
    modes[direction] = answer ? 'tls' : 'clear';
    if (answer) {
      tls ??= openTls(
        connection,
        clientDirection(connection, direction, bytes, findings.options),
        findings,
        inClear,
      );
    }
  };
  const deliver = (direction: Direction, bytes: Uint8Array, at: number): void => {
    if (modes[direction] === 'clear') inClear(direction, bytes, at);
    else if (tls) tls.session.data(tls.sideOf(direction), bytes, at);
  };

  return {
    data: (direction, bytes, at) => {
      lastAt[direction] = at;
      if (modes[direction] !== 'undecided') {
        deliver(direction, bytes, at);
        return;
      }
      held[direction] = held[direction].length === 0 ? bytes : concat(held[direction], bytes);
      decide(direction, false);
      if (modes[direction] !== 'undecided') deliver(direction, held[direction], at);
    },
    gap: (direction, length) => {
      findings.tally.add('tcp gap', `${length} bytes from ${nameOf(endpoints(direction).from)}`);
      if (tls && modes[direction] !== 'clear') tls.session.gap(tls.sideOf(direction));
    },
    conflict: (direction) => {
      const { from, to } = endpoints(direction);
      findings.tally.add('tcp overlap conflict', `${nameOf(from)} to ${nameOf(to)}`);
      if (tls) tls.session.conflict(tls.sideOf(direction));
    },
    end: () => {
      for (const direction of [0, 1] as const) {
        if (modes[direction] === 'undecided') {
          decide(direction, true);
          deliver(direction, held[direction], lastAt[direction]);
        }
        report(direction, detectors[direction].end(), lastAt[direction]);
      }
      tls?.end();
      const name = `${nameOf(connection.first)} to ${nameOf(connection.second)}`;
      if (clearBytes > 0 && clearLines === 0 && !tls)
        findings.tally.add('tcp stream of unknown content', name);
      if (clearBytes === 0 && !tls) findings.tally.add('tcp connection without data', name);
    },
  };
};

/** An endpoint as text. */
export const nameOf = ({ host, port }: WireEndpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

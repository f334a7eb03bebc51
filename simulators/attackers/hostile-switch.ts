import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { createFramer, PONG } from '../../reference/core/sip/message/framer.ts';
import {
  header,
  parseMessage,
  serialize,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import type { Endpoint } from './endpoint.ts';
import { exactTlsProfile } from './enrolment-client.ts';
import type { HostileAuthorities } from './hostile-authorities.ts';
import { acknowledging, branchOf } from './hostile-requests.ts';
import { userOf } from './sip-dialog.ts';
import { responseTo } from './sip-link.ts';

/** A message between two numbers, as it came from one of them. */
export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: SipMessage;
}

/** What becomes of a letter: what is sent on instead, to whom it names. The letter itself, unchanged, is honesty. */
export type Tampering = (letter: Letter) => Promise<readonly Letter[]> | readonly Letter[];

/** A signalling server that does what it likes with every message between two phones. */
export interface HostileSwitch {
  readonly endpoint: Endpoint;
  /** From now on; none passes everything on as it came. */
  setTampering(tampering: Tampering | null): void;
  /** Sends a message to a number of its own accord. */
  send(to: string, message: SipMessage): void;
  /** Sends a request of its own to a number; its final response, which no other phone sees, and which is acknowledged where it refuses an INVITE. */
  ask(to: string, request: SipRequest, deadlineMs: number): Promise<SipResponse | 'deadline'>;
  /** Letters that came, as they came, since the last call. */
  take(): readonly Letter[];
  close(): Promise<void>;
}

const createAsking = (send: (to: string, message: SipMessage) => void) => {
  const waiting = new Map<string, (response: SipResponse) => void>();
  /** Whether a message is a response to a question of the server's own. */
  const isOwn = (message: SipMessage): message is SipResponse =>
    message.kind === 'response' && waiting.has(branchOf(message));
  const answered = (response: SipResponse): void => {
    if (response.status >= 200) waiting.get(branchOf(response))?.(response);
  };
  const ask: HostileSwitch['ask'] = (to, request, deadlineMs) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve('deadline'), deadlineMs);
      waiting.set(branchOf(request), (response) => {
        clearTimeout(timer);
        if (request.method === 'INVITE' && response.status >= 300)
          send(to, acknowledging(request, response));
        resolve(response);
      });
      send(to, request);
    });
  return { isOwn, answered, ask };
};

/** Carries letters in the order in which they came, whatever tampering takes its time. */
const createPost = (deliver: (letter: Letter) => Promise<void>) => {
  let last: Promise<void> = Promise.resolve();
  return (letter: Letter): void => {
    last = last.then(() => deliver(letter)).catch(() => undefined);
  };
};

const receiveFrom = (socket: TLSSocket, take: (message: SipMessage) => void): void => {
  const framer = createFramer({ side: 'server' });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'ping') socket.write(PONG);
      const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : null;
      if (parsed?.ok) take(parsed.value);
    }
  });
};

const createRouting = () => {
  const phones = new Map<string, TLSSocket>();
  const calls = new Map<string, readonly [caller: string, callee: string]>();
  let tampering: Tampering | null = null;
  let taken: Letter[] = [];
  const send = (to: string, message: SipMessage): void => {
    phones.get(to)?.write(serialize(message));
  };
  const asking = createAsking(send);
  const post = createPost(async (letter) => {
    const letters = tampering ? await tampering(letter) : [letter];
    for (const each of letters) send(each.to, each.message);
  });
  const route = (from: string, message: SipMessage): void => {
    const callId = header(message, 'Call-ID') ?? '';
    if (!calls.has(callId) && message.kind === 'request')
      calls.set(callId, [from, userOf(message.uri)]);
    const to = calls.get(callId)?.find((number) => number !== from);
    if (to === undefined) return;
    taken.push({ from, to, message });
    post({ from, to, message });
  };
  const accept = (socket: TLSSocket): void => {
    let number = '';
    receiveFrom(socket, (message) => {
      if (message.kind === 'request' && message.method === 'REGISTER') {
        number = userOf(header(message, 'To'));
        phones.set(number, socket);
        socket.write(serialize(responseTo(message, 200, 'OK', 'registered')));
      } else if (message.kind === 'request' && message.method === 'OPTIONS')
        socket.write(serialize(responseTo(message, 200, 'OK', 'options')));
      else if (asking.isOwn(message)) asking.answered(message);
      else route(number, message);
    });
  };
  return {
    accept,
    send,
    ask: asking.ask,
    setTampering(next: Tampering | null): void {
      tampering = next;
    },
    take(): readonly Letter[] {
      const letters = taken;
      taken = [];
      return letters;
    },
  };
};

/** Listens on a port of the system's choice with the right TLS profile, and shows the certificate of its own authorities. */
export const startHostileSwitch = (
  host: string,
  { server: credentials, trust }: HostileAuthorities,
): Promise<HostileSwitch> =>
  new Promise((resolve, reject) => {
    const { accept, ...routing } = createRouting();
    const sockets = new Set<TLSSocket>();
    const server = createServer(
      {
        ...exactTlsProfile,
        dhparam: 'auto',
        key: credentials.key,
        cert: credentials.chain,
        ca: [trust.root, trust.clientAuthority],
        requestCert: true,
        rejectUnauthorized: true,
      },
      (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        accept(socket);
      },
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host, port },
        ...routing,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });

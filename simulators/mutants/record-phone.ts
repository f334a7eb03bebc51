import { randomBytes, X509Certificate } from 'node:crypto';
import { connect, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { concat, toHex } from '../../reference/core/bytes.ts';
import { parsePemChain } from '../../reference/core/keystore/pem.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { createDhGroupReader } from '../../reference/core/tls/dh-group-reader.ts';
import { exactTlsProfile } from '../../reference/core/tls/profile.ts';
import type { ClientSettings, TlsClient } from '../attackers/tls-client/client-model.ts';
import { createTlsClient } from '../attackers/tls-client/client.ts';
import type { OutgoingMessage } from '../attackers/tls-client/outgoing.ts';
import { cutRecord } from '../attackers/tls-client/records.ts';

type ConnectOptions = Parameters<PhoneParts['connectTls']>[0];

/** What a phone with a TLS of its own does otherwise. */
export interface RecordFault {
  /** Records as they come, header and all, until its first protected one; what it gives is read instead. */
  readonly reading?: (record: Uint8Array) => Uint8Array;
  /** Takes every Diffie-Hellman group and public value. */
  readonly anyGroup?: true;
  readonly settings?: Partial<Pick<ClientSettings, 'takesUnsigned' | 'hello'>>;
  /** Said to a heartbeat. */
  readonly toHeartbeat?: OutgoingMessage;
}

const derOf = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw);

const isTrusted = (client: TlsClient, { trust, endpoint }: ConnectOptions): boolean => {
  const [leaf] = client.seen().certificates;
  if (leaf === undefined) return false;
  const [root, authority] = [derOf(trust.root), derOf(trust.serverAuthority)];
  const { host } = endpoint;
  const certificate = new X509Certificate(leaf);
  const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  const verified = verifyChain({ kind: 'server', leaf, root, authority }, Date.now());
  return named !== undefined && verified.ok;
};

const settingsOf = ({ identity, endpoint }: ConnectOptions, fault: RecordFault): ClientSettings => {
  const chain = identity && parsePemChain(identity.certificateChain, 'CERTIFICATE');
  return {
    hello: { version: 0x0303, suites: [0x009f], host: endpoint.host, renegotiation: 'extension' },
    random: (length) => new Uint8Array(randomBytes(length)),
    ...(identity && chain?.ok
      ? { identity: { chain: chain.value, privateKey: identity.privateKey } }
      : {}),
    ...fault.settings,
  };
};

/** Whole records, each read as `reading` says, as long as nothing is protected. */
const createReader = (reading: (record: Uint8Array) => Uint8Array) => {
  let kept: Uint8Array = new Uint8Array();
  return (chunk: Uint8Array): Uint8Array => {
    kept = concat(kept, chunk);
    const read: Uint8Array[] = [];
    for (let cut = cutRecord(kept); cut.kind === 'record'; cut = cutRecord(kept)) {
      read.push(reading(kept.slice(0, cut.length)));
      kept = kept.slice(cut.length);
    }
    return concat(...read);
  };
};

/** What the phone takes for a TLS socket: the plaintext, and the addresses of the connection. */
const asTlsSocket = (tcp: Socket, client: TlsClient): TLSSocket => {
  const inside = new Duplex({
    read: () => undefined,
    write: (bytes: Uint8Array, _, done) =>
      void tcp.write(client.say({ kind: 'application-data', bytes: new Uint8Array(bytes) }), done),
    final: (done) => void tcp.end(done),
    destroy(error, done) {
      tcp.destroy();
      done(error);
    },
  });
  const { localAddress, localPort, remoteAddress, remotePort } = tcp;
  tcp.on('close', () => inside.destroy());
  return Object.assign(inside, {
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
  }) as unknown as TLSSocket;
};

/** Milliseconds for a handshake: a server that was taken at its word may have nothing more to say. */
const patience = 1_500;

/** Offset of the ClientHello's random: behind the headers of record and message, and the version. */
const randomAt = 11;

/** Connects with a TLS of its own, as careful about groups and certificates as it should be but for the fault. */
export const connectByRecords =
  (fault: RecordFault): PhoneParts['connectTls'] =>
  (options) =>
    new Promise((resolve, reject) => {
      const client = createTlsClient(settingsOf(options, fault));
      const groups = createDhGroupReader(exactTlsProfile);
      const read = createReader(fault.reading ?? ((record) => record));
      const tcp = connect(options.endpoint);
      const hello = client.start();
      let socket: TLSSocket | null = null;
      const timer = setTimeout(() => refuse('no session'), patience);
      const refuse = (reason: string): void => {
        clearTimeout(timer);
        tcp.destroy();
        reject(new Error(reason));
      };
      const establish = (): void => {
        if (!isTrusted(client, options)) return refuse('the server’s certificate does not verify');
        const master = client.session()?.master ?? new Uint8Array();
        const random = hello.subarray(randomAt, randomAt + 32);
        options.keyLog?.(`CLIENT_RANDOM ${toHex(random)} ${toHex(master)}`);
        clearTimeout(timer);
        socket = asTlsSocket(tcp, client);
        resolve(socket);
      };
      tcp.on('connect', () => tcp.write(hello));
      tcp.on('error', (error) => refuse(error.message));
      tcp.on('close', () => refuse('the server closed'));
      tcp.on('data', (chunk: Buffer) => {
        const bytes = socket ? new Uint8Array(chunk) : read(new Uint8Array(chunk));
        if (!socket && fault.anyGroup !== true && !groups.push(bytes).ok)
          return refuse('the group is unknown');
        const { send, events } = client.receive(bytes);
        if (send.length > 0) tcp.write(send);
        for (const event of events) {
          if (event.kind === 'established') establish();
          if (event.kind === 'application-data') socket?.push(event.bytes);
          if (event.kind === 'failed') refuse(event.code);
          if (event.kind === 'heartbeat' && fault.toHeartbeat)
            tcp.write(client.say(fault.toHeartbeat));
        }
      });
    });

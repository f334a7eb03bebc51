import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectTls } from '../../client/tls/connect.ts';
import { toHex } from '../../core/bytes.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { serverTlsOptions } from '../tls/server-options.ts';
import { newKeyPair, type KeyPair } from './authority-keys.ts';
import { holdCeremony } from './ceremony.ts';
import { readAuthority } from './online.ts';
import { openAuthorities } from './open.ts';
import { serverCredentials } from './server-credentials.ts';
import { ceremonyOrder } from './testing/ceremony.ts';
import type { OnlineAuthorities, RevokedSerial, ServerCredentials } from './types.ts';

const host = '127.0.0.1';
const order = ceremonyOrder();
let authorities: OnlineAuthorities;
let credentials: ServerCredentials;
let keys: KeyPair;
let phone: Uint8Array;
let server: Server | undefined;

beforeAll(async () => {
  await holdCeremony(order);
  authorities = await openAuthorities(order);
  ({ credentials } = await serverCredentials({
    ...order,
    server: 'sip',
    hosts: [host],
    authorities,
  }));
  keys = await newKeyPair();
  phone = await authorities.issueClientCertificate('+33612345678', keys.spki);
});
afterEach(() => server?.close());
afterAll(() => rmSync(order.place, { recursive: true }));

/** What the server says of the phone's certificate when it checks every list. */
const outcome = async (revoked: readonly RevokedSerial[]): Promise<unknown> => {
  const { trust, rootList } = authorities;
  const list = await authorities.crl('client', 1, revoked);
  server = createServer({
    ...serverTlsOptions({
      ...credentials,
      clientTrust: [trust.root, trust.clientAuthority],
      requireClientCertificate: true,
    }),
    crl: [list.pem, rootList.pem],
    // So that the reason is told.
    rejectUnauthorized: false,
  });
  const seen = Promise.withResolvers<unknown>();
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {});
    socket.end();
    seen.resolve(socket.authorized ? 'authorized' : socket.authorizationError);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => seen.resolve(error.code));
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const identity = {
    privateKey: keys.privateKey,
    certificateChain: toPem('CERTIFICATE', phone) + trust.clientAuthority,
  };
  const options = { endpoint: { host, port }, trust, identity, deadline: 10_000 };
  const [verdict, socket] = await Promise.all([
    seen.promise,
    connectTls(options).catch(() => undefined),
  ]);
  socket?.destroy();
  return verdict;
};

describe('certificates of a ceremony on the wire', () => {
  it('are taken by phone and server, name constraints and lists checked', async () => {
    expect(await outcome([])).toBe('authorized');
  });

  it('are refused by the server once on the list', async () => {
    const { serial } = readAuthority(phone, 'phone');
    const entry = {
      serial: toHex(serial),
      revokedAt: Date.now(),
      reason: 'keyCompromise',
    } as const;
    expect(await outcome([entry])).toBe('CERT_REVOKED');
  });
});

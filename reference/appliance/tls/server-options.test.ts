import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities, type Authorities } from '../authorities/authorities.ts';
import { serverTlsOptions } from './server-options.ts';
import { randomBytes } from 'node:crypto';

describe('serverTlsOptions', () => {
  let authorities: Authorities;
  let credentials: Awaited<ReturnType<Authorities['issueServerCertificate']>>;
  let server: Server | undefined;
  beforeAll(async () => {
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    credentials = await authorities.issueServerCertificate(['127.0.0.1']);
  });
  afterEach(() => {
    server?.close();
  });

  const listen = async (): Promise<number> => {
    const clientTrust = [authorities.trust.root, authorities.trust.clientAuthority];
    const tls = { ...credentials, clientTrust, requireClientCertificate: false };
    server = createServer(serverTlsOptions(tls), (socket) => {
      socket.on('error', () => {});
      socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const open = async (port: number, session?: Buffer): Promise<TLSSocket> => {
    const { root, serverAuthority } = authorities.trust;
    const client = connect({
      host: '127.0.0.1',
      port,
      ca: [root, serverAuthority],
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      ...(session === undefined ? {} : { session }),
    });
    await once(client, 'secureConnect');
    return client;
  };

  it('resumes no session, by ticket or by identifier', async () => {
    const port = await listen();
    const first = await open(port);
    const session = first.getSession();
    expect(first.getTLSTicket()).toBeUndefined();
    first.destroy();
    const second = await open(port, session);
    expect(second.isSessionReused()).toBe(false);
    expect(second.getEphemeralKeyInfo()).toMatchObject({ type: 'DH', size: 2048 });
    second.destroy();
  });

  it('refuses renegotiation', async () => {
    const client = await open(await listen());
    const refused = await new Promise<Error | null>((resolve) => {
      client.on('error', resolve);
      client.renegotiate({}, resolve);
    });
    expect(refused).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
    client.destroy();
  });
});

import { generateKeyPairSync, getDiffieHellman, randomBytes, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../../appliance/authorities/authorities.ts';
import { serverTlsOptions } from '../../appliance/tls/server-options.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { issueCertificate, type CertificateOrder } from '../../core/pki/issue.ts';
import { clientProfile, serverProfile } from '../../core/pki/profiles.ts';
import { exactTlsProfile, type TlsProfile } from '../../core/tls/profile.ts';
import { connectTls, type ClientIdentity, type ConnectTlsOptions } from './connect.ts';

const host = '127.0.0.1';
const day = 86_400_000;

describe('connectTls', () => {
  let authorities: Authorities;
  let credentials: ServerCredentials;
  let leaf: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  let server: Server | TcpServer | undefined;
  const accepted: TLSSocket[] = [];
  beforeAll(async () => {
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    credentials = await authorities.issueServerCertificate([host]);
    leaf = generateKeyPairSync('rsa', { modulusLength: 2048 });
  });
  afterEach(() => {
    for (const socket of accepted.splice(0)) socket.destroy();
    server?.close();
  });

  const spki = (): Uint8Array =>
    new Uint8Array(leaf.publicKey.export({ type: 'spki', format: 'der' }));
  /** A certificate as the order says, with the chain of the authority that issued it. */
  const issue = async (
    authority: Authorities['clientAuthority'],
    changes: Partial<CertificateOrder> = {},
  ): Promise<ServerCredentials> => {
    const certificate = await issueCertificate({
      profile: serverProfile,
      subject: { commonName: host, hosts: [host] },
      publicKey: spki(),
      issuer: authority,
      serial: Uint8Array.of(5),
      notBefore: Date.now() - day,
      notAfter: Date.now() + day,
      ...changes,
    });
    return {
      privateKey: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificateChain: toPem('CERTIFICATE', certificate) + authority.pem,
    };
  };
  const serve = async (
    own: ServerCredentials = credentials,
    profile: TlsProfile = exactTlsProfile,
    requireClientCertificate = false,
  ): Promise<ConnectTlsOptions['endpoint']> => {
    const clientTrust = [authorities.trust.root, authorities.trust.clientAuthority];
    const options = { ...own, profile, clientTrust, requireClientCertificate };
    server = createServer(serverTlsOptions(options), (socket) => {
      accepted.push(socket);
      socket.on('error', () => {});
      socket.resume();
    });
    server.listen(0, host);
    await once(server, 'listening');
    return { host, port: (server.address() as AddressInfo).port };
  };
  const connectTo = (
    endpoint: ConnectTlsOptions['endpoint'],
    more: Partial<ConnectTlsOptions> = {},
  ): Promise<TLSSocket> =>
    connectTls({ endpoint, trust: authorities.trust, deadline: 10_000, ...more });
  const refusalOf = async (
    endpoint: ConnectTlsOptions['endpoint'],
    more: Partial<ConnectTlsOptions> = {},
  ): Promise<unknown> => {
    try {
      (await connectTo(endpoint, more)).destroy();
      return 'connected';
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      const { message } = error as Error;
      expect(message).toMatch(new RegExp(`^${endpoint.host}:${endpoint.port}: [^\\n]+$`));
      return (error as Error & { code: unknown }).code;
    }
  };

  it('agrees on exactly the profile and gives the key log', async () => {
    const lines: string[] = [];
    const socket = await connectTo(await serve(), { keyLog: (line) => lines.push(line) });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    expect(socket.getCipher().name).toBe('DHE-RSA-AES256-GCM-SHA384');
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ type: 'DH', size: 2048 });
    expect(lines).toEqual([expect.stringMatching(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/)]);
    socket.destroy();
  });

  it('refuses a server certificate from the client authority', async () => {
    expect(await refusalOf(await serve(await issue(authorities.clientAuthority)))).toBe(
      'tls/issuer',
    );
  });

  it('refuses a server certificate from the root itself, and one of a stranger', async () => {
    expect(await refusalOf(await serve(await issue(authorities.root)))).toBe('tls/issuer');
    server?.close();
    const stranger = await createAuthorities({ now: Date.now, randomBytes });
    const own = await stranger.issueServerCertificate([host]);
    expect(await refusalOf(await serve(own))).toBe('tls/issuer');
  });

  it('refuses a server certificate for another host, whatever its CommonName says', async () => {
    const subject = { commonName: host, hosts: ['127.0.0.2', 'localhost'] };
    const own = await issue(authorities.serverAuthority, { subject });
    expect(await refusalOf(await serve(own))).toBe('tls/host');
    server?.close();
    const unnamed = await issue(authorities.serverAuthority, { subject: { commonName: host } });
    expect(await refusalOf(await serve(unnamed))).toBe('tls/host');
  });

  it('takes a dNSName, but no wildcard', async () => {
    const named = async (name: string): Promise<unknown> => {
      const { port } = await serve(
        await issue(authorities.serverAuthority, { subject: { commonName: 'x', hosts: [name] } }),
      );
      const outcome = await refusalOf({ host: 'localhost', port });
      server?.close();
      return outcome;
    };
    expect(await named('localhost')).toBe('connected');
    expect(await named('*')).toBe('tls/host');
  });

  it.each([
    ['a client certificate', clientProfile],
    ['one without any purpose', { ...serverProfile, extendedKeyUsage: [] }],
  ])('refuses %s of the server authority', async (_, profile) => {
    const own = await issue(authorities.serverAuthority, { profile });
    expect(await refusalOf(await serve(own))).toBe('tls/server-auth');
  });

  it('refuses an expired certificate, and a server authority that the root did not issue', async () => {
    const own = await issue(authorities.serverAuthority, { notAfter: Date.now() - 1000 });
    expect(await refusalOf(await serve(own))).toBe('tls/chain');
    server?.close();
    const stranger = await createAuthorities({ now: Date.now, randomBytes });
    const trust = { ...authorities.trust, root: stranger.trust.root };
    expect(await refusalOf(await serve(), { trust })).toBe('tls/chain');
  });

  it.each([
    ['a modulus of 3072 bits', 'modp15', ''],
    ['a modulus of 1024 bits', 'modp2', ':@SECLEVEL=0'],
  ])('refuses %s', async (_, name, level) => {
    const prime = getDiffieHellman(name).getPrime('hex');
    const suite = { name: `DHE-RSA-AES256-GCM-SHA384${level}`, code: 0x009f };
    const profile = {
      ...exactTlsProfile,
      suites: [suite],
      groups: [{ name, prime, generator: 2 }],
    };
    expect(await refusalOf(await serve(credentials, profile))).toBe('tls/dh-size');
  });

  it.each<[string, Partial<TlsProfile>]>([
    ['another suite', { suites: [{ name: 'DHE-RSA-AES128-GCM-SHA256', code: 0x009e }] }],
    ['TLS 1.3 alone', { minimumVersion: 'TLSv1.3', maximumVersion: 'TLSv1.3' }],
  ])('refuses a server with %s', async (_, changes) => {
    const endpoint = await serve(credentials, { ...exactTlsProfile, ...changes });
    expect(await refusalOf(endpoint)).toBe('tls/handshake');
  });

  it('refuses a key and a certificate of its own that do not belong together', async () => {
    const endpoint = await serve(credentials, exactTlsProfile);
    const { certificateChain } = credentials;
    const identity = { privateKey: leaf.privateKey, certificateChain };
    expect(await refusalOf(endpoint, { identity })).toBe('tls/identity');
  });

  it('gives up at the deadline, and on a port where nothing listens', async () => {
    server = createTcpServer((socket) => socket.on('error', () => {}).resume());
    server.listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await refusalOf({ host, port }, { deadline: 50 })).toBe('tls/deadline');
    server.close();
    await once(server, 'close');
    expect(await refusalOf({ host, port })).toBe('tls/connect');
  });

  describe('with an identity', () => {
    const identity = async (authority: Authorities['clientAuthority']): Promise<ClientIdentity> => {
      const profile = authority === authorities.clientAuthority ? clientProfile : serverProfile;
      const { certificateChain } = await issue(authority, {
        profile,
        subject: { commonName: '+33612345678' },
      });
      return { privateKey: leaf.privateKey, certificateChain };
    };
    /** What the server makes of a client: the subject it accepted, or why it refused. */
    const seenByServer = async (own?: ClientIdentity): Promise<string> => {
      const endpoint = await serve(credentials, exactTlsProfile, true);
      const seen = Promise.race([
        once(server as Server, 'secureConnection').then(
          ([socket]) => (socket as TLSSocket).getPeerX509Certificate()?.subject ?? 'none',
        ),
        once(server as Server, 'tlsClientError').then(([error]) => (error as Error).message),
      ]);
      const connected = connectTo(endpoint, own === undefined ? {} : { identity: own });
      const [subject] = await Promise.all([seen, connected.catch(() => {})]);
      return subject;
    };

    it('shows the certificate of the phone to the server', async () => {
      expect(await seenByServer(await identity(authorities.clientAuthority))).toBe(
        String.raw`CN=\+33612345678`,
      );
    });

    it('is refused without one, or with a server’s', async () => {
      expect(await seenByServer()).toContain('peer did not return a certificate');
      const servers = await seenByServer(await identity(authorities.serverAuthority));
      expect(servers).not.toContain('CN=');
    });
  });
});

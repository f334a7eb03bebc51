import { generateKeyPairSync, getDiffieHellman, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dhParametersPem, foreignPrimes } from '../../../scenarios/probe/testing/dh-parameters.ts';
import { startFakeServer } from '../../../scenarios/probe/testing/fake-server.ts';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../../appliance/authorities/authorities.ts';
import { serverTlsOptions } from '../../appliance/tls/server-options.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { exactTlsProfile, ffdhe2048, modp2048 } from '../../core/tls/profile.ts';
import { postJson } from '../enrolment/https-request.ts';
import type { PhoneRefusal } from '../parts.ts';
import { createPhone } from '../phone.ts';
import { storeIdentity } from '../storage/storage.ts';
import { connectTls, type ConnectTlsOptions } from './connect.ts';

const host = '127.0.0.1';
/** Odd, of 2048 bits, divisible by 3. */
const composite = ((): string => {
  const p = BigInt(`0x${modp2048.prime}`);
  return (p - (p % 6n) - 3n).toString(16);
})();

let authorities: Authorities;
let credentials: ServerCredentials;
let server: Server;
const raw: Socket[] = [];
const sessions: TLSSocket[] = [];
/** What the server came to: `session` once a client's Finished was right. */
let seen: readonly string[];

beforeAll(async () => {
  authorities = await createAuthorities({ now: Date.now, randomBytes });
  credentials = await authorities.issueServerCertificate([host]);
});
afterEach(() => {
  for (const socket of raw.splice(0)) socket.destroy();
  sessions.length = 0;
  server.close();
});

const serve = async (dhparam?: string, renegotiation = false): Promise<ConnectTlsOptions> => {
  const own: string[] = [];
  seen = own;
  const profile = { ...exactTlsProfile, renegotiation };
  const options = { ...credentials, profile, clientTrust: [], requireClientCertificate: false };
  const tls = { ...serverTlsOptions(options), ...(dhparam === undefined ? {} : { dhparam }) };
  server = createServer(tls, (socket) => {
    own.push('session');
    sessions.push(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => own.push('handshake broken off'));
  server.on('connection', (socket) => raw.push(socket));
  server.listen(0, host);
  await once(server, 'listening');
  const endpoint = { host, port: (server.address() as AddressInfo).port };
  return { endpoint, trust: authorities.trust, deadline: 10_000 };
};
/** A session and the server's end of it. */
const connected = async (
  options: ConnectTlsOptions,
): Promise<readonly [client: TLSSocket, server: TLSSocket]> => {
  const accepted = once(server, 'secureConnection');
  const client = await connectTls(options);
  return [client, (await accepted)[0] as TLSSocket];
};

describe('a server with a group of its own', () => {
  it.each([
    ['a composite modulus', dhParametersPem(composite)],
    ['a safe prime that nobody published', dhParametersPem(foreignPrimes[2048])],
    ['generator 5 in group 14', dhParametersPem(getDiffieHellman('modp14').getPrime('hex'), '5')],
  ])('of 2048 bits, %s, is left before the phone’s Finished', async (_, dhparam) => {
    const options = await serve(dhparam);
    const keyLog: string[] = [];
    const brokenOff = once(server, 'tlsClientError');
    const refused = connectTls({ ...options, keyLog: (line) => keyLog.push(line) });
    await expect(refused).rejects.toMatchObject({
      code: 'tls/dh-group',
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+: the Diffie-Hellman group is neither ffdhe2048 nor modp2048; [^\n]+$/,
      ),
    });
    await brokenOff;
    expect(seen).toEqual(['handshake broken off']);
    expect(keyLog).toEqual([]);
  });

  it('is left by an enrolling phone too', async () => {
    const options = await serve(dhParametersPem(foreignPrimes[2048]));
    const posted = postJson(options, '/v1/enrolments', { number: '+33639980001' });
    await expect(posted).rejects.toMatchObject({ code: 'tls/dh-group' });
  });

  it('is in the log of a phone that cannot register there', async () => {
    const { endpoint: sip, trust: stored } = await serve(dhParametersPem(foreignPrimes[2048]));
    const trust = { ...authorities.trust, ...stored };
    const folder = await mkdtemp(join(tmpdir(), 'discretio-group-'));
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const der = await authorities.issueClientCertificate('+33639980001', spki);
    const certificate = toPem('CERTIFICATE', der);
    const passphrase = 'a test passphrase';
    await storeIdentity(folder, { privateKey, passphrase, certificate, trust });
    const refusals: PhoneRefusal[] = [];
    const phone = createPhone(
      { sip, registration: sip, trust, folder, host },
      { refusal: (entry) => refusals.push(entry) },
    );
    await phone.unlock(passphrase);
    await expect(phone.register()).rejects.toThrow(/^[^\n]+ is neither ffdhe2048 nor [^\n]+$/);
    expect(refusals.map(({ code }) => code)).toEqual(['tls/dh-group']);
    await phone.stop();
    await rm(folder, { recursive: true });
  });

  it.each([ffdhe2048, modp2048])('is taken if it is $name after all', async ({ prime }) => {
    const [client] = await connected(await serve(dhParametersPem(prime)));
    expect(client.getEphemeralKeyInfo()).toMatchObject({ type: 'DH', size: 2048 });
    client.destroy();
    expect(seen).toEqual(['session']);
  });
});

describe('a public value of the server out of range', () => {
  it.each(['1', (BigInt(`0x${ffdhe2048.prime}`) - 1n).toString(16)])(
    'is refused',
    async (value) => {
      const { prime } = ffdhe2048;
      const fake = await startFakeServer({ prime, generator: '2', publicValue: value });
      const options = { endpoint: fake.endpoint, trust: authorities.trust, deadline: 10_000 };
      await expect(connectTls(options)).rejects.toMatchObject({ code: 'tls/dh-public-value' });
      await fake.stop();
    },
  );
});

describe('the session over the inspected stream', () => {
  it('knows its addresses', async () => {
    const [client, accepted] = await connected(await serve());
    expect(client.localAddress).toBe(host);
    expect([client.localPort, client.remotePort]).toEqual([
      accepted.remotePort,
      accepted.localPort,
    ]);
    client.destroy();
  });

  it('lets no server begin a second handshake, whose group nobody would see', async () => {
    const keyLog: string[] = [];
    const options = await serve(undefined, true);
    const [client, accepted] = await connected({
      ...options,
      keyLog: (line) => keyLog.push(line),
    });
    const outcome = Promise.withResolvers<string>();
    client.on('error', () => undefined).on('close', () => outcome.resolve('closed'));
    client.on('data', () => client.write('an answer'));
    accepted.resume();
    accepted.renegotiate({}, (error) => outcome.resolve(error ? 'closed' : 'renegotiated'));
    accepted.write('something to ask with');
    expect(await outcome.promise).toBe('closed');
    expect(keyLog).toHaveLength(1);
    client.destroy();
  });

  it('carries bytes both ways unchanged, whatever the sizes', async () => {
    const [client, accepted] = await connected(await serve());
    accepted.pipe(accepted);
    const sent = new Uint8Array(randomBytes(3_000_000));
    const received: Buffer[] = [];
    client.on('data', (chunk: Buffer) => received.push(chunk));
    client.end(sent);
    await once(client, 'end');
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('holds a fast server back while nobody reads', async () => {
    const [client, accepted] = await connected(await serve());
    client.pause();
    const total = 64 * 1_048_576;
    const block = new Uint8Array(1_048_576);
    let written = 0;
    const fill = async (): Promise<void> => {
      while (written < total) {
        written += block.length;
        if (!accepted.write(block)) await once(accepted, 'drain');
      }
      accepted.end();
    };
    const filling = fill();
    const { promise: stalled, resolve } = Promise.withResolvers<void>();
    let last = -1;
    const look = setInterval(() => {
      if (written === last) resolve();
      last = written;
    }, 100);
    await stalled;
    clearInterval(look);
    expect(written).toBeLessThan(total / 2);
    let received = 0;
    client.on('data', (chunk: Buffer) => (received += chunk.length));
    client.resume();
    await Promise.all([filling, once(client, 'end')]);
    expect(received).toBe(total);
  });

  it('ends when the server does', async () => {
    const [client, accepted] = await connected(await serve());
    client.resume();
    accepted.end('bye');
    await once(client, 'close');
    expect(client.bytesRead).toBeGreaterThan(0);
  });

  it('breaks without harm', async () => {
    const [client] = await connected(await serve());
    const closed = new Promise((resolve) => {
      client.on('error', () => undefined).on('close', resolve);
    });
    raw.at(-1)?.resetAndDestroy();
    await closed;
    expect(client.destroyed).toBe(true);
  });
});

describe('an attempt given up', () => {
  it('leaves with tls/aborted, before it began or in the handshake', async () => {
    const options = await serve();
    const given = connectTls({ ...options, signal: AbortSignal.abort() });
    await expect(given).rejects.toMatchObject({ code: 'tls/aborted' });
    expect(raw).toEqual([]);
    const giving = new AbortController();
    server.once('connection', () => giving.abort());
    const later = connectTls({ ...options, signal: giving.signal });
    await expect(later).rejects.toMatchObject({ code: 'tls/aborted' });
    expect(seen).not.toContain('session');
  });

  it('means nothing to a session that stands', async () => {
    const giving = new AbortController();
    const [client] = await connected({ ...(await serve()), signal: giving.signal });
    giving.abort();
    expect(client.destroyed).toBe(false);
    client.destroy();
  });

  it('ends a request that waits for its answer', async () => {
    const options = await serve();
    const giving = new AbortController();
    server.once('secureConnection', (socket) => socket.once('data', () => giving.abort()));
    const posted = postJson({ ...options, signal: giving.signal }, '/v1/enrolments', {});
    await expect(posted).rejects.toThrow(/given up/);
  });
});

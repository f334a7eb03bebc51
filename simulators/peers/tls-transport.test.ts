import { randomBytes, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { TransportState } from 'sip.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createAuthorities,
  type Authorities,
} from '../../reference/appliance/authorities/authorities.ts';
import { serverTlsOptions } from '../../reference/appliance/tls/server-options.ts';
import { freshKey } from '../attackers/certificate-forger.ts';
import { createTlsTransport } from './tls-transport.ts';

const host = '127.0.0.1';
let authorities: Authorities;
let server: Server;

beforeAll(async () => {
  authorities = await createAuthorities({ now: Date.now, randomBytes });
  const { root, clientAuthority } = authorities.trust;
  const own = await authorities.issueServerCertificate([host]);
  const clientTrust = [root, clientAuthority];
  server = createServer(serverTlsOptions({ ...own, clientTrust, requireClientCertificate: true }));
  server.listen(0, host);
  await once(server, 'listening');
});
afterAll(() => server.close());

const transportOf = async (onUnreadable: (reason: string) => void) => {
  const key = freshKey();
  const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const number = '+33639980033';
  const certificate = await authorities.issueClientCertificate(number, spki);
  return createTlsTransport({
    sip: { host, port: (server.address() as AddressInfo).port },
    trust: authorities.trust,
    identity: { number, certificate, key },
    deadlineMs: 5_000,
    onUnreadable,
  });
};

it('a message on which sip.js throws is noted, and the next is read', async () => {
  const unreadable: string[] = [];
  const transport = await transportOf((reason) => void unreadable.push(reason));
  const states: TransportState[] = [];
  transport.stateChange.addListener((state) => states.push(state));
  const accepted = once(server, 'secureConnection');
  await transport.connect();
  const [socket] = (await accepted) as [TLSSocket];
  const read = new Promise<string>((resolve) => {
    transport.onMessage = (text) => {
      if (text.startsWith('BYE')) throw new Error('no CSeq');
      resolve(text);
    };
  });
  const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';
  socket.write(`BYE sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n${message}`);
  expect(await read).toBe(message);
  expect(unreadable).toEqual(['no CSeq']);
  socket.destroy();
  await expect.poll(() => transport.isConnected()).toBe(false);
  await expect(transport.send('late')).rejects.toThrow('not connected');
  const { Connecting, Connected, Disconnected } = TransportState;
  expect(states).toEqual([Connecting, Connected, Disconnected]);
});

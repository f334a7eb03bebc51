import { createPublicKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthorities,
  type Authorities,
} from '../../reference/appliance/authorities/authorities.ts';
import { connectTls } from '../../reference/client/tls/connect.ts';
import { freshKey } from './certificate-forger.ts';
import { forgeServer, startRogueServer, type RogueServer } from './rogue-server.ts';

const host = '127.0.0.1';
let authorities: Authorities;
let server: RogueServer | undefined;

beforeAll(async () => {
  authorities = await createAuthorities({
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
});
afterAll(() => server?.close());

const connect = (rogue: RogueServer) =>
  connectTls({ endpoint: rogue.endpoint, trust: authorities.trust, deadline: 5_000 });

describe('a rogue server', () => {
  it('with a forged authority is refused before the phone says anything, and sees no more than the attempt', async () => {
    const { serverAuthority } = authorities.trust;
    server = await startRogueServer(host, forgeServer(host, serverAuthority), serverAuthority);
    await expect(connect(server)).rejects.toMatchObject({ code: 'tls/issuer' });
    expect(server.log()).toMatchObject({ connections: 1, bytes: 0 });
    await server.close();
  });

  it('with a user’s certificate is refused', async () => {
    const key = freshKey();
    const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
    const certificate = await authorities.issueClientCertificate('+33639980003', spki);
    server = await startRogueServer(host, { certificate, key }, authorities.trust.clientAuthority);
    await expect(connect(server)).rejects.toMatchObject({ code: 'tls/issuer' });
    expect(server.log().bytes).toBe(0);
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPem } from '../../core/keystore/pem.ts';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { createAuthorities, type Authorities } from '../authorities/authorities.ts';
import { cookieNames } from './cookies.ts';
import { createVisitor, type Visitor } from './testing/visitor.ts';
import { startAdminWorld, worldPassword, type AdminWorld } from './testing/world.ts';

describe('with client certificates required', () => {
  let world: AdminWorld;
  let administrators: Authorities;
  beforeAll(async () => {
    administrators = await createAuthorities({ now: Date.now, randomBytes });
    const { root, clientAuthority } = administrators.trust;
    world = await startAdminWorld({ clientTrust: [root, clientAuthority] });
    for (const name of ['alice', 'bob']) await world.addAdministrator(name);
  });
  afterAll(() => world.close());

  const visitorOf = async (name: string, authorities: Authorities): Promise<Visitor> => {
    const key = newTestKey();
    const der = await authorities.issueClientCertificate(name, key.spki);
    return createVisitor(world.service.endpoint.port, {
      ...world.tls,
      key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: toPem('CERTIFICATE', der) + authorities.clientAuthority.pem,
    });
  };
  const signIn = (visitor: Visitor, name: string) =>
    visitor.submit('/sign-in', '/sign-in', { name, password: worldPassword });

  it('nobody gets a page without one, or with one of another authority', async () => {
    await expect(world.visitor().get('/sign-in')).rejects.toThrow(/ECONNRESET|alert|hang up/);
    const foreign = await visitorOf('alice', world.authorities);
    await expect(foreign.get('/sign-in')).rejects.toThrow(/ECONNRESET|alert|hang up/);
    expect(world.refusals.map(({ code }) => code)).toEqual(['tls/handshake', 'tls/handshake']);
  });

  it('each signs in as the administrator of its CommonName only, and no other certificate uses the session', async () => {
    const alice = await visitorOf('alice', administrators);
    const bob = await visitorOf('bob', administrators);
    expect((await signIn(bob, 'alice')).status).toBe(403);
    expect((await signIn(alice, 'alice')).status).toBe(303);
    expect((await alice.get('/')).status).toBe(200);
    bob.cookies.set(cookieNames.session, alice.cookies.get(cookieNames.session) ?? '');
    expect((await bob.get('/')).location).toBe('/sign-in');
    expect((await alice.get('/')).status).toBe(200);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { createAdminApp } from '../../reference/appliance/admin/app.ts';
import { adminLimits } from '../../reference/appliance/admin/limits.ts';
import { hashPassword } from '../../reference/appliance/admin/password.ts';
import { createSignIn } from '../../reference/appliance/admin/sign-in.ts';
import { createAuthorities } from '../../reference/appliance/authorities/authorities.ts';
import { injected } from './injected.ts';
import { world, type Service } from './contract.ts';
import { createWatchedStore } from './watched-store.ts';

/** A cost that many cases can afford; never for a real administrator. */
const cost = { cost: 16, blockSize: 8, parallelization: 1 } as const;

/** The real administration pages over a store in memory, of which nothing listens. */
export const createAdministration = async (): Promise<Service> => {
  const authorities = await createAuthorities({ now: Date.now, randomBytes });
  const salt = new Uint8Array(16);
  const passwordHash = await hashPassword(world.password, salt, cost);
  const { now: at, number, administrator: name, serial } = world;
  const publicKey = new TextEncoder().encode('a key');
  const watched = createWatchedStore((store) => {
    store.administrators.add({ name, passwordHash, mustChangePassword: false }, 'system', at);
    store.administrators.add({ name: 'bob', passwordHash, mustChangePassword: true }, 'system', at);
    store.sessions.create(world.session, { administrator: name, at, expiresAt: at + 1_000_000 });
    const id = world.enrolment;
    store.enrolments.begin({ id, number, publicKey, requestHash: 'ab', token: world.token, at });
    const certificate = { serial, der: publicKey, publicKey, notAfter: at + 86_400_000 };
    store.enrolments.issue({ id, certificate, at, notice: 'revoked' });
    const server = { ...certificate, serial: world.serverSerial, der: salt, publicKey: salt };
    store.certificates.addServer({ certificate: server, host: 'sip.example.com', at });
  });
  watched.begin();
  const { store } = watched;
  const random = (length: number): Uint8Array =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update('page').digest());
  const now = (): number => world.now;
  const unlimited = { requestBurst: 1e9, signInBurst: 1e9 };
  const app = createAdminApp({
    context: {
      store,
      live: { calls: () => [], registrations: () => [] },
      configuration: [['sip.port', '5061']],
      authorities: [],
      pageNotAfter: at + 86_400_000,
      backupFolder: null,
      tokenLifetime: 600_000,
      outbox: () => [{ number, text: 'a text' }],
      now,
      randomBytes: random,
      signIn: createSignIn({ store, now, randomBytes: random, cost }),
    },
    names: ['192.0.2.1'],
    credentials: await authorities.issueServerCertificate(['192.0.2.1']),
    clientTrust: [],
    limits: { ...adminLimits, ...unlimited },
    report: () => undefined,
  });
  await app.ready();
  return async (request) => {
    watched.begin();
    const answer = await injected(app, request);
    return { ...answer, effects: watched.effects(), texts: 0 };
  };
};

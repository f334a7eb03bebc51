import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { newTestKey } from '../../reference/core/pki/testing/hierarchy.ts';
import { createAuthorities } from '../../reference/appliance/authorities/authorities.ts';
import { startRegistrationService } from '../../reference/appliance/registration/service.ts';
import { injected } from './injected.ts';
import { world, type Service } from './contract.ts';
import { createWatchedStore } from './watched-store.ts';

/** Bytes that are the same in every run. */
const drawn = (): ((length: number) => Uint8Array) => {
  let count = 0;
  return (length) =>
    new Uint8Array(
      createHash('shake256', { outputLength: length })
        .update(`${(count += 1)}`)
        .digest(),
    );
};

/** The real registration service over a store in memory; its port is never used. */
export const createRegistration = async (): Promise<Service> => {
  const authorities = await createAuthorities({ now: Date.now, randomBytes });
  const publicKey = newTestKey().spki;
  const watched = createWatchedStore(({ enrolments }) => {
    const { number, token, now: at } = world;
    const [id, other] = [world.enrolment, world.otherEnrolment];
    const begun = { number, publicKey, requestHash: 'ab', token, at };
    enrolments.begin({ ...begun, id: other });
    for (let tries = 0; tries < 5; tries += 1)
      enrolments.tryToken({ id: other, token: '000000', at, lifetime: 600_000, tries: 5 });
    enrolments.begin({ ...begun, id });
  });
  watched.begin();
  let texts = 0;
  const scopes: FastifyInstance[] = [];
  await startRegistrationService({
    host: '127.0.0.1',
    port: 0,
    credentials: await authorities.issueServerCertificate(['127.0.0.1']),
    authorities,
    sms: { send: () => Promise.resolve(void (texts += 1)) },
    now: () => world.now,
    randomBytes: drawn(),
    store: watched.store,
    perAddress: [],
    addResources: (app) => void scopes.push(app),
  });
  const [app] = scopes;
  if (app === undefined) throw new Error('the registration service gave no application');
  return async (request) => {
    watched.begin();
    texts = 0;
    const answer = await injected(app, request);
    return { ...answer, effects: watched.effects(), texts };
  };
};

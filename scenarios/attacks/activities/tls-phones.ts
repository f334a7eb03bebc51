import type { Phone } from '../../../devices/contract.ts';
import { startEnrolmentService } from '../../../simulators/attackers/tls-server/enrolment-service.ts';
import { createHierarchy } from '../../../simulators/attackers/tls-server/hierarchy.ts';
import {
  startHostileServer,
  type HostileBehaviour,
  type HostileConnection,
  type HostileServer,
} from '../../../simulators/attackers/tls-server/hostile-server.ts';
import { serverFaults } from '../../../simulators/attackers/tls-server/server-faults.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { passphraseOf } from '../../conformity/activities/basic-call.ts';

/** Milliseconds: for one attempt of the phone, and for its reaction to what comes once it is registered. */
const deadlines = { attempt: 12_000, reaction: 1_500 } as const;

const name = 'tls-victim';
const number = '+33639980131';

/** How one attempt of the phone came out. */
interface PhoneAttempt {
  readonly name: string;
  readonly kind: 'refused' | 'observed' | 'afterwards' | 'control';
  readonly registered: boolean;
  /** Codes that the phone logged meanwhile. */
  readonly refusals: readonly string[];
  readonly connections: readonly HostileConnection[];
}

/** The promise's end, or the deadline's, whichever comes first. */
const settled = (work: Promise<unknown>, deadlineMs: number): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), deadlineMs);
  const finish = (done: boolean): void => {
    clearTimeout(timer);
    resolve(done);
  };
  work.then(
    () => finish(true),
    () => finish(false),
  );
  return promise;
};

/** Lets the phone register while the server behaves so. */
const lead = async (
  phone: Phone,
  server: HostileServer,
  fault: readonly [string, HostileBehaviour],
  kind: PhoneAttempt['kind'],
): Promise<PhoneAttempt> => {
  const before = (await phone.refusals()).length;
  server.behave(fault[1]);
  const registered = await settled(phone.register(), deadlines.attempt);
  if (kind === 'afterwards') await settled(server.ended(), deadlines.reaction);
  // Of a phone that gave up, the server learns a moment later.
  else if (!registered) await settled(server.ended(), deadlines.reaction);
  const refusals = (await phone.refusals()).slice(before).map(({ code }) => code);
  return { name: fault[0], kind, registered, refusals, connections: server.connections() };
};

const attack = async (world: World, host: string): Promise<readonly PhoneAttempt[]> => {
  const hierarchy = createHierarchy(host);
  const { right, refused, observed, afterwards } = serverFaults(hierarchy);
  const description = await (await world.appliance()).describe();
  const enrolment = await startEnrolmentService(host, hierarchy);
  const server = await startHostileServer(host, right);
  try {
    const phone = await world.phone(name, {
      ...description,
      sip: server.endpoint,
      registration: enrolment.endpoint,
      trust: hierarchy.trust,
    });
    const passphrase = passphraseOf(name, world.seed);
    await phone.requestEnrolment(number, passphrase);
    await phone.completeEnrolment(enrolment.tokenOf(number));
    await phone.unlock(passphrase);
    const attempts: PhoneAttempt[] = [];
    for (const fault of refused) attempts.push(await lead(phone, server, fault, 'refused'));
    attempts.push(await lead(phone, server, ['control', right], 'control'));
    for (const fault of observed) attempts.push(await lead(phone, server, fault, 'observed'));
    for (const fault of afterwards) attempts.push(await lead(phone, server, fault, 'afterwards'));
    return attempts;
  } finally {
    await Promise.all([server.close(), enrolment.close()]);
  }
};

/** A phone is led to a server whose certificate is right, and whose handshake has one fault at a time. */
export const tlsPhones: Activity = {
  id: 'tls-phones',
  title: 'a phone is led to a server that breaks one rule of TLS at a time',
  effect: 'tries one phone against servers and authorities of the testbed’s own',
  disturbs: false,
  needs: ['enrol', 'refusal-log'],
  after: [],
  captured: false,
  async run(world) {
    await world.write('attempts.json', await attack(world, world.site.address('testbed')));
  },
};

import {
  UnaskedError,
  type Appliance,
  type ApplianceDescription,
  type Asked,
  type Phone,
} from '../../../devices/contract.ts';
import { parsePemChain } from '../../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import type { EnrolledIdentity } from '../../../simulators/attackers/call-faults.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import { openSipLink } from '../../../simulators/attackers/sip-link.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { certificateOfPem } from '../views/certificates.ts';
import { callee, caller, enrol, openStoredKey, passphraseOf } from './basic-call.ts';
import type { RevocationSteps } from './revocation-evidence.ts';
import { createWitness } from './revocation-witness.ts';

/** Milliseconds for each step; and how long an end is waited for that should come at once. */
const deadlines = { step: 5_000, audio: 10_000, ending: 6_000 } as const;

/** Audio packets of 20 ms that each phone must hear for a call to be one. */
const audioPackets = 10;

const certificatesIn = (text: string): readonly Certificate[] => {
  const chain = parsePemChain(text, 'CERTIFICATE');
  if (!chain.ok) return [];
  return chain.value.flatMap((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? [parsed.value] : [];
  });
};

const isNamed = ({ commonNames: [name] }: Certificate, number: string): boolean =>
  name?.kind === 'text' && name.value === number;

/** What a phone has on disk to authenticate itself with, opened as its user would. */
const identityOf = async (
  world: World,
  phone: Phone,
  number: string,
): Promise<{ readonly identity: EnrolledIdentity; readonly certificate: Certificate }> => {
  const files = await phone.storedFiles();
  const key = openStoredKey(phone, files, passphraseOf(phone.name, world.seed));
  const certificate = files
    .flatMap(({ base64 }) => certificatesIn(Buffer.from(base64, 'base64').toString('utf8')))
    .find((each) => isNamed(each, number));
  if (!certificate) throw new Error(`phone ${phone.name}: no certificate of ${number} is stored`);
  return { identity: { number, certificate: certificate.der, key }, certificate };
};

/** Calls, and waits until both hear the other; a call that does not come about is a result. */
const tryCall = async (from: Phone, to: Phone, number: string) => {
  await from.dial(number);
  const { state, endedBy } = await from.waitForCall(['in-call', 'ended'], deadlines.ending);
  if (state === 'ended') return { heard: false, endedBy };
  await Promise.all([from, to].map((phone) => phone.waitForAudio(audioPackets, deadlines.audio)));
  return { heard: true, endedBy };
};

/** Registers with a certificate that was taken from a phone, and goes. */
const tryRegistration = async (
  appliance: Appliance,
  at: ApplianceDescription,
  identity: EnrolledIdentity,
) => {
  const before = (await appliance.refusals()).length;
  const user = createMaliciousUser(at);
  user.adopt(identity);
  const { kind: outcome } = await user.register(identity.number, deadlines.step);
  user.close();
  const refusals = (await appliance.refusals()).slice(before).map(({ code }) => code);
  return { outcome, refusals };
};

/** A thief with the SIM card asks for a certificate of the number. */
const tryEnrolment = async (appliance: Appliance, at: ApplianceDescription, number: string) => {
  const user = createMaliciousUser(at);
  const readToken = (of: string) => appliance.readToken(of, deadlines.step);
  const outcome = await user.enrol(number, readToken, deadlines.step);
  return outcome.kind === 'refused' ? `refused with ${outcome.status}` : outcome.kind;
};

/** Milliseconds since `begun` at which something came about; null where it did not in time. */
const since = (begun: number, event: Promise<unknown>): Promise<number | null> =>
  event.then(
    () => performance.now() - begun,
    () => null,
  );

/** How the administrator was asked; rejects where he could not be, since then nothing was tried. */
const unlessUnasked = async (asked: Promise<Asked | void>): Promise<Asked | void> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof UnaskedError) throw error;
    return undefined;
  }
};

/** A connection with the phone's certificate that does nothing. */
const openIdle = async (at: ApplianceDescription, identity: EnrolledIdentity) => {
  const opened = await openSipLink({ ...at, identity }, deadlines.step);
  const link = opened.kind === 'connected' ? opened.link : null;
  return {
    connected: link !== null,
    closed: async (): Promise<void> => {
      const waited = await link?.next(() => null, deadlines.ending);
      if (waited !== 'closed') throw new Error('the connection stands');
    },
    end: () => link?.close(),
  };
};

const revoking = async (world: World): Promise<RevocationSteps> => {
  const appliance = await world.appliance();
  const at = await appliance.describe();
  const { number, name: revokedPhone } = callee;
  const [alice, bob] = await Promise.all([world.phone(caller.name), world.phone(revokedPhone)]);
  const authority = certificateOfPem(at.trust.clientAuthority);
  if (!authority) throw new Error('the client authority’s certificate cannot be read');
  const { identity, certificate } = await identityOf(world, bob, number);
  const other = await identityOf(world, alice, caller.number);
  await world.write('certificate.der', certificate.der);
  await world.write('certificate-other.der', other.certificate.der);
  const witness = createWitness(world, at, authority);

  const registration = await tryRegistration(appliance, at, identity);
  // Connections that begin while the wire is captured can be read.
  await Promise.all([alice.register(), bob.register()]);
  await bob.setAutoAnswer(true);
  const idle = await openIdle(at, identity);
  const call = await tryCall(alice, bob, number);
  await witness.status('ocsp-before', certificate);
  await witness.list('list-before', 'client');
  await witness.list('list-root', 'root');
  const before = { registration, call, connected: idle.connected };

  const ended = (phone: Phone) => phone.waitForCall(['ended'], deadlines.ending);
  const [revokedAt, begun] = [Date.now(), performance.now()];
  const ends = [ended(bob), ended(alice), idle.closed()].map((event) => since(begun, event));
  const asked = appliance.revoke?.(number) ?? Promise.reject(new Error());
  const told = await since(begun, asked);
  const { asking = 0 } = (await unlessUnasked(asked)) ?? {};
  const [status, list] = await Promise.all([
    witness.untilRevoked('ocsp-after', certificate, begun),
    witness.untilListed('list-after', certificate, begun),
  ]);
  const [callEndedAtRevoked = null, callEndedAtOther = null, connectionClosed = null] =
    await Promise.all(ends);
  idle.end();
  const latencies = {
    told,
    callEndedAtRevoked,
    callEndedAtOther,
    connectionClosed,
    status,
    list,
  };
  if (callEndedAtOther === null) await alice.hangUp();

  const after = {
    registration: await tryRegistration(appliance, at, identity),
    call: await tryCall(alice, bob, number),
    enrolment: await tryEnrolment(appliance, at, number),
  };
  await witness.status('ocsp-other', other.certificate);
  await witness.finish();

  const releasedAt = Date.now();
  // What could not be revoked may not be released either: that the administrator could not is a finding, no end of the activity.
  const released = appliance.release?.(number);
  await (told === null ? released?.catch(() => undefined) : released);
  await enrol(world, bob, number);
  await bob.unlock(passphraseOf(bob.name, world.seed));
  await bob.register();
  await bob.setAutoAnswer(true);
  const callAgain = await tryCall(alice, bob, number);
  await alice.hangUp();
  const afterRelease = {
    call: callAgain,
    registrationWithOld: await tryRegistration(appliance, at, identity),
  };
  const otherPhone = caller.name;
  return {
    number,
    revokedPhone,
    otherPhone,
    revokedAt,
    releasedAt,
    ...(asking === 0 ? {} : { asking }),
    before,
    latencies,
    after,
    released: afterRelease,
  };
};

/** An administrator revokes a user in a call, and lets the number enrol again. The phones of the call are as they were at its end. */
export const revocation: Activity = {
  id: 'revocation',
  title: 'an administrator revokes a user during a call, and releases the number again',
  effect: 'enrols numbers, revokes one and releases it again',
  disturbs: true,
  needs: ['enrol', 'call', 'read-token', 'refusal-log', 'export-stored-files', 'revoke'],
  after: ['call'],
  captured: true,
  async run(world) {
    const description = await (await world.appliance()).describe();
    await world.write('topology.json', { ...description, caller, callee });
    await world.write('steps.json', await revoking(world));
  },
};

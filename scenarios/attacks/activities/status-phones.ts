import type { Phone } from '../../../devices/contract.ts';
import {
  answerWith,
  callWith,
  type PeerCalls,
  type PeerReaction,
} from '../../../simulators/attackers/certificate-peer.ts';
import { startHostileRegistration } from '../../../simulators/attackers/hostile-registration.ts';
import {
  createHostileStatus,
  type HostileStatus,
} from '../../../simulators/attackers/hostile-status.ts';
import { startHostileSwitch } from '../../../simulators/attackers/hostile-switch.ts';
import {
  listFaults,
  ocspFaults,
  type StatusFault,
} from '../../../simulators/attackers/status-faults.ts';
import { rightFields, writeFields } from '../../../simulators/attackers/x509-fields.ts';
import type { ShownCertificate } from '../../../simulators/attackers/x509-faults.ts';
import {
  createOpenHierarchy,
  rsaKey,
  type OpenHierarchy,
} from '../../../simulators/attackers/x509-hierarchy.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { passphraseOf } from '../../conformity/activities/basic-call.ts';
import { statusActivity, type StatusAttempt } from './status-evidence.ts';

/** Milliseconds for what a phone does: it may wait some seconds for an answer about revocation that does not come. */
const deadlineMs = 10_000;

/** Numbers of the phones and of whom they call; of the range kept for fiction. */
const numbers = {
  called: '+33639980220',
  calling: '+33639980221',
  peer: '+33639980223',
} as const;

/** Where the phones live: everything is the testbed's own. */
interface Place {
  readonly world: World;
  readonly host: string;
  readonly hierarchy: OpenHierarchy;
  /** The same in every attempt: nothing is wrong with it. */
  readonly shown: ShownCertificate;
}

/** A phone, and what is tried on it. */
interface Subject {
  readonly name: string;
  readonly number: string;
  readonly prepare: (phone: Phone) => Promise<void>;
  readonly attempt: (
    phone: Phone,
    calls: PeerCalls,
    shown: ShownCertificate,
  ) => Promise<PeerReaction>;
}

const called: Subject = {
  name: 'lucie',
  number: numbers.called,
  prepare: (phone) => phone.setAutoAnswer(true),
  attempt: (_phone, calls, shown) => callWith(calls, shown),
};

const calling: Subject = {
  name: 'marc',
  number: numbers.calling,
  prepare: () => Promise.resolve(),
  async attempt(phone, calls, shown) {
    const reaction = await answerWith(calls, shown, () => phone.dial(numbers.peer));
    await phone.hangUp();
    return reaction;
  },
};

/** Lists first: a phone keeps one that it took. Then a control before the answers and one behind. */
const order: readonly (StatusFault | null)[] = [...listFaults, null, ...ocspFaults, null];

const tryAll = async (
  phone: Phone,
  status: HostileStatus,
  attempt: () => Promise<PeerReaction>,
): Promise<readonly StatusAttempt[]> => {
  const attempts: StatusAttempt[] = [];
  for (const fault of order) {
    const before = (await phone.refusals()).length;
    status.behave(fault);
    const reaction = await attempt();
    const asked = status.asked();
    const refusals = (await phone.refusals())
      .slice(before)
      .map(({ code, detail }) => ({ code, detail }));
    await phone.waitForCall(['idle', 'ended'], deadlineMs);
    const { group, name } = fault ?? { group: 'control', name: 'control' };
    attempts.push({ group, name, ...reaction, asked: { ...asked }, refusals });
  }
  return attempts;
};

/** One phone with a registration service and a signalling server of its own, so that both roles are tried side by side. */
const tryPhone = async (
  { world, host, hierarchy, shown }: Place,
  { name, number, prepare, attempt }: Subject,
): Promise<readonly StatusAttempt[]> => {
  const status = createHostileStatus(hierarchy);
  const registration = await startHostileRegistration(host, hierarchy, status);
  const server = await startHostileSwitch(host, hierarchy);
  try {
    const relay = { host, first: 0, last: 0 };
    const { trust } = hierarchy;
    const at = { sip: server.endpoint, registration: registration.endpoint, relay, trust };
    const phone = await world.phone(name, at);
    const passphrase = passphraseOf(name, world.seed);
    await phone.requestEnrolment(number, passphrase);
    await phone.completeEnrolment(await registration.readToken(number));
    await phone.unlock(passphrase);
    await phone.register();
    await prepare(phone);
    const own = numbers.peer;
    const calls: PeerCalls = { switch: server, host, own, phone: number, deadlineMs };
    return await tryAll(phone, status, () => attempt(phone, calls, shown));
  } finally {
    await Promise.all([server.close(), registration.close()]);
  }
};

/** Phones whose three authorities are the testbed's own hear answers about revocation with one fault each: as callee and as caller, of a peer with whom nothing is wrong. */
export const statusPhones: Activity = {
  id: statusActivity,
  title: 'phones hear revocation lists and OCSP answers that have one fault each',
  effect: 'tries two phones against a registration service and authorities of the testbed’s own',
  disturbs: false,
  needs: ['enrol', 'call', 'refusal-log'],
  expected: 5_500,
  after: [],
  captured: false,
  async run(world) {
    const host = world.site.address('testbed');
    const [hierarchy, key] = await Promise.all([createOpenHierarchy(host), rsaKey()]);
    const { clientAuthority: issuer } = hierarchy;
    const fields = rightFields({ role: 'client', name: numbers.peer, key, issuer });
    const shown = { certificate: writeFields(fields), chain: [issuer.certificate], key };
    const place = { world, host, hierarchy, shown };
    const [atCalled, atCalling] = await Promise.all([
      tryPhone(place, called),
      tryPhone(place, calling),
    ]);
    await world.write('called.json', atCalled);
    await world.write('calling.json', atCalling);
  },
};

import type { ApplianceDescription, Phone } from '../../../devices/contract.ts';
import {
  answerWith,
  callWith,
  type PeerCalls,
  type PeerReaction,
} from '../../../simulators/attackers/certificate-peer.ts';
import { subjectNameOf } from '../../../simulators/attackers/certificate-forger.ts';
import {
  startHostileRegistration,
  type HostileRegistration,
} from '../../../simulators/attackers/hostile-registration.ts';
import { startHostileSwitch } from '../../../simulators/attackers/hostile-switch.ts';
import { rightGroup } from '../../../simulators/attackers/tls-server/groups.ts';
import {
  startHostileServer,
  type HostileBehaviour,
  type HostileServer,
} from '../../../simulators/attackers/tls-server/hostile-server.ts';
import { chainFaults } from '../../../simulators/attackers/x509-chain-faults.ts';
import {
  serverContentFaults,
  userContentFaults,
} from '../../../simulators/attackers/x509-content-faults.ts';
import {
  makeKeys,
  rightCertificate,
  type CertificateFault,
  type ShownCertificate,
  type Workshop,
  type WorkshopKeys,
} from '../../../simulators/attackers/x509-faults.ts';
import {
  createOpenHierarchy,
  type OpenHierarchy,
} from '../../../simulators/attackers/x509-hierarchy.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { passphraseOf } from '../../conformity/activities/basic-call.ts';
import { phonesActivity, type PeerAttempt, type ServerAttempt } from './certificate-evidence.ts';

/** Milliseconds: for a phone's answer, and for its reaction to a server. */
const deadlines = { answer: 5_000, register: 8_000, ended: 1_000 } as const;

/** Numbers of the phones and of whom they call; of the range kept for fiction. */
const numbers = {
  called: '+33639980210',
  calling: '+33639980211',
  connecting: '+33639980212',
  peer: '+33639980213',
} as const;

/** Where the phones live: everything is the testbed's own. */
interface Place {
  readonly world: World;
  readonly host: string;
  readonly hierarchy: OpenHierarchy;
  readonly keys: WorkshopKeys;
  readonly registration: HostileRegistration;
}

const control: CertificateFault = {
  row: '',
  name: 'control',
  tolerable: false,
  make: rightCertificate,
};

const withControls = (faults: readonly CertificateFault[]): readonly CertificateFault[] => [
  control,
  ...faults,
  control,
];

const enrolled = async (
  { world, hierarchy, registration }: Place,
  name: string,
  number: string,
  sip: ApplianceDescription['sip'],
): Promise<Phone> => {
  const relay = { host: sip.host, first: 0, last: 0 };
  const at = { sip, registration: registration.endpoint, relay, trust: hierarchy.trust };
  const phone = await world.phone(name, at);
  const passphrase = passphraseOf(name, world.seed);
  await phone.requestEnrolment(number, passphrase);
  await phone.completeEnrolment(await registration.readToken(number));
  await phone.unlock(passphrase);
  return phone;
};

/** What the phone did with each certificate, one after the other. */
const tryPeers = async (
  { hierarchy, keys }: Place,
  phone: Phone,
  attempt: (shown: ShownCertificate) => Promise<PeerReaction>,
): Promise<readonly PeerAttempt[]> => {
  const workshop: Workshop = { hierarchy, keys, role: 'client', name: numbers.peer };
  const attempts: PeerAttempt[] = [];
  for (const { row, name, tolerable, make } of withControls([
    ...chainFaults,
    ...userContentFaults,
  ])) {
    const before = (await phone.refusals()).length;
    const reaction = await attempt(make(workshop));
    const refusals = (await phone.refusals()).slice(before).map(({ code }) => code);
    await phone.waitForCall(['idle', 'ended'], deadlines.answer);
    attempts.push({ row, name, tolerable, ...reaction, refusals });
  }
  return attempts;
};

/** A phone is called with each certificate. */
const callPhone = async (place: Place): Promise<readonly PeerAttempt[]> => {
  const { host, hierarchy } = place;
  const server = await startHostileSwitch(host, hierarchy);
  try {
    const phone = await enrolled(place, 'ines', numbers.called, server.endpoint);
    await phone.register();
    await phone.setAutoAnswer(true);
    const calls: PeerCalls = {
      switch: server,
      host,
      own: numbers.peer,
      phone: numbers.called,
      deadlineMs: deadlines.answer,
    };
    return await tryPeers(place, phone, (shown) => callWith(calls, shown));
  } finally {
    await server.close();
  }
};

/** A phone's calls are answered with each certificate. */
const answerPhone = async (place: Place): Promise<readonly PeerAttempt[]> => {
  const { host, hierarchy } = place;
  const server = await startHostileSwitch(host, hierarchy);
  try {
    const phone = await enrolled(place, 'jules', numbers.calling, server.endpoint);
    await phone.register();
    const calls: PeerCalls = {
      switch: server,
      host,
      own: numbers.peer,
      phone: numbers.calling,
      deadlineMs: deadlines.answer,
    };
    return await tryPeers(place, phone, async (shown) => {
      const reaction = await answerWith(calls, shown, () => phone.dial(numbers.peer));
      await phone.hangUp();
      return reaction;
    });
  } finally {
    await server.close();
  }
};

/** Whether the promise is fulfilled within the deadline; its rejection is no. */
const fulfilled = async (work: Promise<unknown>, deadlineMs: number): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), deadlineMs);
  work.then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(() => clearTimeout(timer));
};

const showAt = async (
  phone: Phone,
  server: HostileServer,
  behaviour: HostileBehaviour,
): Promise<Omit<ServerAttempt, 'row' | 'name' | 'tolerable'>> => {
  const before = (await phone.refusals()).length;
  server.behave(behaviour);
  const registered = await fulfilled(phone.register(), deadlines.register);
  // Of a phone that gave up, the server learns a moment later.
  if (!registered) await fulfilled(server.ended(), deadlines.ended);
  const refusals = (await phone.refusals()).slice(before).map(({ code }) => code);
  const connections = server.connections();
  return {
    registered,
    connections: connections.length,
    bytes: connections.reduce((sum, each) => sum + each.applicationBytes, 0),
    alerts: connections.flatMap(({ alerts }) => alerts.map(({ description }) => description)),
    refusals,
  };
};

/** A phone is led to a server that shows each certificate. */
const leadPhone = async (place: Place): Promise<readonly ServerAttempt[]> => {
  const { host, hierarchy, keys } = place;
  const workshop: Workshop = { hierarchy, keys, role: 'server', name: host };
  const authorities = [subjectNameOf(hierarchy.clientAuthority.certificate)];
  const behaviourOf = ({ certificate, chain, key }: ShownCertificate): HostileBehaviour => ({
    chain: [certificate, ...chain],
    privateKey: key,
    group: rightGroup,
    authorities,
  });
  const server = await startHostileServer(host, behaviourOf(rightCertificate(workshop)));
  try {
    const phone = await enrolled(place, 'kim', numbers.connecting, server.endpoint);
    const attempts: ServerAttempt[] = [];
    for (const { row, name, tolerable, make } of withControls([
      ...chainFaults,
      ...serverContentFaults,
    ])) {
      const seen = await showAt(phone, server, behaviourOf(make(workshop)));
      attempts.push({ row, name, tolerable, ...seen });
    }
    return attempts;
  } finally {
    await server.close();
  }
};

/** Phones whose three authorities are the testbed's own meet certificates with one fault each: of servers, of callers and of those they call. */
export const certificatePhones: Activity = {
  id: phonesActivity,
  title: 'phones meet servers, callers and callees whose certificates have one fault each',
  effect: 'tries three phones against servers and authorities of the testbed’s own',
  disturbs: false,
  needs: ['enrol', 'call', 'refusal-log'],
  expected: 4_500,
  after: [],
  captured: false,
  async run(world) {
    const host = world.site.address('testbed');
    const [hierarchy, keys] = await Promise.all([createOpenHierarchy(host), makeKeys()]);
    const registration = await startHostileRegistration(host, hierarchy);
    const place = { world, host, hierarchy, keys, registration };
    try {
      const [called, calling, servers] = await Promise.all([
        callPhone(place),
        answerPhone(place),
        leadPhone(place),
      ]);
      await world.write('called.json', called);
      await world.write('calling.json', calling);
      await world.write('servers.json', servers);
    } finally {
      await registration.close();
    }
  },
};

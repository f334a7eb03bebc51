import type { ApplianceDescription } from '../../../devices/contract.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import { forgeServer, startRogueServer } from '../../../simulators/attackers/rogue-server.ts';
import type { CertifiedKey } from '../../../simulators/attackers/certificate-forger.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { enrol, passphraseOf } from '../../conformity/activities/basic-call.ts';

/** Milliseconds for each step of the impostor's own enrolment. */
const deadlineMs = 5_000;

/** Numbers of the phones and of the impostor; of the range kept for fiction. */
const numbers = { carol: '+33639980020', dave: '+33639980021', erin: '+33639980022' } as const;
const impostorNumber = '+33639980023';

/** Leads an enrolled phone to a server that shows this certificate, and tells what the phone did. */
const lead = async (
  world: World,
  name: keyof typeof numbers,
  at: ApplianceDescription,
  shown: CertifiedKey,
  chain: string,
) => {
  const server = await startRogueServer(world.site.address('testbed'), shown, chain);
  try {
    const phone = await world.phone(name, { ...at, sip: server.endpoint });
    await enrol(world, phone, numbers[name]);
    await phone.unlock(passphraseOf(name, world.seed));
    const before = (await phone.refusals()).length;
    const registering = phone.register().then(
      () => true,
      () => false,
    );
    const registered = await Promise.race([registering, server.leak.then(() => false)]);
    const refusals = (await phone.refusals()).slice(before).map(({ code }) => code);
    return { registered, refusals, server: server.log() };
  } finally {
    await server.close();
  }
};

const ownCertificate = async (world: World, at: ApplianceDescription): Promise<CertifiedKey> => {
  const appliance = await world.appliance();
  const user = createMaliciousUser(at);
  const outcome = await user.enrol(
    impostorNumber,
    (number) => appliance.readToken(number, deadlineMs),
    deadlineMs,
  );
  const identity = user.identity(impostorNumber);
  if (outcome.kind !== 'enrolled' || !identity)
    throw new Error(`the impostor could not enrol: ${outcome.kind}`);
  return identity;
};

/** Phones are led to servers that are not the appliance; beside them, one goes to the appliance itself. */
export const impostor: Activity = {
  id: 'impostor',
  title: 'phones are led to servers with a forged and with a user’s certificate',
  effect: 'enrols one number and tries phones against servers of the testbed’s own',
  disturbs: false,
  needs: ['enrol', 'read-token', 'refusal-log'],
  after: [],
  captured: true,
  async run(world) {
    const at = await (await world.appliance()).describe();
    await world.write('topology.json', at);
    const { serverAuthority, clientAuthority } = at.trust;
    const forged = forgeServer(world.site.address('testbed'), serverAuthority);
    const attempts = [
      { shown: 'rogue-authority', ...(await lead(world, 'carol', at, forged, serverAuthority)) },
      {
        shown: 'user-certificate',
        ...(await lead(world, 'dave', at, await ownCertificate(world, at), clientAuthority)),
      },
    ];
    const control = await world.phone('erin');
    await enrol(world, control, numbers.erin);
    await control.unlock(passphraseOf('erin', world.seed));
    await control.register();
    await world.write('attempts.json', { attempts, control: { registered: true } });
  },
};

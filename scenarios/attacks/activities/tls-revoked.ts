import type { Activity } from '../../campaign/activity.ts';
import { attempt } from '../../../simulators/attackers/tls-client/trial.ts';
import { enrolAttacker, freshSession, portsOf, resumeAt, trialOf } from './tls-ports.ts';

/** A number that is enrolled, revoked and released again; of the range kept for fiction. */
const number = '+33639980133';

/** A session begun before its user was revoked is offered again afterwards. */
export const tlsRevoked: Activity = {
  id: 'tls-revoked',
  title: 'a revoked user tries to resume a TLS session begun before',
  effect: 'enrols one number, revokes it and releases it again',
  disturbs: true,
  needs: ['enrol', 'read-token', 'revoke'],
  after: [],
  captured: false,
  async run(world) {
    const appliance = await world.appliance();
    const at = await appliance.describe();
    const [sip] = portsOf(at, await enrolAttacker(world, at, number));
    if (!sip || !appliance.revoke || !appliance.release)
      throw new Error('the target cannot revoke, though it says so');
    const { outcome: control } = await attempt(trialOf(sip));
    const session = await freshSession(sip);
    if (!session) throw new Error('no session was established before the revocation');
    const before = await resumeAt(sip, session, 'identifier');
    const again = await freshSession(sip);
    await appliance.revoke(number);
    try {
      const resumptions = [];
      for (const by of ['identifier', 'ticket'] as const)
        resumptions.push({ name: by, ...(await resumeAt(sip, again ?? session, by)) });
      const { outcome: whole } = await attempt(trialOf(sip));
      await world.write('revoked.json', { control, before, resumptions, whole });
    } finally {
      await appliance.release(number);
    }
  },
};

import { tryEnrol, type TokenChoice } from '../../../simulators/attackers/enrolment-probe.ts';
import { tryRegister } from '../../../simulators/attackers/certificate-probe.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import type { Activity } from '../../campaign/activity.ts';

/** Milliseconds for each step. */
const deadlineMs = 5_000;

/** Numbers of the intruder's own; of the range kept for fiction. */
const number = '+33639980010';
const controlNumber = '+33639980011';

/** Tokens given back by someone who does not have the right one, then the right one as control. */
const tokens: readonly TokenChoice[] = ['none', 'empty', 'wrong', 'no-enrolment', 'right'];

/** An outsider tries to get a certificate without the token, and to register without a certificate; each beside its control. */
export const intruder: Activity = {
  id: 'intruder',
  title: 'an outsider tries to enrol without the token and to register without a certificate',
  effect: 'asks for enrolment with wrong tokens, and connects without a certificate',
  disturbs: false,
  needs: ['enrol', 'read-token', 'refusal-log'],
  after: [],
  captured: true,
  async run(world) {
    const appliance = await world.appliance();
    const description = await appliance.describe();
    await world.write('topology.json', description);
    const readToken = (of: string) => appliance.readToken(of, deadlineMs);
    const enrolments = [];
    for (const token of tokens)
      enrolments.push(await tryEnrol(description, number, { token, readToken, deadlineMs }));
    await world.write('enrolments.json', enrolments);
    const user = createMaliciousUser(description);
    const registrations = [];
    try {
      for (const certificate of ['none', 'rogue-authority'] as const) {
        const before = (await appliance.refusals()).length;
        const outcome = await tryRegister(description, controlNumber, certificate, deadlineMs);
        const refusals = (await appliance.refusals()).slice(before).map(({ code }) => code);
        registrations.push({ certificate, outcome, refusals });
      }
      const enrolled = await user.enrol(controlNumber, readToken, deadlineMs);
      const outcome =
        enrolled.kind === 'enrolled' ? await user.register(controlNumber, deadlineMs) : enrolled;
      registrations.push({ certificate: 'own', outcome, refusals: [] });
    } finally {
      user.close();
    }
    await world.write('registrations.json', registrations);
  },
};

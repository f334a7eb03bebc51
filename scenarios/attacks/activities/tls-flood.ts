import type { Endpoint, Phone } from '../../../devices/contract.ts';
import { attempt } from '../../../simulators/attackers/tls-client/trial.ts';
import { startTlsFlood } from '../../../simulators/attackers/tls-flood.ts';
import type { Activity } from '../../campaign/activity.ts';
import { enrol, passphraseOf } from '../../conformity/activities/basic-call.ts';
import { portsOf, trialOf } from './tls-ports.ts';

/** Handshakes left unfinished at each port: below what one address may have, so that a phone behind the same one is not shut out. */
const connections = 100;

/** Milliseconds: to open them, and for the phone and the client beside them to be served. */
const deadlines = { opening: 3_000, service: 10_000 } as const;

/** Looks after the flood, until the phone and the client are served again. */
const laterLooks = 20;

const name = 'tls-other';
const number = '+33639980132';

/** On a loopback the attacker comes from an address of his own, as he does anywhere else. */
const sourceOf = ({ host }: Endpoint): { readonly from?: string } =>
  host.startsWith('127.') ? { from: '127.0.0.66' } : {};

/** How a service is for others at one moment. */
interface Service {
  readonly served: boolean;
  /** How it came out, where it was not. */
  readonly ending: string;
  /** Milliseconds. */
  readonly took: number;
}

const isServed = (found: { readonly sip: Service; readonly registration: Service }): boolean =>
  found.sip.served && found.registration.served;

const registering = async (phone: Phone): Promise<Service> => {
  const [before, begun] = [(await phone.refusals()).length, performance.now()];
  const served = await phone.register().then(
    () => true,
    () => false,
  );
  const took = performance.now() - begun;
  const codes = (await phone.refusals()).slice(before).map(({ code }) => code);
  return { served, ending: served ? 'registered' : (codes.at(-1) ?? 'no reason'), took };
};

/** A phone keeps being served while handshakes at both ports are left unfinished. */
export const tlsFlood: Activity = {
  id: 'tls-flood',
  title: 'a phone registers while handshakes are left unfinished at both TLS ports',
  effect: `enrols one number and leaves ${connections} TLS handshakes unfinished at each of the two ports for a moment`,
  disturbs: true,
  needs: ['enrol', 'read-token', 'refusal-log'],
  after: [],
  captured: false,
  async run(world) {
    const at = await (await world.appliance()).describe();
    const ports = portsOf(at, { identity: null, rogue: null });
    const registration = ports.find(({ service }) => service === 'registration');
    const phone = await world.phone(name);
    await enrol(world, phone, number);
    await phone.unlock(passphraseOf(name, world.seed));
    const asking = async (): Promise<Service> => {
      const begun = performance.now();
      if (!registration) return { served: false, ending: 'no port', took: 0 };
      const { outcome } = await attempt(trialOf(registration, { deadlineMs: deadlines.service }));
      const served = outcome.answer !== null;
      return { served, ending: outcome.end, took: performance.now() - begun };
    };
    const look = async () => ({ sip: await registering(phone), registration: await asking() });
    /** A server hears of the end of a flood a little after it. */
    const lookUntilServed = async () => {
      let found = await look();
      for (let again = 0; again < laterLooks && !isServed(found); again += 1) found = await look();
      return found;
    };
    const before = await look();
    const floods = await Promise.all(
      ports.map(({ endpoint }) =>
        startTlsFlood({
          endpoint,
          connections,
          ...sourceOf(endpoint),
          deadlineMs: deadlines.opening,
        }),
      ),
    );
    try {
      const during = await look();
      const [sip, web] = floods.map((flood) => flood.counts());
      const counts = { sip, registration: web };
      for (const flood of floods) flood.stop();
      await world.write('service.json', { before, during, after: await lookUntilServed(), counts });
    } finally {
      for (const flood of floods) flood.stop();
    }
  },
};

import { randomBytes } from 'node:crypto';
import { startAppliance, type ReferenceAppliance } from '../../reference/appliance/appliance.ts';
import { createHandset, type Handset } from '../../reference/client/web/handset.ts';
import { serveScreen, type ScreenServer } from '../../reference/client/web/server.ts';
import type { Contact } from '../../reference/client/web/view.ts';
import { createSmsCentre, type SmsCentre } from '../../simulators/sms/centre.ts';
import type { RefusalEntry, Site } from '../contract.ts';

/** UDP ports of the relay: below those that the system hands out. */
const relayPorts = { first: 20_000, last: 29_999 } as const;

/** Milliseconds that a text message may take to arrive. */
const smsDeadline = 10_000;

/** What is started to be used by hand. */
export interface ByHandOptions {
  readonly phones: number;
  /** Whether the phones are enrolled and registered already; their users do it through the screen otherwise. */
  readonly areEnrolled: boolean;
  /** Told each text message that the service sends. */
  readonly onText: (number: string, text: string) => void;
  /** Told, when the screen of a phone was opened, the address that opens it next. */
  readonly onOpened?: (phone: string, url: string) => void;
  /** Told what the appliance or a phone refuses. */
  readonly onRefusal: (who: string, refusal: RefusalEntry) => void;
}

/** A phone to be used in a browser. */
export interface PhoneByHand {
  /** Such as `phone 1`. */
  readonly name: string;
  /** Its number, or the one that its enrolment suggests. */
  readonly number: string;
  /** Opens its screen, once: another takes its place then. A secret. */
  readonly url: string;
  readonly handset: Handset;
}

/** The reference system with phones to be used by hand. */
export interface SystemByHand {
  readonly appliance: ReferenceAppliance;
  readonly phones: readonly PhoneByHand[];
  stop(): Promise<void>;
}

/** Numbers of a range that the French regulator keeps for fiction. */
const numberOf = (index: number): string => `+336399850${String(index + 1).padStart(2, '0')}`;

/** Most phones there are numbers for. */
export const mostByHand = 99;

const contactOf = (index: number): Contact => ({
  name: `Phone ${index + 1}`,
  number: numberOf(index),
});

/** An SMS centre that tells what it takes. */
const announcing = (sms: SmsCentre, onText: ByHandOptions['onText']): SmsCentre => ({
  ...sms,
  send(number, text) {
    onText(number, text);
    return sms.send(number, text);
  },
});

/** Does what a user would do through the screen; throws with the code of what went wrong. */
const enrol = async (handset: Handset, number: string, sms: SmsCentre): Promise<void> => {
  const password = randomBytes(16).toString('base64url');
  const succeed = (): void => {
    const { error } = handset.state();
    if (error !== null) throw new Error(`${number}: cannot be enrolled: ${error}`);
  };
  await handset.act({ do: 'request-enrolment', number, password });
  succeed();
  const { text } = await sms.waitFor(number, smsDeadline);
  const token = /\b\d{6,}\b/.exec(text)?.[0] ?? '';
  await handset.act({ do: 'complete-enrolment', token });
  succeed();
  await handset.act({ do: 'unlock', password });
  succeed();
  await handset.whenRegistered();
};

/** Stops everything, each whatever becomes of the others. */
const stopAll = async (
  phones: readonly { readonly handset: Handset; readonly server: ScreenServer }[],
  appliance: ReferenceAppliance,
): Promise<void> => {
  await Promise.allSettled(
    phones.map(async ({ handset, server }) => {
      await server.close();
      await handset.stop();
    }),
  );
  await appliance.stop();
};

/** Starts the reference appliance and phones whose screens are served to browsers on this machine. */
export const startByHand = async (site: Site, options: ByHandOptions): Promise<SystemByHand> => {
  const host = site.address('appliance');
  const sms = announcing(createSmsCentre(), options.onText);
  const appliance = await startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, ...relayPorts },
    sms,
    onRefusal: (refusal) => options.onRefusal('appliance', refusal),
  });
  const started: (PhoneByHand & { readonly server: ScreenServer })[] = [];
  const { sip, registration, trust } = appliance;
  const start = async (index: number): Promise<void> => {
    const { name, number } = contactOf(index);
    const folder = await site.folder(`phone-${index + 1}`);
    const handset = await createHandset({
      settings: { sip, registration, trust, folder, host: site.address('phone') },
      logs: { refusal: (refusal) => options.onRefusal(name.toLowerCase(), refusal) },
      contacts: Array.from({ length: options.phones }, (_, other) => contactOf(other)).filter(
        (contact) => contact.number !== number,
      ),
      suggestedNumber: number,
    });
    const server = await serveScreen(handset, {
      onOpened: (url) => options.onOpened?.(name.toLowerCase(), url),
    }).catch(async (error: unknown) => {
      await handset.stop();
      throw error;
    });
    started[index] = {
      name: name.toLowerCase(),
      number,
      get url() {
        return server.url;
      },
      handset,
      server,
    };
    if (options.areEnrolled) await enrol(handset, number, sms);
  };
  const outcomes = await Promise.allSettled(
    Array.from({ length: options.phones }, (_, index) => start(index)),
  );
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    await stopAll(started.filter(Boolean), appliance);
    throw failed.reason;
  }
  return { appliance, phones: started, stop: () => stopAll(started, appliance) };
};

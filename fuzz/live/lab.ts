import type { ApplianceDescription } from '../../devices/contract.ts';
import type { EnrolledIdentity } from '../../simulators/attackers/call-faults.ts';
import { certificatesInPem } from '../../simulators/attackers/certificate-forger.ts';
import { createMaliciousUser } from '../../simulators/attackers/malicious-user.ts';
import { openLoopbackSite } from '../../simulators/lab/site.ts';
import { startPart, type Part } from './part.ts';
import { localPhone, partPhone, type LivePhone } from './phones.ts';

/** Milliseconds for each step of an enrolment, however busy the machine. */
const stepDeadline = 20_000;

/** UDP ports of the relay: below those that other labs on this machine use. */
const relay = { first: 14_000, last: 15_999 } as const;

/** What a lab is opened with. */
export interface LabOptions {
  /** A module whose `parts` take the place of the reference's own, in the appliance or the phone under test. */
  readonly partsFile?: string;
  /** Clients that send cases at the same time; as many as the target has unless given. */
  readonly workers?: number;
  /** Phones of the control calls; as many as the target has unless given. */
  readonly phones?: number;
}

/** A running appliance with phones and attackers, on loopback. */
export interface Bench {
  readonly description: ApplianceDescription;
  readonly appliance: Part;
  /** DER of the client authority's certificate. */
  readonly authority: Uint8Array;
  /** A phone of this process, enrolled and registered, that answers calls. */
  phone(number: string): Promise<LivePhone>;
  /** A phone in a process of its own. */
  phoneApart(
    number: string,
    partsFile?: string,
  ): Promise<{ readonly part: Part; readonly phone: LivePhone }>;
  /** A number's certificate and key, to be misused. */
  identity(number: string): Promise<EnrolledIdentity>;
  /** Stops everything, each whatever becomes of the others. */
  close(): Promise<void>;
}

const startAppliance = async (part: Part, partsFile: string | undefined) =>
  (await part.ask({
    do: 'appliance',
    host: '127.0.0.1',
    relay,
    ...(partsFile === undefined ? {} : { partsFile }),
  })) as ApplianceDescription;

/** Starts an appliance in a process of its own. Rejects with one line, nothing left running, where that fails. */
export const openBench = async (partsFile?: string): Promise<Bench> => {
  const site = await openLoopbackSite();
  const appliance = startPart('the appliance');
  const phones: { stop(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(phones.splice(0).map((phone) => phone.stop()));
    await appliance.stop().catch(() => undefined);
    await site.close();
  };
  try {
    const description = await startAppliance(appliance, partsFile);
    const { sip, registration, trust } = description;
    const [authority] = certificatesInPem(trust.clientAuthority);
    if (authority === undefined) throw new Error('the appliance names no client authority');
    const user = createMaliciousUser(description);
    const readToken = async (number: string) =>
      (await appliance.ask({ do: 'token', number })) as string;
    const settingsOf = async (number: string) => {
      const folder = await site.folder(`phone-${number}`);
      return { sip, registration, trust, folder, host: '127.0.0.1' };
    };
    return {
      description,
      appliance,
      authority,
      async phone(number) {
        const phone = localPhone(number, await settingsOf(number));
        phones.push(phone);
        await phone.enrol(readToken);
        return phone;
      },
      async phoneApart(number, phonePartsFile) {
        const part = startPart(`the phone ${number}`);
        phones.push(part);
        const phone = await partPhone(number, part, await settingsOf(number), phonePartsFile);
        await phone.enrol(readToken);
        return { part, phone };
      },
      async identity(number) {
        const outcome = await user.enrol(number, readToken, stepDeadline);
        const identity = user.identity(number);
        if (identity === undefined)
          throw new Error(`${number} could not be enrolled: ${JSON.stringify(outcome)}`);
        return identity;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

import type { Appliance, ApplianceDescription, Phone, Site } from '../../../devices/contract.ts';
import { startKamailioAppliance } from '../../../devices/kamailio/appliance.ts';
import {
  kamailioProgram,
  programProblem,
  rtpengineProgram,
} from '../../../devices/kamailio/programs.ts';
import { referenceTarget, type ReferenceTargetParts } from '../../../devices/reference/target.ts';
import { enrol, type EnrolledNumber } from '../enrolment.ts';

const passphrase = 'a test passphrase';

/** Milliseconds for a text message. */
const tokenDeadline = 10_000;

/** An appliance that peers are tried against. */
export interface TriedAppliance {
  readonly name: string;
  /** Why it cannot be started here, in one line. */
  readonly problem: string | null;
  readonly start: (site: Site) => Promise<Appliance>;
}

/** The reference's, embedded and on Kamailio and rtpengine. */
export const triedAppliances = async (): Promise<readonly TriedAppliance[]> => [
  {
    name: 'the embedded appliance',
    problem: null,
    start: (site) => referenceTarget().startAppliance(site),
  },
  {
    name: 'the appliance on Kamailio and rtpengine',
    problem: (await programProblem(kamailioProgram)) ?? (await programProblem(rtpengineProgram)),
    start: startKamailioAppliance,
  },
];

/** A number of a peer with a certificate from the appliance's own registration service. */
export const enrolPeer = async (
  appliance: Appliance,
  description: ApplianceDescription,
  number: string,
): Promise<EnrolledNumber> =>
  enrol(description, number, (asked) => appliance.readToken(asked, tokenDeadline));

/** A reference phone that is enrolled and registered. */
export const registeredPhone = async (
  site: Site,
  appliance: Appliance,
  { name, number }: { readonly name: string; readonly number: string },
  parts: NonNullable<ReferenceTargetParts['phone']> = {},
): Promise<Phone> => {
  const target = referenceTarget({ phone: parts });
  const phone = await target.startPhone(site, name, await appliance.describe());
  await phone.requestEnrolment(number, passphrase);
  await phone.completeEnrolment(await appliance.readToken(number, tokenDeadline));
  await phone.unlock(passphrase);
  await phone.register();
  return phone;
};

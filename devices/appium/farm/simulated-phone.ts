import type { PhoneLogs } from '../../../reference/client/parts.ts';
import { toHex } from '../../../reference/core/bytes.ts';
import type { SrtpMaster } from '../../../reference/core/csl/key-schedule.ts';
import { referenceApplication } from '../../../simulators/android/phone/reference-application.ts';
import type { Widget } from '../../../simulators/android/phone/widget.ts';
import { startAndroidPhone } from '../../../simulators/android/start.ts';
import type { ApplianceDescription, KeyAgreementLogEntry, MediaKey, Site } from '../../contract.ts';
import type { ClientLogs } from '../phone.ts';
import type { FarmPhone } from './schema.ts';

type Described = Extract<FarmPhone, { readonly simulated: unknown }>['simulated'];

/** A simulated phone that adb can be connected to, and what the client behind its screen logs. */
export interface SimulatedPhone {
  readonly serial: string;
  readonly logs: ClientLogs;
  readonly stop: () => Promise<void>;
}

/** API levels of Android versions that are simulated. */
const levels: Readonly<Record<string, number>> = {
  '8': 26,
  '9': 28,
  '10': 29,
  '11': 30,
  '12': 31,
  '13': 33,
  '14': 34,
  '15': 35,
  '16': 36,
};

const mediaKeyOf = ({ masterKey, masterSalt }: SrtpMaster): MediaKey => ({
  masterKey: toHex(masterKey),
  masterSalt: toHex(masterSalt),
});

const openJournal = (): { readonly write: PhoneLogs; readonly read: ClientLogs } => {
  const tlsKeys: string[] = [];
  const exponents: KeyAgreementLogEntry[] = [];
  const mediaKeys: MediaKey[] = [];
  return {
    write: {
      refusal: () => undefined,
      tlsKeys: (line) => tlsKeys.push(line.trim()),
      keyAgreement: (entry) => exponents.push(entry),
      mediaKeys: (keys) =>
        mediaKeys.push(mediaKeyOf(keys.callerToCallee), mediaKeyOf(keys.calleeToCaller)),
    },
    read: {
      tlsKeyLog: async () => [...tlsKeys],
      keyAgreementLog: async () => [...exponents],
      mediaKeys: async () => [...mediaKeys],
    },
  };
};

/** The first digit that is shown of an identifier, made another. */
const altered = (text: string): string =>
  text.replace(/[0-9a-f]/, (digit) => (Number.parseInt(digit, 16) ^ 1).toString(16));

/** A screen that shows a wrong peer: what the judge of target 5.2 must find. */
const wrongIdentifier = (screen: Widget): Widget => ({
  ...screen,
  ...(screen.id?.endsWith(':id/peer_identifier') === true && screen.text !== undefined
    ? { text: altered(screen.text) }
    : {}),
  ...(screen.children ? { children: screen.children.map(wrongIdentifier) } : {}),
});

/** Starts a simulated phone; the client behind its screen is the reference's and runs here, not on it. */
export const startSimulatedPhone = async (
  described: Described,
  {
    site,
    as,
    appliance,
  }: { readonly site: Site; readonly as: string; readonly appliance: ApplianceDescription },
): Promise<SimulatedPhone> => {
  const { manufacturer, model, android, securityPatch, fault } = described;
  const { sip, registration, trust } = appliance;
  const journal = openJournal();
  const application = referenceApplication({
    settings: {
      sip,
      registration,
      trust,
      folder: await site.folder(`phone-${as}`),
      host: site.address(as),
    },
    logs: journal.write,
  });
  const phone = await startAndroidPhone({
    device: {
      serialNumber: `SIM-${as}`,
      ...(manufacturer === undefined ? {} : { manufacturer }),
      model,
      androidVersion: android,
      sdk: levels[android.split('.')[0] ?? ''] ?? 34,
      securityPatch,
    },
    applications: [application],
    ...(fault === 'wrong-identifier' ? { show: wrongIdentifier } : {}),
  });
  return { serial: phone.serial, logs: journal.read, stop: () => phone.stop() };
};

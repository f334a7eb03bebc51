import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { describeCodec } from '../../reference/client/audio/voice.ts';
import type { SrtpMaster } from '../../reference/core/csl/key-schedule.ts';
import { toHex } from '../../reference/core/bytes.ts';
import { phoneParts, type PhoneLogs, type PhoneParts } from '../../reference/client/parts.ts';
import { createPhone, type ReferencePhone } from '../../reference/client/phone.ts';
import {
  DeadlineError,
  type ApplianceDescription,
  type CallReport,
  type KeyAgreementLogEntry,
  type MediaKey,
  type Phone,
  type RefusalEntry,
  type Site,
  type StoredFile,
  type Target,
} from '../contract.ts';
import { capabilities } from './capabilities.ts';
import { startReferenceAppliance } from './reference-appliance.ts';

const mediaKeyOf = ({ masterKey, masterSalt }: SrtpMaster): MediaKey => ({
  masterKey: toHex(masterKey),
  masterSalt: toHex(masterSalt),
});

interface Journal {
  readonly refusals: RefusalEntry[];
  readonly tlsKeys: string[];
  readonly exponents: KeyAgreementLogEntry[];
  readonly mediaKeys: MediaKey[];
  readonly logs: PhoneLogs;
}

const openJournal = (): Journal => {
  const refusals: RefusalEntry[] = [];
  const tlsKeys: string[] = [];
  const exponents: KeyAgreementLogEntry[] = [];
  const mediaKeys: MediaKey[] = [];
  const logs: PhoneLogs = {
    refusal: (entry) => refusals.push(entry),
    tlsKeys: (line) => tlsKeys.push(line.trim()),
    keyAgreement: (entry) => exponents.push(entry),
    mediaKeys: (keys) =>
      mediaKeys.push(mediaKeyOf(keys.callerToCallee), mediaKeyOf(keys.calleeToCaller)),
  };
  return { refusals, tlsKeys, exponents, mediaKeys, logs };
};

/** Resolves with the report as soon as `satisfied`; rejects after `deadline` milliseconds. */
const waitUntil = (
  phone: ReferencePhone,
  satisfied: (report: CallReport) => boolean,
  deadline: number,
  awaited: string,
): Promise<CallReport> =>
  new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      phone.events.off('changed', look);
      finish();
    };
    const look = () => {
      const report = phone.view();
      if (satisfied(report)) settle(() => resolve(report));
    };
    const late = () => {
      const { state, endedBy } = phone.view();
      const ending = endedBy === null ? '' : ` (${endedBy})`;
      reject(
        new DeadlineError(
          `${awaited} did not come within ${deadline / 1000} s; the call is ${state}${ending}`,
        ),
      );
    };
    const timer = setTimeout(() => settle(late), deadline);
    phone.events.on('changed', look);
    look();
  });

const storedFilesOf = async (folder: string): Promise<readonly StoredFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name);
      return {
        path: path.slice(folder.length + 1),
        base64: (await readFile(path)).toString('base64'),
      };
    }),
  );
};

/** Writes over a file of the phone's folder; of nothing else. */
const replaceStoredFile = async (folder: string, path: string, base64: string): Promise<void> => {
  const files = await storedFilesOf(folder);
  if (!files.some((file) => file.path === path))
    throw new Error(`${path}: is not among the stored files; name one that storedFiles gives`);
  await writeFile(join(folder, path), Buffer.from(base64, 'base64'));
};

/** A stored key that does not open is refused like any other thing, and its code is what crosses processes. */
const logStorageRefusal = (error: Error, { refusals }: Journal): void => {
  if (!('code' in error && String(error.code).startsWith('storage/'))) return;
  refusals.push({ at: Date.now(), code: String(error.code), detail: error.message });
};

const adaptPhone = (
  name: string,
  folder: string,
  phone: ReferencePhone,
  journal: Journal,
): Phone => {
  const named = async <Value>(step: string, work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof Error) {
        logStorageRefusal(error, journal);
        error.message = `phone ${name}: ${step}: ${error.message}`;
      }
      throw error;
    }
  };
  return {
    name,
    capabilities,
    requestEnrolment: (number, passphrase) =>
      named('enrolment request', phone.requestEnrolment(number, passphrase)),
    completeEnrolment: (token) => named('enrolment', phone.completeEnrolment(token)),
    unlock: (passphrase) => named('unlocking', phone.unlock(passphrase)),
    register: () => named('registration', phone.register()),
    setAutoAnswer: async (answer) => phone.setAutoAnswer(answer),
    dial: (number) => named('dialling', phone.dial(number)),
    hangUp: async () => phone.hangUp(),
    hold: () => named('hold', phone.hold()),
    resume: () => named('resuming', phone.resume()),
    waitForCall: (states, deadline) =>
      named(
        'call',
        waitUntil(phone, (report) => states.includes(report.state), deadline, states.join(' or ')),
      ),
    waitForAudio(packets, deadline) {
      const before = phone.view().packetsReceived;
      const enough = (report: CallReport) => report.packetsReceived >= before + packets;
      return named('audio', waitUntil(phone, enough, deadline, `${packets} audio packets`));
    },
    report: async () => phone.view(),
    refusals: async () => [...journal.refusals],
    storedFiles: () => storedFilesOf(folder),
    replaceStoredFile: (path, base64) =>
      named('altering a file', replaceStoredFile(folder, path, base64)),
    tlsKeyLog: async () => [...journal.tlsKeys],
    keyAgreementLog: async () => [...journal.exponents],
    mediaKeys: async () => [...journal.mediaKeys],
    stop: () => phone.stop(),
  };
};

const startReferencePhone = async (
  site: Site,
  name: string,
  appliance: ApplianceDescription,
  parts: PhoneParts,
): Promise<Phone> => {
  const folder = await site.folder(`phone-${name}`);
  const journal = openJournal();
  const { sip, registration, trust } = appliance;
  const phone = createPhone(
    { sip, registration, trust, folder, host: site.address(name) },
    journal.logs,
    parts,
  );
  return adaptPhone(name, folder, phone, journal);
};

/** Parts to compose a reference target of; what is left out is the reference's own. */
export interface ReferenceTargetParts {
  readonly name?: string;
  readonly appliance?: Partial<ApplianceParts>;
  readonly phone?: Partial<PhoneParts>;
}

/** The built-in reference system as a target. */
export const referenceTarget = (parts: ReferenceTargetParts = {}): Target => ({
  name: parts.name ?? 'reference',
  capabilities,
  codec: () =>
    `${describeCodec()}; key agreement ${(parts.phone?.keyAgreement ?? phoneParts.keyAgreement).name}`,
  startAppliance: (site) =>
    startReferenceAppliance(site, { ...applianceParts, ...parts.appliance }),
  startPhone: (site, name, appliance) =>
    startReferencePhone(site, name, appliance, { ...phoneParts, ...parts.phone }),
});

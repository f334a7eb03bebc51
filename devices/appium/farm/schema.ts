import { z } from 'zod';

/** Of a farm file: which phones there are, how they are reached, and what is to be done with them. Paths are meant from the file's own folder. */

const path = z.string().min(1).max(4096);

const pattern = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => {
    try {
      return Boolean(new RegExp(text, 'u'));
    } catch {
      return false;
    }
  }, 'is no regular expression of JavaScript; mend it');

const number = z.string().regex(/^\+[1-9]\d{6,14}$/, 'is no telephone number such as +33639980001');

const word = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,31}$/i, 'is a word of letters, digits, dots or hyphens');

const url = z.url({ protocol: /^http$/, error: 'is no http URL, such as http://127.0.0.1:4723' });

/** Appium of this checkout on a free port, one that runs already, or a Selenium Grid 4 whose nodes relay to Appium servers. */
const server = z.union(
  [
    z.literal('own').transform(() => ({ kind: 'own' as const })),
    z
      .strictObject({ appium: url })
      .transform((given) => ({ kind: 'appium' as const, url: given.appium })),
    z
      .strictObject({ grid: url })
      .transform((given) => ({ kind: 'grid' as const, url: given.grid })),
  ],
  'must be own, { appium: URL } or { grid: URL }',
);

const date = z.iso.date('is no date such as 2026-12-31');

const quarantine = z.strictObject({
  reason: z.string().min(3, 'must say why, in three letters or more').max(300),
  /** The last day on which the phone is left out. */
  until: date,
});

/** Networks that a phone can be put on. */
export const networks = ['wifi', 'mobile'] as const;
export type Network = (typeof networks)[number];

const common = {
  /** The number of its SIM, for the inbox; scenarios use numbers of their own. */
  number: number.optional(),
  labels: z.array(word).max(16).default([]),
  networks: z.array(z.enum(networks)).min(1).default(['wifi']),
  server: server.optional(),
  chromedriver: path.optional(),
  quarantine: quarantine.optional(),
};

/** Hardware, or an emulator, that adb knows. */
const connected = z.strictObject({
  ...common,
  serial: z.string().regex(/^[\w.:-]{1,64}$/, 'is not a serial as adb devices -l lists it'),
  /** Reads tokens from the phone's own inbox, where its Android lets adb. */
  readsInbox: z.boolean().default(false),
});

/** A simulated phone, started for the run. */
const simulated = z.strictObject({
  ...common,
  simulated: z.strictObject({
    manufacturer: z.string().min(1).max(40).optional(),
    model: z.string().min(1).max(40).default('Simulated Phone'),
    android: z
      .string()
      .regex(/^\d{1,2}(\.\d{1,2}){0,2}$/)
      .default('14'),
    securityPatch: date.default('2026-10-05'),
    /** A fault of the screen, to try the judge with. */
    fault: z.enum(['wrong-identifier']).optional(),
  }),
});

const phone = z.union(
  [connected, simulated],
  'must be { serial: SERIAL, … } for a phone that adb lists, or { simulated: { … }, … }; docs/device-farm.md has every field',
);

const phoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, 'a phone is named by a letter, then letters, digits or hyphens');

const application = z.strictObject({
  /** One of the testbed's own, or the path of a selectors file. */
  selectors: path.default('reference-application'),
  /** Brought by the user; installed where it is missing or another version. */
  apk: path.optional(),
  /** A newer build, installed over it before the run. */
  upgrade: path.optional(),
  /** Granted before it starts, so that no dialog is in the way. */
  permissions: z
    .array(z.string().regex(/^[\w.]{3,100}$/))
    .max(32)
    .default([]),
  /** How its files can be read off the phone: a debuggable build, a rooted phone, or not at all. */
  storedFiles: z.enum(['run-as', 'root', 'no']).default('no'),
  /** Where the client serves its page on this machine; brought to the phone by adb reverse. */
  page: z.strictObject({ port: z.int().min(1).max(65_535) }).optional(),
});

/** A farm, as its file describes it. */
export const farmSchema = z.strictObject({
  name: z.string().min(1).max(120),
  /** A target's file (docs/targets.md) whose phones are those of devices/appium/phones.ts. */
  target: path,
  application: application.default({
    selectors: 'reference-application',
    permissions: [],
    storedFiles: 'no',
  }),
  server: server.default({ kind: 'own' }),
  /** The adb server that lists the phones; everybody's unless given. Simulated phones get one of their own. */
  adb: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1'),
      port: z.int().min(1).max(65_535),
    })
    .optional(),
  /** Where a token stands in a text: the first group, or the whole match. */
  token: pattern.default('\\b\\d{6,}\\b'),
  phones: z
    .record(phoneName, phone)
    .refine((given) => Object.keys(given).length > 0, 'has no phone; describe at least two'),
  /** What is run on them: identifiers of claims or scenarios. */
  scenarios: z.array(z.string().min(1).max(120)).min(1).default(['5.2/identifiers']),
  /** Networks of the matrix; a phone that has not the network is left out of its column. */
  networks: z.array(z.enum(networks)).min(1).default(['wifi']),
  /** How often a pair is tried again that did not pass; what passes only then is flaky. */
  retries: z.int().min(0).max(5).default(0),
  /** Pairs at a time. */
  parallel: z.int().min(1).max(32).default(1),
  video: z.boolean().default(false),
});

export type Farm = Readonly<z.infer<typeof farmSchema>>;
export type FarmPhone = Farm['phones'][string];
export type FarmServer = Farm['server'];

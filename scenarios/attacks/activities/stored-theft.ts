import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import type { ApplianceDescription, Phone, StoredFile } from '../../../devices/contract.ts';
import { utf8 } from '../../../reference/core/bytes.ts';
import { createHostileAuthorities } from '../../../simulators/attackers/hostile-authorities.ts';
import {
  commonPassphrases,
  damagedKeys,
  measureGuesses,
  opens,
  replacements,
  type FileAlteration,
  type StolenFiles,
} from '../../../simulators/attackers/key-thief.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { messageOf } from '../../campaign/deadline.ts';
import { searchSecrets, type Needle } from '../../conformity/activities/secret-search.ts';
import { storedTheftActivity, type Alteration, type passphrasesSchema } from './stored-evidence.ts';

/** Milliseconds: for a token; and for guessing. */
const limits = { token: 10_000, guessing: 400 } as const;

/** Two phones of one user, under one passphrase. */
const first = { name: 'stolen', number: '+33639986005' } as const;
const second = { name: 'spare', number: '+33639986006' } as const;

const passphraseOf = (seed: number): string => `passphrase of a stolen phone, seed ${seed}`;

/** Passphrases that are too weak, then the one in use as control. */
const weak = { empty: '', 'one-character': 'x', 'seven-characters': 'x7!Qz_4' } as const;

const enrol = async (
  world: World,
  phone: Phone,
  number: string,
  passphrase: string,
): Promise<void> => {
  const appliance = await world.appliance();
  await phone.requestEnrolment(number, passphrase);
  await phone.completeEnrolment(await appliance.readToken(number, limits.token));
};

const textOf = ({ base64 }: StoredFile): string => Buffer.from(base64, 'base64').toString('utf8');

const sameCertificate = (text: string, pem: string): boolean => {
  try {
    return new X509Certificate(text).raw.equals(new X509Certificate(pem).raw);
  } catch {
    return false;
  }
};

type Named = Readonly<Record<FileAlteration['file'], StoredFile>>;

/** Which of a phone's files is what. */
const nameFiles = async (phone: Phone, { trust }: ApplianceDescription): Promise<Named> => {
  const files = await phone.storedFiles();
  const holding = (what: string, is: (text: string) => boolean): StoredFile => {
    const file = files.find((each) => is(textOf(each)));
    if (!file) throw new Error(`phone ${phone.name} stores no ${what}`);
    return file;
  };
  const authorities = Object.values(trust) as readonly string[];
  const isOwn = (text: string): boolean =>
    text.includes('BEGIN CERTIFICATE') && !authorities.some((pem) => sameCertificate(text, pem));
  return {
    key: holding('private key', (text) => text.includes('PRIVATE KEY-----')),
    certificate: holding('certificate of its own', isOwn),
    root: holding('root', (text) => sameCertificate(text, trust.root)),
    clientAuthority: holding('client authority', (text) =>
      sameCertificate(text, trust.clientAuthority),
    ),
    serverAuthority: holding('server authority', (text) =>
      sameCertificate(text, trust.serverAuthority),
    ),
  };
};

const stolen = (files: Named): StolenFiles => ({
  key: textOf(files.key),
  certificate: textOf(files.certificate),
  trust: {
    root: textOf(files.root),
    clientAuthority: textOf(files.clientAuthority),
    serverAuthority: textOf(files.serverAuthority),
  },
});

const succeeds = (work: Promise<void>): Promise<string | null> =>
  work.then(
    () => null,
    (error: unknown) => messageOf(error),
  );

const tryPassphrases = async (world: World, phone: Phone) => {
  const tried: z.infer<typeof passphrasesSchema> = [];
  const attempt = async (passphrase: keyof typeof weak | 'long', text: string) => {
    const before = (await phone.refusals()).length;
    const problem = await succeeds(phone.requestEnrolment(first.number, text));
    const codes = (await phone.refusals()).slice(before).map(({ code }) => code);
    tried.push({ passphrase, accepted: problem === null, codes });
  };
  for (const [name, text] of Object.entries(weak)) await attempt(name as keyof typeof weak, text);
  await attempt('long', passphraseOf(world.seed));
  const token = await (await world.appliance()).readToken(first.number, limits.token);
  await phone.completeEnrolment(token);
  return tried;
};

/** Unlocks and registers, and tells what came of both; a phone that is open already need not register. */
const createOpening = (phone: Phone) => {
  let openBefore = false;
  return async (alteration: string, passphrase: string): Promise<Alteration> => {
    const before = [(await phone.refusals()).length, (await phone.tlsKeyLog()).length] as const;
    const start = performance.now();
    const problem = await succeeds(phone.unlock(passphrase));
    const milliseconds = performance.now() - start;
    const unlocked = problem === null;
    const registered = (unlocked || !openBefore) && (await succeeds(phone.register())) === null;
    const tried = {
      alteration,
      openBefore,
      unlocked,
      registered,
      connections: (await phone.tlsKeyLog()).length - before[1],
      codes: (await phone.refusals()).slice(before[0]).map(({ code }) => code),
      message: problem ?? '',
      milliseconds,
    };
    openBefore ||= unlocked;
    return tried;
  };
};

const alterFiles = async (
  phone: Phone,
  files: Named,
  alterations: readonly FileAlteration[],
  open: (alteration: string) => Promise<Alteration>,
): Promise<readonly Alteration[]> => {
  if (!phone.replaceStoredFile) throw new Error(`phone ${phone.name} lets nobody alter its files`);
  const tried: Alteration[] = [];
  for (const { name, file, text } of alterations) {
    const { path, base64 } = files[file];
    await phone.replaceStoredFile(path, Buffer.from(text).toString('base64'));
    tried.push(await open(name));
    await phone.replaceStoredFile(path, base64);
  }
  return tried;
};

/** What must not be found; the passphrase alone where it does not open the key. */
const needlesOf = (key: string, passphrase: string): readonly Needle[] => {
  if (!opens(key, passphrase)) return [{ name: 'passphrase', value: utf8(passphrase) }];
  const { d, p, q } = createPrivateKey({ key, passphrase }).export({ format: 'jwk' });
  const bytes = (text: string | undefined): Uint8Array =>
    new Uint8Array(Buffer.from(text ?? '', 'base64url'));
  return [
    { name: 'passphrase', value: utf8(passphrase) },
    { name: 'private exponent', value: bytes(d) },
    { name: 'first prime', value: bytes(p) },
    { name: 'second prime', value: bytes(q) },
  ];
};

const guess = (key: string, passphrase: string) => {
  const common = commonPassphrases(first.number);
  return {
    phone: first.name,
    ...measureGuesses(key, limits.guessing),
    common: { tried: common.length, opened: common.filter((each) => opens(key, each)).length },
    rightOpens: opens(key, passphrase),
  };
};

const writeKeys = async (world: World, keys: readonly (readonly [string, number, string])[]) => {
  const listed = [];
  for (const [phone, enrolment, text] of keys) {
    const file = `keys/${phone}-${enrolment}.pem`;
    await world.write(file, text);
    listed.push({ file, phone, enrolment });
  }
  await world.write('keys.json', listed);
};

/** The search for what must not be in clear, in the files and logs of a phone that was tampered with. */
const searchLeftovers = async (phone: Phone, key: string, passphrase: string) => {
  const places = (await phone.storedFiles()).map(({ path, base64 }) => ({
    name: `stored/${path}`,
    bytes: new Uint8Array(Buffer.from(base64, 'base64')),
  }));
  const log = utf8(JSON.stringify(await phone.refusals()));
  return searchSecrets(needlesOf(key, passphrase), [...places, { name: 'log', bytes: log }]);
};

/** A thief has a phone's files: guesses its passphrase, puts other files in their place, and looks for what is left in clear. */
export const storedTheft: Activity = {
  id: storedTheftActivity,
  title: 'a thief guesses the passphrase of a phone’s files and puts others in their place',
  effect: 'enrols two numbers, one of them twice, and alters the files of one phone of the run',
  disturbs: false,
  needs: ['enrol', 'read-token', 'refusal-log', 'export-stored-files', 'alter-stored-files'],
  expected: 1_600,
  after: [],
  captured: false,
  async run(world) {
    const at = await (await world.appliance()).describe();
    const passphrase = passphraseOf(world.seed);
    const [phone, spare] = await Promise.all([world.phone(first.name), world.phone(second.name)]);
    const [passphrases] = await Promise.all([
      tryPassphrases(world, phone),
      enrol(world, spare, second.number, passphrase),
    ]);
    await world.write('passphrases.json', passphrases);
    const before = textOf((await nameFiles(phone, at)).key);
    await enrol(world, phone, first.number, passphrase);
    const [files, others] = await Promise.all([nameFiles(phone, at), nameFiles(spare, at)]);
    const [own, other] = [stolen(files), stolen(others)];
    await writeKeys(world, [
      [first.name, 1, before],
      [first.name, 2, own.key],
      [second.name, 1, other.key],
    ]);
    await world.write('guessing.json', guess(own.key, passphrase));
    const { trust } = createHostileAuthorities(Uint8Array.of(127, 0, 0, 1));
    const alterations = [...replacements(own, other, trust), ...damagedKeys(own.key)];
    const open = createOpening(phone);
    const tried = [
      await open('wrong-passphrase', `${passphrase}?`),
      ...(await alterFiles(phone, files, alterations, (name) => open(name, passphrase))),
      await open('wrong-passphrase', `?${passphrase}`),
      await open('none', passphrase),
    ];
    await world.write('alterations.json', tried);
    await world.write('leftovers.json', await searchLeftovers(phone, own.key, passphrase));
  },
};

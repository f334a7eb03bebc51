import { createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { Capability, Phone, StoredFile } from '../../../devices/contract.ts';
import { concat, toHex, utf8 } from '../../../reference/core/bytes.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import { decodedPlaces } from './decoded-places.ts';
import { searchSecrets, type Needle } from './secret-search.ts';

/** Milliseconds: how long each step may take before the activity gives up; a slow target is never a failed one. */
const deadlines = { token: 10_000, ringing: 10_000, audio: 30_000, ending: 5_000 } as const;

/** Audio packets of 20 ms that each phone must receive: two seconds, or ten. */
const audioPackets = { quick: 100, full: 500 } as const;

/** The two users; numbers of the range that the French regulator keeps for fiction. */
export const caller = { name: 'alice', number: '+33639980001' } as const;
export const callee = { name: 'bob', number: '+33639980002' } as const;

/** The label that keeps a challenge from being anything else that the same key signs. */
export const possessionLabel = 'discretio evidence: stored key';

/** A test passphrase: told apart by phone and seed, never written anywhere. */
export const passphraseOf = (name: string, seed: number): string =>
  `test passphrase of ${name}, seed ${seed}`;

/** Enrols a phone as its user would: request, token by SMS, certificate. Gives the token, which is spent then. */
export const enrol = async (world: World, phone: Phone, number: string): Promise<string> => {
  const appliance = await world.appliance();
  await phone.requestEnrolment(number, passphraseOf(phone.name, world.seed));
  const token = await appliance.readToken(number, deadlines.token);
  await phone.completeEnrolment(token);
  return token;
};

/** The stored private key of a phone, opened with its passphrase by node:crypto. */
export const openStoredKey = (
  phone: Phone,
  files: readonly StoredFile[],
  passphrase: string,
): KeyObject => {
  const texts = files.map((file) => Buffer.from(file.base64, 'base64').toString('utf8'));
  const pem = texts.find((text) => text.includes('PRIVATE KEY-----'));
  if (pem === undefined)
    throw new Error(`phone ${phone.name}: no private key among its stored files`);
  return createPrivateKey({ key: pem, passphrase });
};

const signChallenge = (key: KeyObject): { challenge: string; signature: string } => {
  const challenge = randomBytes(32);
  const signature = sign('sha256', concat(utf8(possessionLabel), challenge), key);
  return { challenge: toHex(challenge), signature: toHex(signature) };
};

/** The secret parts of a private key, as they would stand in any of its unencrypted forms. */
const needlesOf = (name: string, key: KeyObject, passphrase: string): readonly Needle[] => {
  const { d, p, q } = key.export({ format: 'jwk' });
  const parts = { 'private exponent': d, 'first prime': p, 'second prime': q };
  return [
    { name: `passphrase of ${name}`, value: utf8(passphrase) },
    ...Object.entries(parts).map(([part, text]) => ({
      name: `${part} of ${name}`,
      value: new Uint8Array(Buffer.from(text ?? '', 'base64url')),
    })),
  ];
};

/** Phones that have a capability: of a mixed pair, only one may. */
const phonesWith = (capability: Capability, phones: readonly Phone[]): readonly Phone[] =>
  phones.filter(({ capabilities }) => capabilities.has(capability));

const gatherStored = async (world: World, phones: readonly Phone[]): Promise<readonly Needle[]> => {
  const needles: Needle[] = [];
  const haystacks: { name: string; bytes: Uint8Array }[] = [];
  const possession: Record<string, { challenge: string; signature: string }> = {};
  for (const phone of phones) {
    const files = await phone.storedFiles();
    const passphrase = passphraseOf(phone.name, world.seed);
    const key = openStoredKey(phone, files, passphrase);
    possession[phone.name] = signChallenge(key);
    needles.push(...needlesOf(phone.name, key, passphrase));
    for (const file of files) {
      const bytes = new Uint8Array(Buffer.from(file.base64, 'base64'));
      haystacks.push({ name: `stored/${phone.name}/${file.path}`, bytes });
      await world.write(`stored/${phone.name}/${file.path}`, bytes);
    }
    haystacks.push({
      name: `log of ${phone.name}`,
      bytes: utf8(JSON.stringify(await phone.refusals())),
    });
  }
  await world.write('possession.json', possession);
  await world.write('secrets-in-storage.json', searchSecrets(needles, haystacks));
  return needles;
};

const converse = async (world: World, from: Phone, to: Phone): Promise<void> => {
  await to.setAutoAnswer(true);
  await from.dial(callee.number);
  await Promise.all(
    [from, to].map((phone) => phone.waitForCall(['in-call', 'ended'], deadlines.ringing)),
  );
  const reports = await Promise.all(
    [from, to].map((phone) => phone.waitForAudio(audioPackets[world.profile], deadlines.audio)),
  );
  const displays = Object.fromEntries(
    reports.map((report, index) => [
      [from, to][index]?.name ?? '',
      {
        callId: report.callId,
        peerNumber: report.peerNumber,
        identifiers: report.identifiers,
        packetsSent: report.packetsSent,
        packetsReceived: report.packetsReceived,
        packetsRefused: report.packetsRefused,
      },
    ]),
  );
  await world.write('displays.json', displays);
  await from.hangUp();
  await Promise.all([from, to].map((phone) => phone.waitForCall(['ended'], deadlines.ending)));
};

/** Keys of the call, so that the capture can be judged from its bytes alone; one phone's are those of both directions. */
const gatherKeys = async (world: World, phones: readonly Phone[]): Promise<void> => {
  const mediaKeys = await Promise.all(
    phonesWith('media-keys', phones).map((phone) => phone.mediaKeys()),
  );
  const unique = new Map(mediaKeys.flat().map((key) => [`${key.masterKey}${key.masterSalt}`, key]));
  await world.write('srtp-keys.json', [...unique.values()]);
  const exponents = await Promise.all(
    phonesWith('key-agreement-log', phones).map((phone) => phone.keyAgreementLog()),
  );
  await world.write('key-agreement.json', exponents.flat());
};

/** Enrolment of two phones, registration, a call of a few seconds with audio both ways, and its end. */
export const basicCall: Activity = {
  id: 'call',
  title: 'two phones enrol, register and call each other',
  effect: 'enrols two numbers and makes one call between them',
  disturbs: false,
  needs: ['enrol', 'call', 'read-token'],
  after: [],
  captured: true,
  everySegment: true,
  async run(world) {
    const appliance = await world.appliance();
    await world.write('topology.json', { ...(await appliance.describe()), caller, callee });
    const { kind, topology } = world.site;
    await world.write('lab.json', { kind, topology });
    const [alice, bob] = await Promise.all([world.phone(caller.name), world.phone(callee.name)]);
    const [aliceToken, bobToken] = await Promise.all([
      enrol(world, alice, caller.number),
      enrol(world, bob, callee.number),
    ]);
    await world.write('tokens.json', {
      [caller.name]: { number: caller.number, token: aliceToken },
      [callee.name]: { number: callee.number, token: bobToken },
    });
    const phones = [alice, bob] as const;
    await Promise.all(phones.map((phone) => phone.unlock(passphraseOf(phone.name, world.seed))));
    await Promise.all(phones.map((phone) => phone.register()));
    await converse(world, alice, bob);
    await gatherKeys(world, phones);
    const needles = await gatherStored(world, phonesWith('export-stored-files', phones));
    return { searchCapture: (facts) => searchSecrets(needles, decodedPlaces(facts)) };
  },
};

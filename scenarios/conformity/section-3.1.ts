import { concat, fromHex, latin1, utf8 } from '../../reference/core/bytes.ts';
import { verifySignature } from '../../reference/core/csl/transcript.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { possessionLabel } from './activities/basic-call.ts';
import {
  possessionSchema,
  secretSearchSchema,
  topologySchema,
  type SecretSearch,
} from './activities/call-evidence.ts';
import { callActivity, incompleteness, onCapture, type CaptureView } from './views/capture-view.ts';
import { storedCertificate, usersOf } from './views/certificates.ts';
import { worst } from './views/worst.ts';

const possessionPath = `evidence/${callActivity}/possession.json`;

type Possession = { readonly challenge: string; readonly signature: string } | undefined;

const judgePossession = (phone: string, shown: Possession, evidence: Evidence): Finding | null => {
  const certificate = storedCertificate(evidence, phone);
  const [asked, signed] = [fromHex(shown?.challenge ?? ''), fromHex(shown?.signature ?? '')];
  if (!shown || !asked.ok || !signed.ok || asked.value.length === 0)
    return inconclusive(`the stored key of ${phone} was not opened`, [possessionPath]);
  if (!certificate) return inconclusive(`the stored certificate of ${phone} cannot be read`);
  return verifySignature(certificate, concat(utf8(possessionLabel), asked.value), signed.value)
    ? null
    : fail(
        `the stored key of ${phone} does not belong to its certificate`,
        'a signature by the stored key that the certificate’s public key verifies',
        'one that does not verify',
        [possessionPath, `evidence/${callActivity}/stored/${phone}/certificate.pem`],
      );
};

const judgeConsistency = (evidence: Evidence): Finding => {
  const possession = evidence.json(callActivity, 'possession.json', possessionSchema);
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!possession || !topology) return inconclusive('no stored key was opened');
  const phones = new Set([
    ...usersOf(topology).map(({ name }) => name),
    ...Object.keys(possession),
  ]);
  const bad = worst(
    [...phones].map((phone) => judgePossession(phone, possession[phone], evidence)),
  );
  return (
    bad ??
    pass(
      `${phones.size} stored keys, opened with their passphrases, sign what their certificates verify`,
      [possessionPath],
    )
  );
};

/** What a search must have looked for and in, to say anything. */
interface Reach {
  readonly needles: readonly string[];
  /** Beginnings of names of places, of which none may be empty. */
  readonly places: readonly string[];
}

const unreached = ({ needles, places }: SecretSearch, reach: Reach): string | null => {
  const unsought = reach.needles.find((name) => !needles.includes(name));
  if (unsought !== undefined) return `the ${unsought} was not looked for`;
  const unseen = reach.places.find(
    (name) => !places.some((place) => place.name.startsWith(name) && place.bytes > 0),
  );
  return unseen === undefined ? null : `nothing of "${unseen}" was searched`;
};

const judgeSearch = (evidence: Evidence, name: string, places: readonly string[]): Finding => {
  const path = `evidence/${callActivity}/${name}`;
  const search = evidence.json(callActivity, name, secretSearchSchema);
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!search || !topology) return inconclusive(`${name} is not among the evidence`);
  const { needles, found, control } = search;
  const [first] = found;
  if (first)
    return fail(
      `${first.needle} was found`,
      'secrets found nowhere',
      `${first.encoding} in ${first.place}`,
      [path],
    );
  if (control.planted < needles.length || control.found < control.planted)
    return inconclusive('the search does not find its own planted copies', [path]);
  const secrets = ['passphrase', 'private exponent', 'first prime', 'second prime'];
  const users = usersOf(topology);
  const missed = unreached(search, {
    needles: users.flatMap((user) => secrets.map((secret) => `${secret} of ${user.name}`)),
    places,
  });
  if (missed !== null) return inconclusive(missed, [path]);
  const bytes = search.places.reduce((total, place) => total + place.bytes, 0);
  return pass(
    `${needles.length} secrets looked for in ${bytes} bytes of ${search.places.length} places: none found`,
    [path],
  );
};

const judgeStorage = (evidence: Evidence): Finding => {
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!topology) return inconclusive('the run’s phones are not among the evidence');
  const places = usersOf(topology).flatMap(({ name }) => [`stored/${name}/`, `log of ${name}`]);
  return judgeSearch(evidence, 'secrets-in-storage.json', places);
};

/** A private key in PEM, encrypted or not, inside TLS or not: it left the terminal all the same. */
const sentKey = ({ facts, path }: CaptureView): Finding | null => {
  const messages = [
    ...facts.sipMessages.map(({ raw, from }) => ({ from, text: latin1(raw) })),
    ...facts.httpMessages.map(({ message, from }) => ({ from, text: latin1(message.body) })),
  ];
  const sent = messages.find(({ text }) => text.includes('PRIVATE KEY-----'));
  return sent
    ? fail(
        'a private key was sent',
        'private keys never leave the terminal',
        `a PEM private key from ${sent.from.host}:${sent.from.port}`,
        [path],
      )
    : null;
};

const judgeTraffic = (view: CaptureView): Finding => {
  const { evidence, facts, path } = view;
  const sent = sentKey(view);
  if (sent) return sent;
  const searched = judgeSearch(evidence, 'secrets-in-traffic.json', [
    'decrypted SIP messages',
    'decrypted HTTP messages',
    'datagrams',
  ]);
  if (searched.kind !== 'pass') return searched;
  const hidden = facts.tlsSessions.filter(
    ({ established, decrypted }) => established && decrypted !== 'yes',
  ).length;
  const unseen =
    incompleteness(view) ?? (hidden > 0 ? `${hidden} TLS sessions were not decrypted` : null);
  return unseen === null ? searched : inconclusive(unseen, [path]);
};

const base = { revision: 2, activities: [callActivity] } as const;

/** Section 3.1: user data. */
export const sectionThreeOne: readonly Scenario[] = [
  {
    ...base,
    id: '3.1/key-matches-certificate',
    claims: ['3.1.a'],
    needs: ['export-stored-files'],
    judge: judgeConsistency,
  },
  {
    ...base,
    id: '3.1/secrets-not-stored',
    claims: ['3.1.b'],
    needs: ['export-stored-files'],
    judge: judgeStorage,
  },
  {
    ...base,
    id: '3.1/secrets-not-sent',
    claims: ['3.1.b', '2.2.f'],
    needs: ['call'],
    judge: onCapture(judgeTraffic),
  },
];

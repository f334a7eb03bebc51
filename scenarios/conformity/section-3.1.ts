import { concat, fromHex, utf8 } from '../../reference/core/bytes.ts';
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
import { possessionSchema, secretSearchSchema } from './activities/call-evidence.ts';
import { callActivity, onCapture } from './views/capture-view.ts';
import { storedCertificate } from './views/certificates.ts';

const possessionPath = `evidence/${callActivity}/possession.json`;

const judgeConsistency = (evidence: Evidence): Finding => {
  const possession = evidence.json(callActivity, 'possession.json', possessionSchema);
  const entries = Object.entries(possession ?? {});
  if (entries.length === 0) return inconclusive('no stored key was opened');
  for (const [phone, { challenge, signature }] of entries) {
    const certificate = storedCertificate(evidence, phone);
    const [asked, signed] = [fromHex(challenge), fromHex(signature)];
    if (!certificate || !asked.ok || !signed.ok)
      return inconclusive(`the stored certificate of ${phone} cannot be read`);
    const paths = [possessionPath, `evidence/${callActivity}/stored/${phone}/certificate.pem`];
    if (!verifySignature(certificate, concat(utf8(possessionLabel), asked.value), signed.value))
      return fail(
        `the stored key of ${phone} does not belong to its certificate`,
        'a signature by the stored key that the certificate’s public key verifies',
        'one that does not verify',
        paths,
      );
  }
  return pass(
    `${entries.length} stored keys, opened with their passphrases, sign what their certificates verify`,
    [possessionPath],
  );
};

const judgeSearch = (evidence: Evidence, name: string): Finding => {
  const path = `evidence/${callActivity}/${name}`;
  const search = evidence.json(callActivity, name, secretSearchSchema);
  if (!search) return inconclusive(`${name} is not among the evidence`);
  const { needles, places, found, control } = search;
  const [first] = found;
  if (first)
    return fail(
      `${first.needle} was found`,
      'secrets found nowhere',
      `${first.encoding} in ${first.place}`,
      [path],
    );
  if (control.planted === 0 || control.found < control.planted)
    return inconclusive('the search does not find its own planted copies', [path]);
  const bytes = places.reduce((total, place) => total + place.bytes, 0);
  if (bytes === 0) return inconclusive('there was nothing to search', [path]);
  return pass(
    `${needles.length} secrets looked for in ${bytes} bytes of ${places.length} places: none found`,
    [path],
  );
};

const base = { revision: 1, activities: [callActivity] } as const;

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
    judge: (evidence) => judgeSearch(evidence, 'secrets-in-storage.json'),
  },
  {
    ...base,
    id: '3.1/secrets-not-sent',
    claims: ['3.1.b', '2.2.f'],
    needs: ['call'],
    judge: onCapture(({ evidence }) => judgeSearch(evidence, 'secrets-in-traffic.json')),
  },
];

import {
  parsePkcs8Envelope,
  type StoredKeyParameters,
} from '../../reference/core/keystore/envelope.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { topologySchema } from './activities/call-evidence.ts';
import { callActivity } from './views/capture-view.ts';
import { usersOf } from './views/certificates.ts';
import { keyFiles, storedFiles, type StoredFileView } from './views/stored-files.ts';
import { worst } from './views/worst.ts';

interface Property {
  readonly expected: string;
  readonly observed: (parameters: StoredKeyParameters) => string;
}

const judgeFile = (
  phone: string,
  { path, text }: StoredFileView,
  { expected, observed }: Property,
): Finding | null => {
  const parameters = parsePkcs8Envelope(text);
  if (!parameters.ok) {
    const { code, offset, detail } = parameters.error;
    return fail(
      `the stored key of ${phone} is no such file`,
      expected,
      `${code} at ${offset}${detail === undefined ? '' : ` (${detail})`}`,
      [path],
    );
  }
  const found = observed(parameters.value);
  return found === expected
    ? null
    : fail(`the stored key of ${phone} differs`, expected, found, [path]);
};

/** Every stored key of every phone must show the property; a file that is no encrypted PKCS#8 fails by name. */
const everyStoredKey =
  (property: Property) =>
  (evidence: Evidence): Finding => {
    const topology = evidence.json(callActivity, 'topology.json', topologySchema);
    if (!topology) return inconclusive('the run’s phones are not among the evidence');
    const phones = usersOf(topology).map(({ name }) => {
      const files = storedFiles(evidence, name);
      return { name, files: typeof files === 'string' ? files : keyFiles(files) };
    });
    const bad = worst(
      phones.flatMap(({ name, files }) => {
        if (typeof files === 'string') return [inconclusive(files)];
        return files.length === 0
          ? [inconclusive(`no file that ${name} stores is seen to hold a key`)]
          : files.map((file) => judgeFile(name, file, property));
      }),
    );
    const paths = phones.flatMap(({ files }) =>
      typeof files === 'string' ? [] : files.map(({ path }) => path),
    );
    return bad ?? pass(property.expected, paths);
  };

const cipher: Property = {
  expected: 'PKCS#8 in PEM, PBES2 with aes-256-cbc',
  observed: ({ scheme, cipher: used }) =>
    `PKCS#8 in PEM, ${scheme.name} with ${used.name.toLowerCase()}`,
};

const derivation: Property = {
  expected: 'PBKDF2 with hmacWithSHA256, 2048 iterations',
  observed: ({ keyDerivation, prf, iterations }) =>
    `${keyDerivation.name} with ${prf.name}${prf.leftOut ? ' (left out, the default)' : ''}, ${iterations.count} iterations`,
};

const base = { revision: 2, activities: [callActivity], needs: ['export-stored-files'] } as const;

/** Section 5.3: protection of keys. */
export const sectionFiveThree: readonly Scenario[] = [
  { ...base, id: '5.3/encryption', claims: ['5.3.a'], judge: everyStoredKey(cipher) },
  { ...base, id: '5.3/derivation', claims: ['5.3.b'], judge: everyStoredKey(derivation) },
];

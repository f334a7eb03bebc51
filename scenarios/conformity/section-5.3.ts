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

interface Property {
  readonly expected: string;
  readonly observed: (parameters: StoredKeyParameters) => string;
}

/** Every phone's stored key must show the property; a file that is no encrypted PKCS#8 fails by name. */
const everyStoredKey =
  ({ expected, observed }: Property) =>
  (evidence: Evidence): Finding => {
    const topology = evidence.json(callActivity, 'topology.json', topologySchema);
    if (!topology) return inconclusive('the run’s phones are not among the evidence');
    const paths: string[] = [];
    for (const { name } of usersOf(topology)) {
      const file = `stored/${name}/private-key.pem`;
      const path = `evidence/${callActivity}/${file}`;
      const text = evidence.text(callActivity, file);
      if (text === null) return inconclusive(`the stored key of ${name} is not among the evidence`);
      const parameters = parsePkcs8Envelope(text);
      if (!parameters.ok) {
        const { code, offset, detail } = parameters.error;
        return fail(
          `the stored key of ${name} is no such file`,
          expected,
          `${code} at ${offset}${detail === undefined ? '' : ` (${detail})`}`,
          [path],
        );
      }
      const found = observed(parameters.value);
      if (found !== expected)
        return fail(`the stored key of ${name} differs`, expected, found, [path]);
      paths.push(path);
    }
    return pass(expected, paths);
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

const base = { revision: 1, activities: [callActivity], needs: ['export-stored-files'] } as const;

/** Section 5.3: protection of keys. */
export const sectionFiveThree: readonly Scenario[] = [
  { ...base, id: '5.3/encryption', claims: ['5.3.a'], judge: everyStoredKey(cipher) },
  { ...base, id: '5.3/derivation', claims: ['5.3.b'], judge: everyStoredKey(derivation) },
];

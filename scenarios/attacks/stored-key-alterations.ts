import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  alterationsSchema,
  storedTheftActivity,
  type Alteration,
} from './activities/stored-evidence.ts';

const path = `evidence/${storedTheftActivity}/alterations.json`;

/** A file that was changed, and why the phone must not open with it. */
interface Change {
  readonly alteration: string;
  readonly codes: readonly string[];
}

const damaged = ['storage/wrong-passphrase', 'storage/key-file', 'storage/key-mismatch'];
const foreign = ['storage/key-mismatch'];
const chain = ['storage/chain', 'storage/certificate-file'];

const keyChanges: readonly Change[] = [
  { alteration: 'key-of-another', codes: foreign },
  { alteration: 'key-of-the-thief', codes: ['storage/key-file', ...foreign] },
  { alteration: 'key-with-fewer-iterations', codes: ['storage/key-protection', ...damaged] },
  { alteration: 'key-cut', codes: damaged },
  ...[
    'salt',
    'iv',
    'first-block',
    'modulus',
    'private-exponent',
    'first-prime',
    'coefficient',
    'last-block-but-one',
    'last-block',
  ].map((place) => ({ alteration: `bit-in-${place}`, codes: damaged })),
];

const certificateChanges: readonly Change[] = [
  { alteration: 'certificate-of-another', codes: foreign },
  { alteration: 'certificate-altered', codes: chain },
  { alteration: 'certificate-cut', codes: chain },
];

const authorityChanges: readonly Change[] = [
  'root-replaced',
  'client-authority-replaced',
  'server-authority-replaced',
  'authorities-exchanged',
].map((alteration) => ({ alteration, codes: chain }));

const describe = ({ unlocked, registered, connections, codes }: Alteration): string =>
  [
    unlocked ? 'opened' : 'not opened',
    ...(registered ? ['registered'] : []),
    ...(connections > 0 ? [`${connections} TLS connections`] : []),
    `logged: ${codes.join(', ') || 'nothing'}`,
  ].join(', ');

const judgeChange = (
  tried: readonly Alteration[],
  { alteration, codes }: Change,
): Finding | null => {
  const attempt = tried.find((each) => each.alteration === alteration);
  if (!attempt) return inconclusive(`"${alteration}" was not tried`, [path]);
  if (attempt.unlocked || (!attempt.openBefore && (attempt.registered || attempt.connections > 0)))
    return fail(
      `the phone goes on with a changed file ("${alteration}")`,
      `a refusal for the reason ${codes.join(' or ')}, and no connection`,
      describe(attempt),
      [path],
    );
  return codes.some((code) => attempt.codes.includes(code))
    ? null
    : inconclusive(`"${alteration}" was not refused for its fault: ${describe(attempt)}`, [path]);
};

/** With its files as they were the phone opens and registers. */
const control = (tried: readonly Alteration[]): Finding | null => {
  const restored = tried.find(({ alteration }) => alteration === 'none');
  return restored?.unlocked === true && restored.registered && restored.connections > 0
    ? null
    : inconclusive('the control, the files put back, did not open and connect', [path]);
};

const alterationsOf = (evidence: Evidence): readonly Alteration[] | null =>
  evidence.json(storedTheftActivity, 'alterations.json', alterationsSchema);

const judgeChanges =
  (changes: readonly Change[]) =>
  (evidence: Evidence): Finding => {
    const tried = alterationsOf(evidence);
    if (!tried) return inconclusive('what came of the changed files is not among the evidence');
    return (
      worst([...changes.map((change) => judgeChange(tried, change)), control(tried)]) ??
      pass(
        `with each of ${changes.length} changes of its files the phone stays shut and connects to nobody; with them put back it opens`,
        [path],
      )
    );
  };

const isDamage = ({ alteration }: Alteration): boolean => alteration.startsWith('bit-in-');

/** Places whose damage shows differently after decryption: in the padding, in the form, in the numbers. */
const needed = ['bit-in-iv', 'bit-in-modulus', 'bit-in-private-exponent', 'bit-in-last-block'];

/** A wrong passphrase and damaged bytes must not be told apart, else whoever damages bytes learns what they decrypt to. */
const judgeOracle = (evidence: Evidence): Finding => {
  const tried = alterationsOf(evidence);
  if (!tried) return inconclusive('what came of the changed files is not among the evidence');
  const wrong = tried.filter(({ alteration }) => alteration === 'wrong-passphrase');
  const damage = tried.filter(isDamage);
  const opened = [...wrong, ...damage].find(({ unlocked }) => unlocked);
  if (opened)
    return fail(
      `the phone opens all the same ("${opened.alteration}")`,
      'one and the same refusal',
      describe(opened),
      [path],
    );
  const [first] = wrong;
  if (!first || first.message === '') return inconclusive('no wrong passphrase was tried', [path]);
  const answerOf = ({ codes, message }: Alteration): string => `${codes.join(', ')}: ${message}`;
  const other = [...wrong, ...damage].find((attempt) => answerOf(attempt) !== answerOf(first));
  if (other)
    return fail(
      'a wrong passphrase and damaged bytes are answered differently',
      answerOf(first),
      `"${other.alteration}": ${answerOf(other)}`,
      [path],
    );
  const missing = needed.find((name) => !damage.some(({ alteration }) => alteration === name));
  if (missing !== undefined) return inconclusive(`"${missing}" was not tried`, [path]);
  const shut = control(tried);
  if (shut) return shut;
  const times = [...wrong, ...damage]
    .map(({ milliseconds }) => milliseconds)
    .toSorted((a, b) => a - b);
  return pass(
    `a wrong passphrase and ${damage.length} damaged keys get one answer, after ${times[0]?.toFixed(1)} to ${times.at(-1)?.toFixed(1)} ms`,
    [path],
  );
};

const base = {
  revision: 1,
  activities: [storedTheftActivity],
  needs: ['export-stored-files', 'alter-stored-files', 'refusal-log'],
} as const;

/** Files of a phone that somebody changed (catalogue P5, P6). */
export const storedAlterationAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/P5/key', claims: ['3.1.a'], judge: judgeChanges(keyChanges) },
  {
    ...base,
    id: 'attacks/P5/certificate',
    claims: ['3.1.a'],
    judge: judgeChanges(certificateChanges),
  },
  {
    ...base,
    id: 'attacks/P5/authorities',
    claims: ['5.2.a'],
    judge: judgeChanges(authorityChanges),
  },
  { ...base, id: 'attacks/P6/one-answer', claims: ['3.1.b'], judge: judgeOracle },
];

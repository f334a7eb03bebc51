import { combine, type Verdict } from '../../reports/model/verdict.ts';
import { targetPolicy, type StoredKeyEvidence, type StoredKeyPolicy } from './evidence.ts';
import type { Finding, Place, StoredKeyClaim } from './finding.ts';
import { findingsOf, sizeFinding } from './findings.ts';

/** A finding of one file. */
export interface FileFinding extends Finding {
  readonly file: string;
}

/** Where a parameter stands, in words. */
export const placeText = ({ within, offset }: Place): string =>
  within === 'file' ? `byte ${offset} of the file` : `byte ${offset} of the DER`;

const sentence = ({ parameter, value, place, reason }: Finding): string => {
  const at = place === null ? '' : ` at ${placeText(place)}`;
  return `${parameter} ${value}${at}${reason === undefined ? '' : `: ${reason}`}`;
};

/** The distinct texts, in order, each after the name of its file. */
const byFile = (findings: readonly FileFinding[], text: (finding: FileFinding) => string): string =>
  [...Map.groupBy(findings, ({ file }) => file)]
    .map(([file, ofFile]) => `${file}: ${[...new Set(ofFile.map(text))].join('; ')}`)
    .join('; ');

/** The worst that the files show of a claim, with each file that shows it named. */
const verdictOf = (claim: StoredKeyClaim, findings: readonly FileFinding[]): Verdict => {
  const ofClaim = findings.filter(({ claims }) => claims.includes(claim));
  const kind = combine(ofClaim.map((finding) => finding.kind));
  const decisive = ofClaim.filter((finding) => finding.kind === kind);
  const evidence = [...new Set(decisive.map(({ file }) => file))];
  if (decisive.length === 0) {
    return { claim, kind, reason: 'no file shows anything of it; name the file of a private key' };
  }
  const observed = byFile(decisive, ({ parameter, value }) => `${parameter} ${value}`);
  if (kind === 'pass') return { claim, kind, observed, evidence };
  const wanted = decisive.map(({ parameter, expected }) => `${parameter} ${expected}`);
  const expected = [...new Set(wanted)].join('; ');
  return { claim, kind, reason: byFile(decisive, sentence), expected, observed, evidence };
};

/** Every file's parameters with their verdicts, in the order of the files. */
export const assess = (
  { files, certificate }: StoredKeyEvidence,
  policy: StoredKeyPolicy = targetPolicy,
): readonly FileFinding[] => [
  ...files.flatMap((file) =>
    findingsOf(file, certificate !== null, policy).map((finding) => ({
      ...finding,
      file: file.name,
    })),
  ),
  ...(certificate === null
    ? []
    : [
        {
          ...sizeFinding(certificate.publicKey, policy, 'certificate’s key'),
          file: certificate.name,
        },
      ]),
];

/**
 * The verdicts on stored keys: 5.3.a, 5.3.b, 6.1.a and 6.1.c, and 3.1.a if there is a certificate. Pure. Each claim is judged
 * on its own: a PKCS#8 key in clear is PEM none the less. A claim is the worst over all files and, for 6.1.a, the certificate.
 *
 * A salt of fewer than 8 bytes fails 5.3.b (attack P1). Two different files with the same salt or IV fail nothing: the target
 * asks for PBKDF2 and says nothing of where salts come from, and no single file contradicts its word. They are observed
 * (see observationsOf), as weak passphrases are.
 */
export const judgeStoredKeys = (
  evidence: StoredKeyEvidence,
  policy: StoredKeyPolicy = targetPolicy,
): readonly Verdict[] => {
  const findings = assess(evidence, policy);
  const claims: readonly StoredKeyClaim[] = ['5.3.a', '5.3.b', '6.1.a', '6.1.c'];
  const selected: readonly StoredKeyClaim[] =
    evidence.certificate === null ? claims : ['3.1.a', ...claims];
  return selected.map((claim) => verdictOf(claim, findings));
};

import { equal, fromBase64, latin1 } from '../../reference/core/bytes.ts';
import {
  keyIdentifierOf,
  parseCertificate,
  type Certificate,
} from '../../reference/core/pki/certificate.ts';
import type { z } from 'zod';
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
  requestAttemptsSchema,
  requestsActivity,
  swappedSchema,
  type RequestAttempt,
} from './activities/enrolment-evidence.ts';

const requestsPath = `evidence/${requestsActivity}/requests.json`;
const swappedPath = `evidence/${requestsActivity}/swapped.json`;

/** Too many requests, a timeout or a server's own fault refuse nothing for what it is. */
export const isRefusal = (status: number | string | null): boolean =>
  typeof status === 'number' && status >= 400 && status < 500 && ![408, 425, 429].includes(status);

const certificateIn = (base64: string | undefined): Certificate | null => {
  const bytes = fromBase64(base64 ?? '');
  const parsed = bytes.ok ? parseCertificate(bytes.value) : bytes;
  return parsed.ok ? parsed.value : null;
};

const bytesIn = (base64: string): Uint8Array => {
  const bytes = fromBase64(base64);
  return bytes.ok ? bytes.value : new Uint8Array(0);
};

/** Whether a certificate is for this number and this key. */
const isFor = (certificate: Certificate, number: string, publicKey: string): boolean => {
  const [name, ...more] = certificate.commonNames;
  return (
    more.length === 0 &&
    name?.kind === 'text' &&
    name.value === number &&
    equal(certificate.publicKey.spki, bytesIn(publicKey))
  );
};

/** What an authority decides alone, as text to compare: names but for the number, uses, constraints, alternative names. */
const decidedBy = (certificate: Certificate, number: string): string => {
  const { basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, unknownCritical } =
    certificate.extensions;
  return JSON.stringify({
    subject: latin1(certificate.subject).replaceAll(number, '#'),
    basicConstraints,
    keyUsage: [...(keyUsage ?? [])],
    extendedKeyUsage,
    subjectAltName,
    unknownCritical,
  });
};

const controlsOf = (attempts: readonly RequestAttempt[]) =>
  attempts.filter(({ kind }) => kind === 'right');

const controlProblem = (attempts: readonly RequestAttempt[]): Finding | null => {
  const controls = controlsOf(attempts);
  const served = controls.every(({ given, number, publicKey }) => {
    const certificate = certificateIn(given?.certificate);
    return certificate !== null && isFor(certificate, number, publicKey);
  });
  return controls.length > 1 && served
    ? null
    : inconclusive('the control, a right request, got no certificate for its number and key', [
        requestsPath,
      ]);
};

/** Codes by which a registration service says that the request itself was the reason, by row. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  E7: ['proof-of-possession', 'common-name', 'request', 'request-algorithm'],
  E8: ['request-key', 'key-weak', 'key-known'],
};

const isForReason = ({ row, refusals }: RequestAttempt): boolean => {
  const codes = reasons[row]?.map((code) => `enrolment/${code}`);
  return codes === undefined || refusals.some((code) => codes.includes(code));
};

/** Neither a certificate at once nor one for the token. */
const judgeRefused = (attempt: RequestAttempt): Finding | null => {
  const { name, given, request, certificate } = attempt;
  if (given)
    return fail(
      `a certificate was given for the request "${name}"`,
      'refused',
      `request ${request}, then ${certificate}`,
      [requestsPath],
    );
  return isRefusal(certificate ?? request) && isForReason(attempt)
    ? null
    : inconclusive(
        `the request "${name}" was not refused for what it is: ${request}, logged: ${attempt.refusals.join(', ') || 'nothing'}`,
        [requestsPath],
      );
};

/** Refused, or served with nothing of what was asked for. */
const judgeIgnored =
  (attempts: readonly RequestAttempt[]) =>
  (attempt: RequestAttempt): Finding | null => {
    const { name, given, number, publicKey } = attempt;
    const [control] = controlsOf(attempts);
    const right = certificateIn(control?.given?.certificate);
    if (!given) return judgeRefused(attempt);
    if (!control || !right) return null;
    const certificate = certificateIn(given.certificate);
    if (!certificate)
      return fail(
        `the certificate given for the request "${name}" is no canonical certificate`,
        'one like that of a right request',
        'one that cannot be read',
        [requestsPath],
      );
    const identifier = certificate.extensions.subjectKeyIdentifier;
    const isOwnKey = identifier !== undefined && equal(identifier, keyIdentifierOf(certificate));
    const expected = decidedBy(right, control.number);
    const observed = decidedBy(certificate, number);
    return isOwnKey && observed === expected && isFor(certificate, number, publicKey)
      ? null
      : fail(
          `a request decided what is in its certificate: "${name}"`,
          expected,
          isOwnKey ? observed : `${observed}, and another key’s identifier`,
          [requestsPath],
        );
  };

const judgeRow =
  (row: string, names: readonly string[]) =>
  (evidence: Evidence): Finding => {
    const attempts = evidence.json(requestsActivity, 'requests.json', requestAttemptsSchema);
    if (!attempts) return inconclusive('the requests are not among the evidence');
    const own = attempts.filter((each) => each.row === row && each.kind !== 'tolerable');
    const judge = row === 'E6' ? judgeIgnored(attempts) : judgeRefused;
    const found = worst(own.map(judge));
    if (found?.kind === 'fail') return found;
    const missing = names.find((name) => !own.some((each) => each.name === name));
    const problem =
      controlProblem(attempts) ??
      (missing === undefined ? null : inconclusive(`"${missing}" was not asked`, [requestsPath])) ??
      found;
    if (problem) return problem;
    const told = attempts
      .filter((each) => each.row === row)
      .map(({ name, request, given }) => `${name}: ${given ? 'served' : request}`);
    return pass(`${told.join(', ')}; right requests were served`, [requestsPath]);
  };

type Swapped = z.infer<typeof swappedSchema>[number];

const judgeSwap = ({ name, status, certificates, number, publicKey }: Swapped): Finding | null => {
  const [given] = certificates.map(certificateIn);
  if (given === undefined)
    return isRefusal(status)
      ? null
      : inconclusive(`the token with "${name}" was not refused for that: ${status}`, [swappedPath]);
  return given && isFor(given, number, publicKey)
    ? null
    : fail(
        `a token was taken together with "${name}", and counted for it`,
        'refused, or the certificate of the request that the token belongs to',
        'a certificate for another key or number',
        [swappedPath],
      );
};

const judgeSwaps = (evidence: Evidence): Finding => {
  const swapped = evidence.json(requestsActivity, 'swapped.json', swappedSchema);
  if (!swapped) return inconclusive('the swapped requests are not among the evidence');
  const bad = worst(swapped.map(judgeSwap));
  if (bad?.kind === 'fail') return bad;
  const control = swapped.find(({ name }) => name === 'control');
  if ((control?.certificates.length ?? 0) === 0)
    return inconclusive('the control, the token alone, got no certificate', [swappedPath]);
  const untried = (['other-request', 'other-number'] as const).find(
    (name) => !swapped.some((each) => each.name === name),
  );
  if (untried !== undefined) return inconclusive(`"${untried}" was not tried`, [swappedPath]);
  return (
    bad ??
    pass(
      `a token with another request or number: ${swapped
        .filter(({ name }) => name !== 'control')
        .map(({ status }) => status)
        .join(', ')}; the certificate is for the key that was asked with`,
      [swappedPath],
    )
  );
};

const base = {
  revision: 1,
  activities: [requestsActivity],
  needs: ['enrol', 'read-token', 'refusal-log'],
} as const;

/** Requests for certificates that nobody should get (catalogue E5 to E8). */
export const enrolmentIssuingAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/E5/swapped-request', claims: ['2.2.b', '4.b'], judge: judgeSwaps },
  {
    ...base,
    id: 'attacks/E6/wishes',
    claims: ['4.b', '5.2.g'],
    judge: judgeRow('E6', [
      'authority',
      'certificate-signing',
      'server-purpose',
      'alternative-name',
      'identifier-of-another',
      'further-names',
    ]),
  },
  {
    ...base,
    id: 'attacks/E7/proof-of-possession',
    claims: ['4.b'],
    judge: judgeRow('E7', [
      'signature-altered',
      'signed-by-another-key',
      'not-signed',
      'altered-after-signing',
      'name-of-another',
      'name-twice',
      'name-and-more',
      'no-name',
    ]),
  },
  {
    ...base,
    id: 'attacks/E8/weak-keys',
    claims: ['5.2.a'],
    judge: judgeRow('E8', ['rsa-1024', 'rsa-2047', 'roca', 'close-primes', 'certified-key']),
  },
];

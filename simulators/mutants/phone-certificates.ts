import { answerChecks } from '../../reference/core/csl/answer.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import type { CslRefusal } from '../../reference/core/csl/refusal.ts';
import { anyCallersName } from './any-caller.ts';
import type { Mutant } from './mutant.ts';
import { anyStatus } from './revocation.ts';

const callee = (...codes: readonly CslRefusal[]): Mutant['parts'] => ({
  phone: {
    offerChecks: offerChecks.filter(({ code }) => !codes.includes(code)),
    // Who is asked for the status of a certificate that is none of the authority's knows nothing of it.
    revocation: anyStatus,
  },
});

const caller = (...codes: readonly CslRefusal[]): Mutant['parts'] => ({
  phone: {
    answerChecks: answerChecks.filter(({ code }) => !codes.includes(code)),
    revocation: anyStatus,
  },
});

const taken = (who: 'called' | 'calling'): RegExp =>
  who === 'called'
    ? /a phone that was called accepted the certificate|the caller with the fault "(rogue|altered)-[a-z]+" was accepted/
    : /a phone that called accepted the certificate|the callee with the fault "(rogue|altered)-[a-z]+" was accepted/;

const both = (
  id: string,
  fault: string,
  claims: readonly string[],
  ...codes: readonly CslRefusal[]
): readonly Mutant[] => [
  {
    id: `callee-${id}`,
    fault: `the callee ${fault}`,
    claims,
    because: taken('called'),
    parts: callee(...codes),
  },
  {
    id: `caller-${id}`,
    fault: `the caller ${fault}`,
    claims,
    because: taken('calling'),
    parts: caller(...codes),
  },
];

/** Phones that look at certificates of their peers less than they should. */
export const phoneCertificateMutants: readonly Mutant[] = [
  ...both(
    'ignores-purpose',
    'takes certificates for any purpose',
    ['5.2.c', '5.2.g'],
    'certificate-form',
  ),
  ...both('takes-other-keys', 'takes RSA keys of other lengths and exponents', ['5.2.a'], 'key'),
  ...both('ignores-validity', 'takes certificates that are not valid now', ['5.2.c'], 'validity'),
  ...both(
    'believes-any-authority',
    'takes certificates of whatever authority stands behind them',
    ['3.1.c', '5.2.b', '5.2.c', '5.2.g'],
    'from-chain',
    'issuer',
    'certificate-form',
  ),
  {
    id: 'callee-ignores-names',
    fault: 'the callee believes From, whatever name stands in the certificate',
    claims: ['5.2.d'],
    because: /accepted the certificate|was accepted|the callee took/,
    parts: { phone: { keyAgreement: anyCallersName, revocation: anyStatus } },
  },
  {
    id: 'caller-ignores-names',
    fault: 'the caller takes whatever name stands in the certificate',
    claims: ['5.1.j', '5.2.f'],
    because: /accepted the certificate|was accepted|the caller took/,
    parts: caller('common-name', 'identity'),
  },
];

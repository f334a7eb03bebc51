import {
  statusVerification,
  type StatusVerification,
} from '../../reference/client/revocation/status-service.ts';
import { crlChecks, verifyCrl, type CrlFaultCode } from '../../reference/core/pki/crl.ts';
import { isOfIssuer } from '../../reference/core/pki/ocsp-certificate-id.ts';
import {
  ocspChecks,
  verifyOcspResponse,
  type OcspCheck,
  type OcspFaultCode,
} from '../../reference/core/pki/ocsp-verify.ts';
import { serialText } from '../../reference/core/pki/serial.ts';
import { ok } from '../../reference/core/result.ts';
import type { Mutant } from './mutant.ts';

const verifying = (verification: Partial<StatusVerification>): Mutant['parts'] => ({
  phone: { statusVerification: { ...statusVerification, ...verification } },
});

const checkingOcsp = (checks: readonly OcspCheck[]): Mutant['parts'] =>
  verifying({
    ocsp: (der, question, now) => verifyOcspResponse(der, question, now, checks),
  });

const ocspWithout = (...codes: readonly OcspFaultCode[]): Mutant['parts'] =>
  checkingOcsp(ocspChecks.filter(({ code }) => !codes.includes(code)));

const listWithout = (...codes: readonly CrlFaultCode[]): Mutant['parts'] => {
  const checks = crlChecks.filter(({ code }) => !codes.includes(code));
  return verifying({ list: (crl, issuer, now) => verifyCrl(crl, issuer, now, checks) });
};

/** Another way to look which certificate an answer is about. */
const identifying = (check: OcspCheck['check']): Mutant['parts'] =>
  checkingOcsp(
    ocspChecks.map((each) => (each.code === 'ocsp-certificate-id' ? { ...each, check } : each)),
  );

const anyIssuer = identifying(({ response: { responses }, question: { serial } }) =>
  responses.every(({ certificateId }) => serialText(certificateId.serial) === serialText(serial)),
);

const anySerial = identifying(({ response: { responses }, question: { issuer } }) =>
  responses.every(({ certificateId }) => isOfIssuer(certificateId, issuer)),
);

const after = (...names: readonly string[]): RegExp =>
  new RegExp(`took its peer’s certificate after hearing "(?:${names.join('|')})"`);

const unknownIsGood: StatusVerification['ocsp'] = (der, question, now) => {
  const verified = verifyOcspResponse(der, question, now);
  return verified.ok && verified.value.kind === 'unknown' ? ok({ kind: 'good' }) : verified;
};

const rows: readonly (readonly [
  id: string,
  fault: string,
  because: RegExp,
  parts: Mutant['parts'],
])[] = [
  [
    'nonces',
    'does not look at the nonce of an OCSP answer',
    after('replayed', 'no-nonce', 'other-nonce'),
    ocspWithout('ocsp-nonce'),
  ],
  [
    'serials',
    'takes an OCSP answer about another certificate of the same authority',
    after('other-serial'),
    anySerial,
  ],
  [
    'issuers',
    'takes an OCSP answer about another authority’s certificate with the same serial',
    after('other-issuer'),
    anyIssuer,
  ],
  [
    'signatures',
    'does not verify the signature of an OCSP answer',
    after('other-key', 'signature-altered'),
    ocspWithout('ocsp-signature'),
  ],
  [
    'responders',
    'lets anybody sign an OCSP answer, whatever the certificate is for',
    after('other-key', 'signature-altered', 'server-authority', 'certificate-without-purpose'),
    ocspWithout('ocsp-responder', 'ocsp-signature'),
  ],
  [
    'old-answers',
    'takes an OCSP answer that is past its time',
    after('next-update-past', 'produced-yesterday'),
    ocspWithout('ocsp-stale'),
  ],
  [
    'future-answers',
    'takes an OCSP answer whose time is yet to come',
    after('this-update-future', 'produced-in-future'),
    ocspWithout('ocsp-not-yet-valid'),
  ],
  ['unknown', 'takes "unknown" for "good"', after('unknown'), verifying({ ocsp: unknownIsGood })],
  [
    'silence',
    'calls on when there is no answer about revocation that holds',
    after(
      'list-absent',
      'list-closed',
      'list-expired',
      'try-later',
      'server-error',
      'closed',
      'silence',
    ),
    {
      phone: {
        revocation: async (certificate, ask) => {
          const said = await ask(certificate);
          return said === 'unavailable' ? 'good' : said;
        },
      },
    },
  ],
  [
    'list-age',
    'takes a list of the root that has expired',
    after('list-expired'),
    listWithout('crl-expired'),
  ],
  [
    'list-issuer',
    'takes a list that names another authority',
    after('list-in-another-name'),
    listWithout('crl-issuer'),
  ],
  [
    'list-signature',
    'does not verify the signature of the root’s list',
    after('list-signed-by-another', 'list-signature-altered'),
    listWithout('crl-signature'),
  ],
  [
    'list-extensions',
    'overlooks critical extensions of a list that it does not know',
    after('list-unknown-critical-extension', 'list-unknown-critical-in-entry'),
    listWithout('crl-critical-extension'),
  ],
];

/** Phones that skip one check of what they are told about revocation. */
export const phoneStatusMutants: readonly Mutant[] = rows.map(([id, fault, because, parts]) => ({
  id: `phone-status-ignores-${id}`,
  fault: `the phone ${fault}`,
  claims: ['4.d'],
  because,
  parts,
}));

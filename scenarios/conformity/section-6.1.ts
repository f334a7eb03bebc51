import { equal, fromBase64, toBase64 } from '../../reference/core/bytes.ts';
import type { Certificate } from '../../reference/core/pki/certificate.ts';
import { allHeaders } from '../../reference/core/sip/message.ts';
import { fail, inconclusive, pass, type Evidence, type Scenario } from '../campaign/scenario.ts';
import { callActivity, onCapture, type CaptureView } from './views/capture-view.ts';
import { certificateOfBase64, certificateOfPem, usersOf } from './views/certificates.ts';
import { onEnrolments } from './views/enrolment-view.ts';
import { onExchange } from './views/exchange-view.ts';
import { topologySchema } from './activities/call-evidence.ts';

interface NamedCertificate {
  readonly name: string;
  readonly certificate: Certificate | null;
}

const onTheWire = ({ facts, topology }: CaptureView): readonly NamedCertificate[] => [
  ...facts.tlsSessions
    .filter((session) => session.established)
    .flatMap((session) =>
      [...session.serverChain, ...session.clientChain].map((text, index) => ({
        name: `certificate ${index + 1} of the session with port ${session.server.port}`,
        certificate: certificateOfBase64(text),
      })),
    ),
  ...Object.entries(topology.trust).map(([kind, pem]) => ({
    name: kind,
    certificate: certificateOfPem(pem),
  })),
];

const sizeOf = ({ publicKey }: Certificate): string =>
  publicKey.algorithm === 'rsa'
    ? `RSA ${publicKey.modulusBits}, exponent ${publicKey.exponent}`
    : `no RSA key (${publicKey.oid})`;

const wantedSize = 'RSA 2048, exponent 65537';

const judgeSizes = onCapture((view) => {
  const certificates = onTheWire(view);
  for (const { name, certificate } of certificates) {
    if (!certificate) return inconclusive(`the ${name} cannot be read`, [view.path]);
    if (sizeOf(certificate) !== wantedSize)
      return fail(`the ${name} has another key`, wantedSize, sizeOf(certificate), [view.path]);
  }
  const clients = view.facts.tlsSessions.filter(
    (session) => session.established && session.clientChain.length > 0,
  );
  if (clients.length === 0)
    return inconclusive('no client certificate in the capture', [view.path]);
  return pass(
    `${certificates.length} certificates of clients, servers and authorities: ${wantedSize}`,
    [view.path],
  );
});

const judgeStoredForm = (evidence: Evidence) => {
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!topology) return inconclusive('the run’s phones are not among the evidence');
  for (const { name } of usersOf(topology)) {
    for (const file of ['private-key.pem', 'certificate.pem']) {
      const text = evidence.text(callActivity, `stored/${name}/${file}`);
      if (text === null) return inconclusive(`${file} of ${name} is not among the evidence`);
      if (!/^-----BEGIN [A-Z ]+-----\r?\n[A-Za-z0-9+/=\r\n]+-----END [A-Z ]+-----\r?\n$/.test(text))
        return fail(`${file} of ${name} is no PEM`, 'keys stored as PEM', text.slice(0, 24), [
          `evidence/${callActivity}/stored/${name}/${file}`,
        ]);
    }
  }
  return pass('both phones store key and certificate as PEM');
};

/** The value as sent must be plain base64 of DER: decoded and encoded again, the same characters. */
const isBase64OfDer = (value: string, der: Uint8Array): boolean => {
  const decoded = fromBase64(value.trim());
  return decoded.ok && equal(decoded.value, der) && toBase64(decoded.value) === value.trim();
};

const judgeEnrolmentForm = onEnrolments(({ enrolments, path }) => {
  const other = enrolments.find(
    ({ csr }) => !csr.startsWith('-----BEGIN CERTIFICATE REQUEST-----'),
  );
  if (other)
    return fail(`the request of ${other.number} is no PEM`, 'PEM', other.csr.slice(0, 24), [path]);
  return pass(
    `${enrolments.length} requests travelled as PEM, and their certificates came back as PEM`,
    [path],
  );
});

const judgeCallForm = onExchange((view) => {
  for (const [leg, side] of [
    [view.caller.invite, view.offer],
    [view.callee.answer, view.answer],
  ] as const) {
    const value =
      allHeaders(leg.message).find(([name]) => name.toLowerCase() === 'x-csl-from')?.[1] ?? '';
    if (!isBase64OfDer(value, side.certificate.der))
      return fail(
        'X-CSL-From is in another form',
        'base64 of DER',
        `${value.trim().slice(0, 24)}…`,
        [view.path],
      );
  }
  const sessions = [view.caller.session, view.callee.session];
  if (sessions.some((session) => session.clientChain.length === 0))
    return inconclusive('no TLS Certificate message of a client in the capture', [view.path]);
  return pass(
    'certificates travelled as base64 of DER in X-CSL-From and in the Certificate message of TLS 1.2',
    [view.path],
  );
});

const base = { revision: 1, activities: [callActivity], needs: ['call'] } as const;

/** Section 6.1: key management. */
export const sectionSixOne: readonly Scenario[] = [
  { ...base, id: '6.1/key-sizes', claims: ['6.1.a'], judge: judgeSizes },
  {
    ...base,
    id: '6.1/stored-as-pem',
    claims: ['6.1.c'],
    needs: ['export-stored-files'],
    judge: judgeStoredForm,
  },
  { ...base, id: '6.1/enrolment-form', claims: ['6.1.d'], judge: judgeEnrolmentForm },
  { ...base, id: '6.1/call-form', claims: ['6.1.d'], judge: judgeCallForm },
];

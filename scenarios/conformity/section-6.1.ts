import { fromBase64 } from '../../reference/core/bytes.ts';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';
import { headerValues } from '../../reference/core/sip/message/message.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import type { SipMessageFacts } from '../wire/facts-model.ts';
import { topologySchema } from './activities/call-evidence.ts';
import { onCall } from './views/call-view.ts';
import {
  callActivity,
  establishedSessions,
  losses,
  onCapture,
  type CaptureView,
} from './views/capture-view.ts';
import {
  certificateOfBase64,
  certificateOfPem,
  storedCertificate,
  usersOf,
} from './views/certificates.ts';
import { onEnrolments, type EnrolmentOnWire } from './views/enrolment-view.ts';
import { keyFiles, storedFiles, type StoredFileView } from './views/stored-files.ts';
import { worst } from './views/worst.ts';

interface NamedCertificate {
  readonly name: string;
  readonly certificate: Certificate | null;
}

/** Every certificate that was used: in handshakes, as trust, and on the phones. */
const certificatesOf = ({
  facts,
  topology,
  evidence,
}: CaptureView): readonly NamedCertificate[] => [
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
  ...usersOf(topology).map(({ name }) => ({
    name: `stored certificate of ${name}`,
    certificate: storedCertificate(evidence, name),
  })),
];

const sizeOf = ({ publicKey }: Certificate): string =>
  publicKey.algorithm === 'rsa'
    ? `RSA ${publicKey.modulusBits}, exponent ${publicKey.exponent}`
    : `no RSA key (${publicKey.oid})`;

const wantedSize = 'RSA 2048, exponent 65537';

const judgeSizes = onCapture((view) => {
  const { facts, path } = view;
  const certificates = certificatesOf(view);
  const bad = worst(
    certificates.map(({ name, certificate }) => {
      if (!certificate) return inconclusive(`the ${name} cannot be read`, [path]);
      return sizeOf(certificate) === wantedSize
        ? null
        : fail(`the ${name} has another key`, wantedSize, sizeOf(certificate), [path]);
    }),
  );
  if (bad) return bad;
  const sip = establishedSessions(facts, 'sip');
  const sessions = [...sip, ...establishedSessions(facts, 'registration')];
  if (sip.length === 0) return inconclusive('no session of a client in the capture', [path]);
  const bare =
    sessions.find(({ serverChain }) => serverChain.length === 0) ??
    sip.find(({ clientChain }) => clientChain.length === 0);
  if (bare)
    return inconclusive(
      `the session of ${bare.client.host}:${bare.client.port} shows no certificate of one side`,
      [path],
    );
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [path]);
  return pass(
    `${certificates.length} certificates of clients, servers and authorities: ${wantedSize}`,
    [path],
  );
});

const pemForm = /^-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\r?\n?$/;

/** The DER that a PEM text of one object holds must at least be a SEQUENCE. */
const isOnePem = (text: string): boolean => {
  const [, , body = ''] = pemForm.exec(text) ?? [];
  const der = fromBase64(body.replaceAll(/[\r\n]/g, ''));
  return der.ok && der.value[0] === 0x30;
};

/** Objects one behind the other, and at least one. */
const isPem = (text: string): boolean => {
  const objects = text.split(/(?<=-----END [A-Z ]+-----\s*)(?=\S)/);
  return objects.every((each) => isOnePem(each.trimEnd()));
};

const storedName = /\.(pem|der|crt|cer|ca-bundle|key|p7[bc]|p8|p12|pfx)$/i;

/** Armour, base64 without it, or the beginning of a SEQUENCE of 128 bytes or more (whose length octets are no UTF-8). */
const storedContent = /-----BEGIN |^MII[A-Za-z0-9+/]|^0\uFFFD/;

/** Keys and certificates, by the names and the contents that such files have. */
const keysAndCertificates = (files: readonly StoredFileView[]): readonly StoredFileView[] =>
  files.filter(({ name, text }) => storedName.test(name) || storedContent.test(text));

const judgePem = (phone: string, { name, path, text }: StoredFileView): Finding | null =>
  isPem(text)
    ? null
    : fail(`${name} of ${phone} is no PEM`, 'stored as PEM', text.slice(0, 24), [path]);

const judgeStoredForm = (evidence: Evidence): Finding => {
  const topology = evidence.json(callActivity, 'topology.json', topologySchema);
  if (!topology) return inconclusive('the run’s phones are not among the evidence');
  const paths: string[] = [];
  const findings = usersOf(topology).flatMap(({ name: phone }) => {
    const files = storedFiles(evidence, phone);
    if (typeof files === 'string') return [inconclusive(files)];
    const keys = keyFiles(files);
    const certificates = files.filter(({ name }) => name === 'certificate.pem');
    if (keys.length === 0 || certificates.length === 0)
      return [inconclusive(`no file of ${phone} is seen to hold its key or its certificate`)];
    const relevant = keysAndCertificates(files);
    paths.push(...relevant.map(({ path }) => path));
    return relevant.map((file) => judgePem(phone, file));
  });
  return worst(findings) ?? pass('both phones store key and certificates as PEM', paths);
};

const judgeEnrolment = (
  { number, csr, deliveries }: EnrolmentOnWire,
  path: string,
): Finding | null =>
  worst([
    csr.startsWith('-----BEGIN CERTIFICATE REQUEST-----')
      ? null
      : fail(`the request of ${number} is no PEM`, 'PEM', csr.slice(0, 24), [path]),
    ...deliveries.map(({ chain, body }) => {
      if (chain.length > 0) return null;
      return body.includes('-----BEGIN CERTIFICATE-----')
        ? inconclusive(`the PEM given to ${number} cannot be read`, [path])
        : fail(`the certificate given to ${number} is no PEM`, 'PEM', body.slice(0, 24), [path]);
    }),
  ]);

const judgeEnrolmentForm = onEnrolments(
  ({ enrolments, path }) =>
    worst(enrolments.map((enrolment) => judgeEnrolment(enrolment, path))) ??
    pass(
      `${enrolments.length} requests travelled as PEM, and their certificates came back as PEM`,
      [path],
    ),
);

/** A value as sent must be plain base64 (canonical, without breaks) of one DER certificate. */
const judgeValue = (carrier: SipMessageFacts, name: string, path: string): Finding | null => {
  const [value] = headerValues(carrier.message, name);
  if (value === undefined) return inconclusive(`no ${name} in the INVITE or the 200`, [path]);
  const der = fromBase64(value.trim());
  return der.ok && parseCertificate(der.value).ok
    ? null
    : fail(`${name} is in another form`, 'base64 of DER', `${value.trim().slice(0, 24)}…`, [path]);
};

const judgeCallForm = onCall(({ caller, callee, path }) => {
  const bad = worst(
    [caller.invite, callee.answer].flatMap((carrier) => [
      judgeValue(carrier, 'X-CSL-From', path),
      judgeValue(carrier, 'X-CSL-From-Chain', path),
    ]),
  );
  return (
    bad ??
    pass(
      'certificates travelled as base64 of DER in X-CSL-From and X-CSL-From-Chain, and in the Certificate message of TLS 1.2',
      [path],
    )
  );
});

const base = { revision: 2, activities: [callActivity], needs: ['call'] } as const;

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

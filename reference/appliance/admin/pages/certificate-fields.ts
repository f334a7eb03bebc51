import { createHash, X509Certificate } from 'node:crypto';
import { toHex } from '../../../core/bytes.ts';
import { toPem } from '../../../core/keystore/pem.ts';
import {
  keyIdentifierOf,
  parseCertificate,
  sha256WithRsa,
  type Certificate,
} from '../../../core/pki/certificate.ts';
import type { StoredCertificate } from '../../store/contract.ts';
import type { Visit } from '../context.ts';
import { html, type Html, type Insertion } from '../html.ts';
import { definitions, refusal, time } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { stateChip } from './links.ts';

const purposeNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
};

const keyText = ({ publicKey }: Certificate): string =>
  publicKey.algorithm === 'rsa'
    ? `RSA ${publicKey.modulusBits}, e = ${publicKey.exponent}`
    : publicKey.oid;

/** The first 16 bytes of the key identifier in groups of four digits (interpretation I-10). */
const displayedIdentifier = (certificate: Certificate): string =>
  toHex(keyIdentifierOf(certificate).subarray(0, 16)).replace(/.{4}(?=.)/g, '$& ');

/** A name as node prints it, one attribute a line, without the backslashes before signs such as the + of a number. */
const nameText = (name: string): string => name.replaceAll('\n', ', ').replace(/\\(.)/g, '$1');

const listOf = (values: Iterable<string> | undefined): string | null =>
  values === undefined ? null : [...values].join(', ');

const decoded = (
  { text }: Visit,
  stored: StoredCertificate,
  certificate: Certificate,
): readonly (readonly [string, Insertion])[] => {
  const { extensions } = certificate;
  const { subject, issuer, subjectAltName } = new X509Certificate(stored.der);
  const purposes = extensions.extendedKeyUsage?.map((oid) => purposeNames[oid] ?? oid);
  return [
    [text['certificate.subjectName'], nameText(subject)],
    [text['certificate.issuer'], nameText(issuer)],
    [text['certificate.from'], time(certificate.notBefore)],
    [text['certificates.until'], time(certificate.notAfter)],
    [text['certificate.key'], keyText(certificate)],
    [text['certificate.identifier'], html`<code>${displayedIdentifier(certificate)}</code>`],
    [text['certificate.keyUsage'], listOf(extensions.keyUsage)],
    [text['certificate.purposes'], listOf(purposes)],
    [text['certificate.hosts'], subjectAltName ?? null],
    [
      text['certificate.isAuthority'],
      extensions.basicConstraints?.authority === true ? text.yes : text.no,
    ],
    [
      text['certificate.algorithm'],
      certificate.signatureAlgorithm === sha256WithRsa
        ? 'sha256WithRSAEncryption'
        : certificate.signatureAlgorithm,
    ],
  ];
};

/** Everything that a stored certificate says, with its state and its PEM. */
export const certificateFields = (visit: Visit, stored: StoredCertificate): Html => {
  const { text, at } = visit;
  const parsed = parseCertificate(stored.der);
  const fingerprint = createHash('sha256').update(stored.der).digest('hex');
  const state = definitions([
    [text.state, stateChip(text, stored, at)],
    [text['certificate.revokedAt'], time(stored.revokedAt)],
    [text.reason, stored.reason === null ? null : text[`reason.${stored.reason}`]],
    [text['certificates.serial'], html`<code>${stored.serial}</code>`],
    [text['certificates.authority'], text[`authority.${stored.authority}`]],
    [text['certificates.issued'], time(stored.issuedAt)],
    [text['certificate.fingerprint'], html`<code>${fingerprint}</code>`],
  ]);
  const fields = parsed.ok
    ? definitions(decoded(visit, stored, parsed.value))
    : refusal(fill(text['certificate.malformed'], { code: parsed.error.code }));
  const lines = toPem('CERTIFICATE', stored.der)
    .trimEnd()
    .split('\n')
    .map((line) => html`${line}\n`);
  return html`${state}<h2>${text['certificate.fields']}</h2>${fields}<h2>PEM</h2><pre>${lines}</pre>`;
};

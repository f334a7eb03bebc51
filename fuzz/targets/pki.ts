import { X509Certificate } from 'node:crypto';
import { BasicOCSPResponse, CertificateRevocationList, OCSPRequest, OCSPResponse } from 'pkijs';
import { latin1, toHex } from '../../reference/core/bytes.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import {
  parseCertificate,
  sha256WithRsa,
  type Certificate,
} from '../../reference/core/pki/certificate.ts';
import { parseCrl } from '../../reference/core/pki/crl.ts';
import { parseOcspRequest } from '../../reference/core/pki/ocsp-request.ts';
import { parseOcspResponse } from '../../reference/core/pki/ocsp-response-form.ts';
import { parseRequest } from '../../reference/core/pki/request.ts';
import {
  certificateRequests,
  certificates,
  ocspRequests,
  ocspResponses,
  revocationLists,
} from '../generators/certificates.ts';
import { derGrammar } from '../generators/der-mutations.ts';
import { seedOf, type MutatedCase } from '../generators/mutations.ts';
import { readBy, sampling, type Known } from '../oracles/asked.ts';
import { forge, forgeMissing } from '../oracles/forge.ts';
import { sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const certificateGrammar = derGrammar(certificates);

/**
 * Known difference: OpenSSL wants the value of every attribute to be a string. Here values other than a CommonName are never
 * read, and a CommonName that is no text is told as such and refused by who needs the name.
 */
const hasOddAttributes = ({ issuer, subject }: Certificate): boolean =>
  [issuer, subject]
    .map(toHex)
    .some((name) => /0603(?!550403)|06(?!03)0[1-9a-f]|0603550403(?!0c|13)/.test(name));

const unpadded = (serial: Uint8Array): string =>
  toHex(serial)
    .replace(/^(?:00)+(?=..)/, '')
    .toUpperCase();

const compareNode = (ours: Certificate): void => {
  // Nor are the parameters of algorithms read here that are not in use.
  const isForeign =
    ours.publicKey.algorithm === 'other' || ours.signatureAlgorithm !== sha256WithRsa;
  const known =
    isForeign || hasOddAttributes(ours)
      ? [{ complaint: /./, why: 'attributes and algorithms that are not read here' }]
      : [];
  const theirs = readBy('node:crypto', () => new X509Certificate(ours.der), known);
  if (theirs === null) return;
  sameValue(
    'differential: node:crypto',
    [unpadded(ours.serial), ours.notBefore, ours.notAfter],
    [theirs.serialNumber, theirs.validFromDate.getTime(), theirs.validToDate.getTime()],
  );
  // The other way round OpenSSL calls no certificate an authority of which it dislikes any extension, read here or not.
  if (theirs.ca)
    sameValue(
      'differential: node:crypto, authority',
      true,
      ours.extensions.basicConstraints?.authority,
    );
  const { subjectAltName } = ours.extensions;
  // Where OpenSSL dislikes a name of another form it shows none.
  if (theirs.subjectAltName === undefined) return;
  const dns = theirs.subjectAltName.split(', ').filter((name) => name.startsWith('DNS:'));
  if (subjectAltName?.dnsNames.every((name) => /^[A-Za-z0-9.-]+$/.test(name)))
    sameValue(
      'differential: node:crypto, names',
      subjectAltName.dnsNames.map((name) => `DNS:${name}`),
      dns,
    );
};

const knownForge: readonly Known[] = [
  {
    complaint: /^Cannot read properties of undefined/,
    why: 'node-forge throws at extensions that hold no more than the name of one, or another type than it expects',
  },
  {
    complaint: /ASN\.1 object is not a PKCS#10 CertificationRequest/,
    why: 'neither attributes nor what stands beside an algorithm is read here: nothing of them gets into a certificate',
  },
  {
    complaint: /Too few bytes to parse DER/,
    why: 'node-forge reads an element of a class of its own, or what a BIT STRING holds, as if there were elements inside',
  },
  {
    complaint: /captureBitStringValue only supported for zero unused bits/,
    why: 'such a signature is told here as one that is not valid',
  },
];

const compareForge = (ours: Certificate): void => {
  const library = forge;
  if (library === null || ours.publicKey.algorithm !== 'rsa') return;
  const theirs = readBy(
    'node-forge',
    () => library.pki.certificateFromAsn1(library.asn1.fromDer(latin1(ours.der))),
    knownForge,
  );
  if (theirs === null) return;
  sameValue(
    'differential: node-forge',
    [unpadded(ours.serial), ours.notBefore],
    [unpadded(Buffer.from(theirs.serialNumber, 'hex')), theirs.validity.notBefore.getTime()],
  );
};

/** X.509 certificates. */
export const certificate: FuzzTarget<MutatedCase> = {
  name: 'certificate',
  parsers: [
    'reference/core/pki/certificate.ts#parseCertificate',
    'reference/core/pki/name-constraints.ts#readNameConstraints',
    'reference/core/pki/time.ts#readTime',
  ],
  missing: forgeMissing,
  cases: certificateGrammar.cases,
  check: (made) => {
    const bytes = certificateGrammar.bytes(made);
    const parsed = parseCertificate(bytes);
    if (!parsed.ok) return parsed.error.code;
    sameBytes('what was read is what was given', bytes, parsed.value.der);
    compareNode(parsed.value);
    if (seedOf(made) % sampling === 0) compareForge(parsed.value);
    return ['ok', parsed.value.publicKey.algorithm];
  },
  reaches:
    'ok rsa other der-end der-tag der-length der-form der-depth der-trailing der-boolean der-integer der-null der-object-identifier der-bit-string extension-form extension-default extension-repeated extension-value certificate-form certificate-version certificate-serial certificate-algorithm certificate-name certificate-time certificate-key certificate-signature'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'der', bytes: certificateGrammar.bytes(made) }),
};

const listGrammar = derGrammar(revocationLists);
const knownPkijs: readonly Known[] = [
  {
    complaint: /^Cannot create '|^Error during parsing|^Wrong input string/,
    why: 'names of issuers are compared as bytes here, and certificates, signatures of askers and unknown extensions stay unread',
  },
];

/** Certificate revocation lists. */
export const revocationList: FuzzTarget<MutatedCase> = {
  name: 'crl',
  parsers: ['reference/core/pki/crl.ts#parseCrl', 'reference/core/pki/revocation.ts#readReason'],
  cases: listGrammar.cases,
  check: (made) => {
    const bytes = listGrammar.bytes(made);
    const parsed = parseCrl(bytes);
    if (!parsed.ok) return parsed.error.code;
    sameBytes('what was read is what was given', bytes, parsed.value.der);
    const library = forge;
    const theirs =
      library !== null && seedOf(made) % sampling === 0
        ? readBy(
            'pkijs',
            () => CertificateRevocationList.fromBER(Uint8Array.from(bytes)),
            knownPkijs,
          )
        : null;
    if (theirs)
      sameValue(
        'differential: pkijs',
        [parsed.value.revoked.size, parsed.value.thisUpdate],
        [theirs.revokedCertificates?.length ?? 0, theirs.thisUpdate.value.getTime()],
      );
    return ['ok', parsed.value.revoked.size > 0 ? 'revoked' : 'empty'];
  },
  reaches:
    'ok revoked empty crl-form crl-version crl-time crl-number crl-key-identifier crl-entry crl-entry-repeated crl-signature-form extension-form extension-repeated extension-default'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'crl', bytes: listGrammar.bytes(made) }),
};

const requestGrammar = derGrammar(ocspRequests);

/** OCSP requests, as the responder gets them from anybody. */
export const ocspRequest: FuzzTarget<MutatedCase> = {
  name: 'ocsp-request',
  parsers: [
    'reference/core/pki/ocsp-request.ts#parseOcspRequest',
    'reference/core/pki/ocsp-certificate-id.ts#readCertificateId',
    'reference/core/pki/ocsp-nonce.ts#readNonce',
  ],
  cases: requestGrammar.cases,
  check: (made) => {
    const bytes = requestGrammar.bytes(made);
    const parsed = parseOcspRequest(bytes);
    if (!parsed.ok) return parsed.error.code;
    const library = forge;
    const theirs =
      library !== null && seedOf(made) % sampling === 0
        ? readBy('pkijs', () => OCSPRequest.fromBER(Uint8Array.from(bytes)), knownPkijs)
        : null;
    if (theirs)
      sameValue(
        'differential: pkijs',
        parsed.value.certificateIds.length,
        theirs.tbsRequest.requestList.length,
      );
    return ['ok', parsed.value.nonce ? 'nonce' : 'no nonce'];
  },
  reaches:
    'ok nonce ocsp-request-size ocsp-request-form ocsp-request-count ocsp-request-nonce ocsp-critical-extension ocsp-certificate-id-form extension-form der-end'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'der', bytes: requestGrammar.bytes(made) }),
};

const responseGrammar = derGrammar(ocspResponses);

const countByPkijs = (bytes: Uint8Array): number | null => {
  const { responseBytes } = OCSPResponse.fromBER(Uint8Array.from(bytes));
  if (!responseBytes) return null;
  return BasicOCSPResponse.fromBER(Uint8Array.from(responseBytes.response.valueBlock.valueHexView))
    .tbsResponseData.responses.length;
};

/** OCSP answers, as a phone gets them. */
export const ocspResponse: FuzzTarget<MutatedCase> = {
  name: 'ocsp-response',
  parsers: [
    'reference/core/pki/ocsp-response-form.ts#parseOcspResponse',
    'reference/core/pki/time.ts#readGeneralizedTime',
  ],
  cases: responseGrammar.cases,
  check: (made) => {
    const bytes = responseGrammar.bytes(made);
    const parsed = parseOcspResponse(bytes);
    if (!parsed.ok) return parsed.error.code;
    const { value } = parsed;
    if (value.kind === 'error') return ['ok', 'error'];
    const theirs =
      seedOf(made) % sampling === 0 ? readBy('pkijs', () => countByPkijs(bytes), knownPkijs) : null;
    if (theirs !== null) sameValue('differential: pkijs', value.response.responses.length, theirs);
    return ['ok', ...value.response.responses.map(({ status }) => status.kind)];
  },
  reaches:
    'ok error good revoked unknown ocsp-response-form ocsp-response-type ocsp-response-time ocsp-response-status ocsp-response-nonce ocsp-certificate-id-form extension-form der-end'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'der', bytes: responseGrammar.bytes(made) }),
};

const csrGrammar = derGrammar(certificateRequests);

/** PKCS#10 requests, DER and PEM, as the registration gets them. */
export const certificateRequest: FuzzTarget<MutatedCase> = {
  name: 'certificate-request',
  parsers: ['reference/core/pki/request.ts#parseRequest'],
  missing: forgeMissing,
  cases: csrGrammar.cases,
  check: (made) => {
    const bytes = csrGrammar.bytes(made);
    const parsed = parseRequest(bytes);
    const armoured = parseRequest(toPem('CERTIFICATE REQUEST', bytes));
    if (!parsed.ok) return [parsed.error.code, armoured.ok ? 'PEM ok' : 'PEM refused'];
    sameValue('PEM and DER are one', parsed, armoured);
    const library = forge;
    const theirs =
      library !== null && seedOf(made) % sampling === 0
        ? readBy(
            'node-forge',
            () => library.pki.certificationRequestFromAsn1(library.asn1.fromDer(latin1(bytes))),
            knownForge,
          )
        : null;
    const name = theirs?.subject.getField('CN') as { readonly value: string } | null | undefined;
    if (theirs && /^[ -~]*$/.test(parsed.value.commonName))
      sameValue('differential: node-forge', parsed.value.commonName, name?.value);
    return 'ok';
  },
  reaches:
    'ok request-form request-version request-name request-common-name request-public-key request-key-size der-end'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'csr', bytes: csrGrammar.bytes(made) }),
};

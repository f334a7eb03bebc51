import { concat, utf8 } from '../../reference/core/bytes.ts';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';
import { issueCrl } from '../../reference/core/pki/crl-issue.ts';
import {
  derAlgorithm,
  derBitString,
  derElement,
  derExtension,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../../reference/core/pki/der-write.ts';
import { parseDer, type DerNode } from '../../reference/core/pki/der.ts';
import { issueCertificate } from '../../reference/core/pki/issue.ts';
import { certificateIdOf } from '../../reference/core/pki/ocsp-certificate-id.ts';
import { createOcspRequest, parseOcspRequest } from '../../reference/core/pki/ocsp-request.ts';
import {
  basicResponseOid,
  createOcspError,
  createOcspResponse,
} from '../../reference/core/pki/ocsp-response.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  rootProfile,
  serverProfile,
} from '../../reference/core/pki/profiles.ts';
import { createRequest } from '../../reference/core/pki/request.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';

/** Structures of the authorities with signatures that nobody made: parsers do not look at them, and no key has to be made. */
const sign = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(256).fill(0x5a));

const modulus = new Uint8Array(256).fill(0xc3);
const publicKey = derSequence(
  derAlgorithm('1.2.840.113549.1.1.1'),
  derBitString(derSequence(derInteger(modulus), derInteger(Uint8Array.of(1, 0, 1)))),
);
const curveKey = derSequence(
  derSequence(derObjectIdentifier('1.2.840.10045.2.1'), derObjectIdentifier('1.2.840.10045.3.1.7')),
  derBitString(
    // The generator of P-256, a point that every library takes.
    new Uint8Array(
      Buffer.from(
        '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
        'hex',
      ),
    ),
  ),
);

const begin = Date.UTC(2026, 10, 23);
const order = {
  issuer: { sign },
  serial: Uint8Array.of(0x90, 3),
  notBefore: begin,
  notAfter: Date.UTC(2051, 1, 1),
  publicKey,
};

const root = await issueCertificate({
  ...order,
  profile: rootProfile,
  subject: { commonName: 'Root' },
});
const authority = await issueCertificate({
  ...order,
  profile: clientAuthorityProfile,
  subject: { commonName: 'Clients' },
  issuer: { certificate: root, sign },
  onlyHosts: ['phone.example', '10.0.0.1'],
});

const childrenOf = (der: Uint8Array): readonly DerNode[] => {
  const read = parseDer(der);
  return read.ok ? read.value.children : [];
};

/** A signed structure again with one more extension, which says that it is not critical: the default, which DER leaves out. */
const withDefault = (der: Uint8Array): Uint8Array => {
  const [tbs, ...rest] = childrenOf(der);
  const fields = tbs?.children ?? [];
  const wrapped = fields.at(-1);
  const extensions = wrapped?.children[0]?.children ?? [];
  const odd = derSequence(
    derObjectIdentifier('1.2.3'),
    derElement(1, Uint8Array.of(0)),
    derOctetString(new Uint8Array(2)),
  );
  const list = derSequence(...extensions.map(({ bytes }) => bytes), odd);
  const changed = [
    ...fields.slice(0, -1).map(({ bytes }) => bytes),
    derElement(wrapped?.tag ?? 0xa3, list),
  ];
  return derSequence(derSequence(...changed), ...rest.map(({ bytes }) => bytes));
};

/** A signed structure again with a signature that is not of whole bytes. */
const withOddSignature = (der: Uint8Array): Uint8Array =>
  derSequence(
    ...childrenOf(der)
      .slice(0, -1)
      .map(({ bytes }) => bytes),
    derElement(3, Uint8Array.of(1, 0x5a)),
  );

/** Certificates of every profile, and one with a key of another kind. */
export const certificates: readonly Uint8Array[] = [
  root,
  authority,
  await issueCertificate({
    ...order,
    profile: clientProfile,
    subject: { commonName: '+33612345678' },
    issuer: { certificate: authority, sign },
  }),
  await issueCertificate({
    ...order,
    profile: serverProfile,
    subject: { commonName: 'sip.example', hosts: ['sip.example', '10.0.0.1', '2001:db8::1'] },
    issuer: { certificate: authority, sign },
  }),
  await issueCertificate({
    ...order,
    publicKey: curveKey,
    profile: clientProfile,
    subject: { commonName: 'é' },
  }),
  withDefault(authority),
  withOddSignature(root),
];

const parsed = (der: Uint8Array): Certificate => {
  const certificate = parseCertificate(der);
  if (!certificate.ok)
    throw new TypeError(
      `base: ${certificate.error.code}; the issuer writes what the parser refuses`,
    );
  return certificate.value;
};

const issuer = parsed(authority);
const list = { issuer, sign, number: 7n, thisUpdate: begin, nextUpdate: begin + 86_400_000 };

/** Certificate revocation lists. */
export const revocationLists: readonly Uint8Array[] = [
  await issueCrl({ ...list, revoked: [] }),
  withDefault(await issueCrl({ ...list, revoked: [] })),
  await issueCrl({
    ...list,
    revoked: [
      { serial: Uint8Array.of(1), at: begin, reason: 'keyCompromise' },
      { serial: Uint8Array.of(0x90, 3), at: begin, reason: 'unspecified' },
    ],
  }),
];

const question = { issuer, serial: Uint8Array.of(0x90, 3), nonce: new Uint8Array(32).fill(9) };
const plainRequest = createOcspRequest(question);
const criticalExtension = derExtension('1.2.3.4', derOctetString(utf8('x')), true);

/** OCSP requests: usual ones, one for 40 certificates, one with extensions and a signature, one too long. */
export const ocspRequests: readonly Uint8Array[] = [
  plainRequest,
  createOcspRequest({ ...question, hash: 'sha1' }),
  derSequence(
    derSequence(
      derSequence(
        ...Array.from({ length: 40 }, () =>
          derSequence(certificateIdOf(issuer, Uint8Array.of(1), 'sha1')),
        ),
      ),
    ),
  ),
  derSequence(
    derSequence(
      derElement(0xa1, derElement(0x82, utf8('asker'))),
      derSequence(
        derSequence(
          certificateIdOf(issuer, Uint8Array.of(1), 'sha256'),
          derElement(0xa0, derSequence(derExtension('1.2.3', derOctetString(utf8('x'))))),
        ),
      ),
      derElement(0xa2, derSequence(criticalExtension)),
    ),
    derElement(
      0xa0,
      derSequence(derAlgorithm('1.2.840.113549.1.1.11'), derBitString(new Uint8Array(8))),
    ),
  ),
  derSequence(derOctetString(new Uint8Array(9000))),
];

const asked = parseOcspRequest(plainRequest);
const ids = asked.ok ? asked.value.certificateIds : [];
const answer = (
  status: Parameters<typeof createOcspResponse>[0]['entries'][number]['status'],
): Promise<Uint8Array> =>
  createOcspResponse({
    responder: issuer,
    sign,
    producedAt: begin,
    nonce: question.nonce,
    entries: ids.map((certificateId) => ({
      certificateId,
      status,
      thisUpdate: begin,
      nextUpdate: begin + 1000,
    })),
  });

/** OCSP answers. */
export const ocspResponses: readonly Uint8Array[] = [
  createOcspError('tryLater'),
  await answer({ kind: 'good' }),
  await answer({ kind: 'unknown' }),
  await answer({ kind: 'revoked', at: begin, reason: 'superseded' }),
  await answer({ kind: 'revoked', at: begin, reason: 'unspecified' }),
  derSequence(
    derElement(0x0a, Uint8Array.of(0)),
    derElement(
      0xa0,
      derSequence(derObjectIdentifier(`${basicResponseOid}.1`), derOctetString(new Uint8Array(2))),
    ),
  ),
];

const requestPem = await createRequest({ commonName: '+33612345678', publicKey, sign });
const requestDer = parsePem(requestPem, 'CERTIFICATE REQUEST');
const hugeKey = derSequence(
  derAlgorithm('1.2.840.113549.1.1.1'),
  derBitString(derSequence(derInteger(new Uint8Array(1100).fill(1)), derInteger(Uint8Array.of(3)))),
);
const hugePem = await createRequest({ commonName: 'x', publicKey: hugeKey, sign });
const hugeDer = parsePem(hugePem, 'CERTIFICATE REQUEST');

/** PKCS#10 requests, DER. */
export const certificateRequests: readonly Uint8Array[] = [requestDer, hugeDer].flatMap((der) =>
  der.ok ? [der.value] : [],
);

/** DER of no meaning that holds every type. */
export const anyDer: Uint8Array = derSequence(
  derElement(1, Uint8Array.of(255)),
  derInteger(Uint8Array.of(0x80, 1)),
  derBitString(derSequence(derElement(5))),
  derOctetString(derElement(2, Uint8Array.of(7))),
  derObjectIdentifier('2.999.16384.1'),
  derElement(0x31, derElement(2, Uint8Array.of(1)), derElement(2, Uint8Array.of(2))),
  derElement(0xa0, concat(derElement(0x82, utf8('x')), derElement(0x18, utf8('20260101000000Z')))),
);

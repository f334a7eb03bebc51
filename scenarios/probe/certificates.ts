import { X509Certificate } from 'node:crypto';
import { toHex } from '../../reference/core/bytes.ts';
import type { CertificateFacts, CertificatesFacts } from './facts-model.ts';

const longestChain = 10;

const parse = (der: Uint8Array): X509Certificate | null => {
  try {
    const certificate = new X509Certificate(der);
    return certificate.publicKey.asymmetricKeyType === undefined ? null : certificate;
  } catch {
    return null;
  }
};

const oneLine = (name: string): string => name.replaceAll('\n', ', ');

const factsOf = (certificate: X509Certificate): CertificateFacts => {
  const { publicKey } = certificate;
  const { modulusLength, publicExponent } = publicKey.asymmetricKeyDetails ?? {};
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serialNumber: certificate.serialNumber,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    keyType: publicKey.asymmetricKeyType ?? 'unknown',
    keyBits: modulusLength ?? null,
    exponent: publicExponent?.toString() ?? null,
    signatureAlgorithm: certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid,
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    isAuthority: certificate.ca,
  };
};

const signedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean => {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
};

/** Whether signatures lead from the first certificate, over others that were sent, to an authority given. */
const leadsTo = (
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean => {
  let [current] = chain;
  for (let step = 0; current && step < longestChain; step++) {
    const from: X509Certificate = current;
    if (authorities.some((each) => each.raw.equals(from.raw) || signedBy(from, each))) return true;
    current = chain.find((each) => !each.raw.equals(from.raw) && signedBy(from, each));
  }
  return false;
};

/** Facts of every distinct certificate in several flights (DER, the server's own first), and where the first chain leads. */
export const certificatesFacts = (
  flights: readonly (readonly Uint8Array[])[],
  authorities: readonly X509Certificate[],
): CertificatesFacts => {
  const first = flights.find((flight) => flight.length > 0) ?? [];
  const distinct = new Map(flights.flat().map((der) => [toHex(der), der]));
  const inChain = new Set(first.map(toHex));
  const chain = first.map(parse).filter((each) => each !== null);
  const others = [...distinct]
    .filter(([hex]) => !inChain.has(hex))
    .map(([, der]) => parse(der))
    .filter((each) => each !== null);
  const unreadable = [...distinct.values()].filter((der) => parse(der) === null).length;
  return {
    chain: chain.map(factsOf),
    others: others.map(factsOf),
    unreadable,
    leadsToAuthority: authorities.length === 0 ? null : leadsTo(chain, authorities),
  };
};

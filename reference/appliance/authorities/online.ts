import { fromHex } from '../../core/bytes.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { issueCrl } from '../../core/pki/crl-issue.ts';
import { crlDates } from '../../core/pki/crl-schedule.ts';
import { parseCertificate, type Certificate } from '../../core/pki/certificate.ts';
import { ipAddressBytes } from '../../core/pki/ip-address.ts';
import { issueCertificate, type RsaSigner } from '../../core/pki/issue.ts';
import { allowsNames } from '../../core/pki/name-constraints.ts';
import { isOfIssuer } from '../../core/pki/ocsp-certificate-id.ts';
import { parseOcspRequest } from '../../core/pki/ocsp-request.ts';
import { createOcspError, createOcspResponse } from '../../core/pki/ocsp-response.ts';
import { clientProfile, serverProfile, type LeafKind } from '../../core/pki/profiles.ts';
import { serialText } from '../../core/pki/serial.ts';
import { newKeyPair, newSerial } from './authority-keys.ts';
import { authoritiesProblem } from './problem.ts';
import type {
  AuthoritiesWorld,
  Authority,
  AuthorityCertificate,
  IssuedCrl,
  OnlineAuthorities,
  RevokedSerial,
  ServerCredentials,
  StatusOf,
} from './types.ts';
import { clockTolerance, expiryAlarms, lifetimes } from './validity.ts';

/** An authority with its certificate read. */
interface Issuer {
  readonly authority: Authority;
  readonly certificate: Certificate;
}

/** Reads an authority's certificate; throws an AuthoritiesProblem where it is none. */
export const readAuthority = (der: Uint8Array, thing: string): Certificate => {
  const parsed = parseCertificate(der);
  if (parsed.ok) return parsed.value;
  const reason = `it is not a certificate of an authority (${parsed.error.code})`;
  throw authoritiesProblem('authorities/file', thing, reason);
};

/** Issues a list now. */
export const issueList = async (
  issuer: Certificate,
  sign: RsaSigner,
  {
    number,
    now,
    lifetime,
  }: { readonly number: bigint; readonly now: number; readonly lifetime?: number },
  revoked: readonly RevokedSerial[],
): Promise<IssuedCrl> => {
  const dates = crlDates(now, lifetime);
  const entries = revoked.map(({ serial, revokedAt, reason }) => {
    const bytes = fromHex(serial.length % 2 === 1 ? `0${serial}` : serial);
    if (!bytes.ok) throw new TypeError(`revoked serial ${serial}: not hexadecimal`);
    return { serial: bytes.value, at: revokedAt, reason };
  });
  const der = await issueCrl({ issuer, sign, number, ...dates, revoked: entries });
  return { der, pem: toPem('X509 CRL', der), ...dates };
};

/** Dates of a leaf: never beyond its authority's. */
const leafDates = ({ certificate }: Issuer, kind: LeafKind, now: number) => {
  if (now > certificate.notAfter) {
    const reason = 'it has expired; hold a new ceremony';
    throw authoritiesProblem('authorities/expired', `${kind} authority`, reason);
  }
  const notAfter = Math.min(now + lifetimes[kind], certificate.notAfter);
  return { notBefore: now - clockTolerance, notAfter };
};

const requireHosts = ({ certificate }: Issuer, hosts: readonly string[]): void => {
  const constraints = certificate.extensions.nameConstraints;
  const ipAddresses = hosts.map(ipAddressBytes).filter((bytes) => bytes !== undefined);
  const dnsNames = hosts.filter((host) => ipAddressBytes(host) === undefined);
  if (constraints === undefined || allowsNames(constraints, { dnsNames, ipAddresses })) return;
  const reason = `its authority may not name it; use a host that the ceremony was given`;
  throw authoritiesProblem('authorities/host', `server ${hosts.join(', ')}`, reason);
};

/** An address as CommonName would be held against constraints on DNS names by OpenSSL: a blank keeps it from being one. */
const serverName = ({ certificate }: Issuer, host: string): string =>
  certificate.extensions.nameConstraints !== undefined && ipAddressBytes(host) !== undefined
    ? `server ${host}`
    : host;

const issueServer = async (
  server: Issuer,
  world: AuthoritiesWorld,
  hosts: readonly [string, ...string[]],
): Promise<ServerCredentials> => {
  requireHosts(server, hosts);
  const keys = await newKeyPair();
  const der = await issueCertificate({
    profile: serverProfile,
    subject: { commonName: serverName(server, hosts[0]), hosts },
    publicKey: keys.spki,
    issuer: server.authority,
    serial: newSerial(world.randomBytes),
    ...leafDates(server, 'server', world.now()),
  });
  return {
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificateChain: toPem('CERTIFICATE', der) + server.authority.pem,
  };
};

const answer = async (
  issuers: Readonly<Record<LeafKind, Issuer>>,
  der: Uint8Array,
  statusOf: StatusOf,
  now: number,
): Promise<Uint8Array> => {
  const request = parseOcspRequest(der);
  if (!request.ok) return createOcspError('malformedRequest');
  const { certificateIds, nonce } = request.value;
  const kinds = ['client', 'server'] as const;
  const kind = kinds.find((one) =>
    certificateIds.every((id) => isOfIssuer(id, issuers[one].certificate)),
  );
  if (kind === undefined) return createOcspError('unauthorized');
  const entries = await Promise.all(
    certificateIds.map(async (certificateId) => ({
      certificateId,
      status: await statusOf(kind, serialText(certificateId.serial)),
      thisUpdate: now,
    })),
  );
  const { authority, certificate } = issuers[kind];
  const { sign } = authority;
  return createOcspResponse({ responder: certificate, sign, producedAt: now, entries, nonce });
};

/** Puts the authorities together from their certificates and the use of their keys. */
export const onlineAuthorities = (
  parts: {
    readonly root: AuthorityCertificate;
    readonly clientAuthority: Authority;
    readonly serverAuthority: Authority;
    readonly rootList: IssuedCrl;
    readonly close: () => Promise<void>;
  },
  world: AuthoritiesWorld,
): OnlineAuthorities => {
  const { root, clientAuthority, serverAuthority, rootList } = parts;
  const rootCertificate = readAuthority(root.certificate, 'root');
  const issuerOf = (kind: LeafKind, authority: Authority): Issuer => ({
    authority,
    certificate: readAuthority(authority.certificate, `${kind} authority`),
  });
  const client = issuerOf('client', clientAuthority);
  const server = issuerOf('server', serverAuthority);
  const issuers = { client, server };
  return {
    ...parts,
    trust: {
      root: root.pem,
      clientAuthority: clientAuthority.pem,
      serverAuthority: serverAuthority.pem,
    },
    issueClientCertificate: async (number, publicKey) =>
      issueCertificate({
        profile: clientProfile,
        subject: { commonName: number },
        publicKey,
        issuer: clientAuthority,
        serial: newSerial(world.randomBytes),
        ...leafDates(client, 'client', world.now()),
      }),
    issueServerCertificate: (hosts) => issueServer(server, world, hosts),
    crl: (kind, number, revoked) => {
      const { authority, certificate } = issuers[kind];
      const issue = { number: BigInt(number), now: world.now() };
      return issueList(certificate, authority.sign, issue, revoked);
    },
    ocsp: (request, statusOf) => answer(issuers, request, statusOf, world.now()),
    alarms: (now, servers = []) =>
      expiryAlarms(
        [
          { what: 'root', expiresAt: rootCertificate.notAfter },
          { what: 'root-list', expiresAt: rootList.nextUpdate },
          { what: 'client-authority', expiresAt: client.certificate.notAfter },
          { what: 'server-authority', expiresAt: server.certificate.notAfter },
          ...servers.map((one) => ({ ...one, what: 'server-certificate' as const })),
        ],
        now,
      ),
  };
};

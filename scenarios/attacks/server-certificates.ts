import { z } from 'zod';
import { equal, fromBase64 } from '../../reference/core/bytes.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { ipAddressBytes } from '../../reference/core/pki/ip-address.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';

/** Content of `servers.json` of the scan: what both ports show to somebody who trusts everybody. */
export const serversSchema = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  /** PEM. */
  trust: z.object({ root: z.string(), clientAuthority: z.string(), serverAuthority: z.string() }),
  servers: z.array(
    z.object({
      service: z.enum(['sip', 'registration']),
      host: z.string(),
      /** Base64 of DER, the server's own first. */
      chain: z.array(z.string()),
    }),
  ),
});
type Servers = z.infer<typeof serversSchema>;
type Server = Servers['servers'][number];

const path = 'evidence/scan/servers.json';

const certificateOf = (der: Uint8Array | null): Certificate | null => {
  const parsed = der && parseCertificate(der);
  return parsed?.ok === true ? parsed.value : null;
};

const inBase64 = (text: string | undefined): Uint8Array | null => {
  const bytes = fromBase64(text ?? '');
  return text !== undefined && bytes.ok ? bytes.value : null;
};

const inPem = (text: string): Uint8Array | null => {
  const der = parsePem(text, 'CERTIFICATE');
  return der.ok ? der.value : null;
};

const onServers =
  (judge: (found: Servers) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = evidence.json('scan', 'servers.json', serversSchema);
    if (!found) return inconclusive('the certificates of the servers are not among the evidence');
    const silent = (['sip', 'registration'] as const).find(
      (service) => !found.servers.some((each) => each.service === service && each.chain.length > 0),
    );
    return silent === undefined
      ? judge(found)
      : inconclusive(`the ${silent} port showed no certificate`, [path]);
  };

const wanted = 'RSA 2048, exponent 65537';

const judgeKeys = onServers(({ servers, trust }) => {
  const shown = [
    ...servers.flatMap(({ service, chain }) =>
      chain.map((text, index) => ({
        name: `certificate ${index + 1} of the ${service} port`,
        certificate: certificateOf(inBase64(text)),
      })),
    ),
    ...Object.entries(trust).map(([name, pem]) => ({
      name: `certificate of the ${name}`,
      certificate: certificateOf(inPem(pem)),
    })),
  ];
  return (
    worst(
      shown.map(({ name, certificate }) => {
        if (!certificate) return inconclusive(`the ${name} cannot be read`, [path]);
        const { publicKey } = certificate;
        const found =
          publicKey.algorithm === 'rsa'
            ? `RSA ${publicKey.modulusBits}, exponent ${publicKey.exponent}`
            : `no RSA key (${publicKey.oid})`;
        return found === wanted ? null : fail(`the ${name} has another key`, wanted, found, [path]);
      }),
    ) ?? pass(`${shown.length} certificates of servers and authorities: ${wanted}`, [path])
  );
});

/** A host is an address or a name (I-8). */
const names = ({ extensions: { subjectAltName } }: Certificate, host: string): boolean => {
  const address = ipAddressBytes(host);
  return address === undefined
    ? (subjectAltName?.dnsNames ?? []).some((name) => name.toLowerCase() === host.toLowerCase())
    : (subjectAltName?.ipAddresses ?? []).some((bytes) => equal(bytes, address));
};

const judgeChain = ({ service, host, chain }: Server, found: Servers): Finding | null => {
  const [leaf, authority, root] = [
    inBase64(chain[0]),
    inPem(found.trust.serverAuthority),
    inPem(found.trust.root),
  ];
  const certificate = certificateOf(leaf);
  if (!leaf || !authority || !root || !certificate)
    return inconclusive(`the certificates of the ${service} port cannot be read`, [path]);
  const verified = verifyChain({ kind: 'server', leaf, authority, root }, found.at);
  if (!verified.ok)
    return fail(
      `the server on the ${service} port has a foreign or unfit certificate`,
      'a certificate for servers that leads to the server authority and the root',
      verified.error.code,
      [path],
    );
  return names(certificate, host)
    ? null
    : fail(
        `the certificate of the ${service} port does not name its host`,
        host,
        'another dNSName or iPAddress, or none',
        [path],
      );
};

const judgeChains = onServers(
  (found) =>
    worst(found.servers.map((server) => judgeChain(server, found))) ??
    pass(
      'both ports show a certificate for servers that names their host and leads to the server authority and the root',
      [path],
    ),
);

const base = { revision: 1, activities: ['scan'], needs: [] } as const;

/** Certificates of the appliance's own ports, seen without a phone, which would turn away from a wrong one (catalogue X2, X6, X9). */
export const serverCertificateAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/X9/server-keys', claims: ['6.1.a'], judge: judgeKeys },
  { ...base, id: 'attacks/X2-X6/own-servers', claims: ['2.1.g', '5.2.g'], judge: judgeChains },
];

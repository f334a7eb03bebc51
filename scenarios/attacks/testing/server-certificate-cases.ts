import { generateKeyPairSync } from 'node:crypto';
import type { z } from 'zod';
import { toBase64 } from '../../../reference/core/bytes.ts';
import {
  certificatesInPem,
  forgeCertificate,
  nameOf,
} from '../../../simulators/attackers/certificate-forger.ts';
import { without, withJson, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { serversSchema } from '../server-certificates.ts';

type Servers = z.infer<typeof serversSchema>;

const altered = (change: (found: Servers) => Servers): Alteration =>
  withJson('scan', 'servers.json', serversSchema, change);

/** Every port as another is. */
const everyServer = (
  change: (server: Servers['servers'][number], found: Servers) => object,
): Alteration =>
  altered((found) => ({
    ...found,
    servers: found.servers.map((server) => ({ ...server, ...change(server, found) })),
  }));

/** Base64 of a certificate with a key of 3072 bits. */
const longKey = (): string => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const name = nameOf('127.0.0.1');
  const own = { subject: name, publicKey: privateKey, issuer: name, issuerKey: privateKey };
  return toBase64(forgeCertificate({ ...own, role: 'server' }));
};

const keys = 'attacks/X9/server-keys';
const chains = 'attacks/X2-X6/own-servers';

const unknown = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no certificates', /not among the evidence/, without('scan', 'servers.json')),
  undecided(
    id,
    'a port that showed none',
    /the sip port showed no certificate/,
    everyServer(() => ({ chain: [] })),
  ),
  undecided(
    id,
    'a port that was not asked',
    /the registration port showed no certificate/,
    altered((found) => ({
      ...found,
      servers: found.servers.filter(({ service }) => service === 'sip'),
    })),
  ),
  undecided(
    id,
    'certificates that are none',
    /cannot be read/,
    everyServer(() => ({ chain: ['MAA='] })),
  ),
];

/** Cases of the scenarios on the certificates of the appliance's own ports. */
export const serverCertificateCases: readonly JudgeCase[] = [
  ...unknown(keys),
  ...unknown(chains),
  failing(
    keys,
    'a server’s key of 3072 bits',
    /certificate 1 of the sip port has another key/,
    everyServer(({ chain }) => ({ chain: [longKey(), ...chain.slice(1)] })),
  ),
  failing(
    chains,
    'an authority in a server’s place',
    /foreign or unfit certificate/,
    everyServer((_server, { trust }) => ({
      chain: certificatesInPem(trust.clientAuthority).map(toBase64),
    })),
  ),
  failing(
    chains,
    'a host that the certificate does not name',
    /does not name its host/,
    everyServer(() => ({ host: '192.0.2.1' })),
  ),
];

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startSignallingServer } from '../reference/appliance/signalling/server.ts';
import { commonNameOwnsFrom } from '../reference/core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile } from '../reference/core/tls/profile.ts';
import type { ApplianceConfiguration } from './signalling-world.ts';

const [, , file = ''] = process.argv;
const { host, trust, credentials } = JSON.parse(
  readFileSync(file, 'utf8'),
) as ApplianceConfiguration;
const server = await startSignallingServer({
  host,
  port: 0,
  trust,
  credentials,
  mediaPath: undefined,
  random: () => randomUUID().replaceAll('-', ''),
  profile: exactTlsProfile,
  identityRule: commonNameOwnsFrom,
  requireClientCertificate: true,
  // A load is one address, and each of its users calls far more often than a person.
  limits: { messageRate: 1e6, messageBurst: 1e6, transactions: 1e6, handshakingPerAddress: 512 },
  onRefusal: (code, detail) => process.stderr.write(`appliance: ${code}: ${detail}\n`),
});
process.stdout.write(`port ${server.endpoint.port}\n`);

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplianceDescription } from '../../../devices/contract.ts';
import { freeTcpPort } from '../../../devices/kamailio/free-port.ts';
import { toPem } from '../../../reference/core/keystore/pem.ts';
import type { EnrolledNumber } from '../enrolment.ts';
import { startProgram, type PeerProgram } from './program.ts';

/** A tunnel: what comes to its port in clear goes on over mutual TLS. */
export interface Tunnel {
  readonly port: number;
  readonly program: PeerProgram;
}

const secret = { mode: 0o600 } as const;

/** stunnel.conf of a phone's side: the profile of target 5.1, and nobody but the appliance at the other end. */
const configurationOf = (host: string, port: number, sip: ApplianceDescription['sip']): string => `
foreground = yes
pid =
debug = info
[sip]
client = yes
accept = ${host}:${port}
connect = ${sip.host}:${sip.port}
cert = certificate.pem
key = key.pem
CAfile = trust.pem
verifyChain = yes
checkIP = ${sip.host}
sslVersion = TLSv1.2
ciphers = DHE-RSA-AES256-GCM-SHA384
sessionResume = no
`;

/** Starts stunnel with a number's certificate; resolves once its port is open. */
export const startTunnel = async (
  { sip, trust }: ApplianceDescription,
  { certificate, key }: EnrolledNumber,
  folder: string,
): Promise<Tunnel> => {
  const host = '127.0.0.1';
  const port = await freeTcpPort(host);
  const put = (name: string, text: string) => writeFile(join(folder, name), text, secret);
  await put('certificate.pem', toPem('CERTIFICATE', certificate) + trust.clientAuthority);
  await put('key.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString());
  await put('trust.pem', trust.root + trust.serverAuthority);
  await put('stunnel.conf', configurationOf(host, port, sip));
  const program = startProgram('stunnel4', ['stunnel.conf'], folder);
  try {
    await program.line(/ bound to /);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return { port, program };
};

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:tls';
import type { ApplianceDescription, Endpoint } from '../contract.ts';
import { codeOf, TargetUnavailable } from './problem.ts';

/** Milliseconds for the first connection. */
const limit = 5_000;

/** The local address from which packets to a host go; nothing is sent. */
export const localAddressTowards = async (host: string): Promise<string> => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    socket.connect(9, host);
    await once(socket, 'connect');
    return socket.address().address;
  } catch (error) {
    throw new TargetUnavailable(
      `target ${host}: no way leads there from here (${codeOf(error)}); mend the route or the address`,
      { cause: error },
    );
  } finally {
    socket.close();
  }
};

/** The local interface with this address. */
export const interfaceOf = (address: string): string => {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((each) => each.address === address),
  );
  return found?.[0] ?? 'lo';
};

/** The address as a URL or a message has it. */
const shown = ({ host, port }: Endpoint): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

const unavailable = (what: string, endpoint: Endpoint, reason: string): TargetUnavailable =>
  new TargetUnavailable(`target, ${what} at ${shown(endpoint)}: ${reason}`);

/** Fails where a TLS server does not answer or shows a certificate of another hierarchy than the trusted one. */
const checkServer = (
  what: string,
  endpoint: Endpoint,
  { root, serverAuthority }: ApplianceDescription['trust'],
): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      ...endpoint,
      ca: [root, serverAuthority],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      // Whom the certificate names is for the claims to say.
      checkServerIdentity: () => undefined,
      rejectUnauthorized: false,
    });
    const settle = (problem: string | null): void => {
      clearTimeout(timer);
      socket
        .removeAllListeners('error')
        .on('error', () => undefined)
        .destroy();
      if (problem === null) resolve();
      else reject(unavailable(what, endpoint, problem));
    };
    const timer = setTimeout(
      () => settle('it does not answer; start it, or mend the address'),
      limit,
    );
    let isConnected = false;
    socket.once('connect', () => (isConnected = true));
    socket.once('secureConnect', () => {
      const wrong = String(socket.authorizationError ?? '');
      const untrusted = /UNABLE_TO|SELF_SIGNED|ISSUER|SIGNATURE|UNTRUSTED|INVALID_CA/.test(wrong);
      settle(
        untrusted
          ? `its certificate does not lead to the trust of the target's file (${wrong}); give appliance.trust of this very appliance`
          : null,
      );
    });
    socket.once('error', (error) => {
      // A server that listens but does not shake hands with this client is judged by the claims.
      if (isConnected) settle(null);
      else settle(`it cannot be reached (${codeOf(error)}); start it, or mend the address`);
    });
  });

/** Rejects with a TargetUnavailable that names the first service which is not there or shows another hierarchy's certificate. */
export const checkReachable = async ({
  sip,
  registration,
  trust,
}: ApplianceDescription): Promise<void> => {
  await checkServer('SIP service', sip, trust);
  await checkServer('registration service', registration, trust);
};

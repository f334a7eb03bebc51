import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { ServerCredentials } from '../../reference/appliance/authorities/authorities.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { parsePemChain } from '../../reference/core/keystore/pem.ts';
import { certificatesInPem, subjectNameOf } from '../attackers/certificate-forger.ts';
import { serveTls, startTlsFront, type TlsServing } from '../attackers/tls-server/front.ts';
import { rightGroup } from '../attackers/tls-server/groups.ts';
import type { ServerSeen, ServerSettings } from '../attackers/tls-server/server-model.ts';
import type { Mutant } from './mutant.ts';
import { careful, refusing, type ClientChecks, type LeadsTo, type Trust } from './tls-policy.ts';
import type { TlsService } from './tls-services.ts';

/** What a TLS port of the record level does otherwise than a careful one. */
export interface FrontFault {
  readonly checks?: Partial<ClientChecks>;
  /** Which chains it believes, in place of those that lead to the client authority. */
  readonly leadsTo?: LeadsTo;
  readonly settings?: Partial<Pick<ServerSettings, 'group' | 'random' | 'hooks'>>;
  readonly react?: TlsServing['react'];
  /** Asked once a session stands; a session that is not served is closed. */
  readonly serves?: () => boolean;
  /** Whether the SIP service is not told whose the certificate is, and asks for none. */
  readonly isAnonymous?: boolean;
}

const settingsOf = (
  { privateKey, certificateChain }: ServerCredentials,
  trust: Trust,
  checks: ClientChecks,
  { settings, checks: other, leadsTo }: FrontFault,
): TlsServing['settings'] => {
  const chain = parsePemChain(certificateChain, 'CERTIFICATE');
  if (!chain.ok) throw new Error(`the certificate of a front: ${chain.error.code}`);
  return {
    chain: chain.value,
    privateKey: createPrivateKey(privateKey),
    group: rightGroup,
    authorities: certificatesInPem(trust.clientAuthority).map(subjectNameOf),
    ...settings,
    hooks: { refusal: refusing({ ...checks, ...other }, trust, leadsTo), ...settings?.hooks },
  };
};

const reacting = ({ react }: FrontFault): Pick<TlsServing, 'react'> => (react ? { react } : {});

/** The plaintext of a session as the SIP service takes it: a TLS socket, as far as it looks at one. */
const asTlsSocket = (inside: Duplex, outside: Socket, leaf: Uint8Array | undefined): TLSSocket => {
  const { remoteAddress, remotePort } = outside;
  const shown = leaf === undefined ? undefined : new X509Certificate(leaf);
  const socket = Object.assign(inside, {
    remoteAddress,
    remotePort,
    setTimeout: () => inside,
    destroySoon: () => inside.end(() => inside.destroy()),
    getPeerX509Certificate: () => shown,
  });
  return socket as unknown as TLSSocket;
};

type CreateTls = NonNullable<Parameters<ApplianceParts['startSignalling']>[0]['createTls']>;

/** The TLS side of the SIP service at record level, in place of the library's. */
const recordLevel =
  (fault: FrontFault): CreateTls =>
  ({ credentials, trust }) => {
    const server = createServer();
    const settings = settingsOf(credentials, trust, careful, fault);
    const serve = (socket: Socket): void => {
      const open = ({ certificates }: ServerSeen): Duplex => {
        const [inside, own] = duplexPair();
        const leaf = fault.isAnonymous === true ? undefined : certificates?.[0];
        // Its reader is there before anything is said.
        setImmediate(() =>
          fault.serves?.() === false
            ? own.destroy()
            : server.emit('secureConnection', asTlsSocket(inside, socket, leaf)),
        );
        return own;
      };
      const onFailed = (code: string): void =>
        void server.emit('tlsClientError', new Error(code), {
          remoteAddress: socket.remoteAddress,
          destroy: () => socket.end(),
        });
      serveTls(socket, { settings, open, onFailed, ...reacting(fault) });
    };
    server.removeAllListeners('connection');
    server.on('connection', serve);
    return server;
  };

const sipFront = (fault: FrontFault): Partial<ApplianceParts> => ({
  startSignalling: (options) =>
    applianceParts.startSignalling({ ...options, createTls: recordLevel(fault) }),
  ...(fault.isAnonymous === true
    ? { identityRule: () => undefined, requireClientCertificate: false }
    : {}),
});

/** On the registration port anybody may come without a certificate, and the service judges what is shown. */
const asRegistration: ClientChecks = { ...careful, certificateNeeded: false, chain: false };

const registrationFront = (fault: FrontFault): Partial<ApplianceParts> => ({
  startRegistration: async (options) => {
    const { host, credentials, authorities } = options;
    const service = await applianceParts.startRegistration({ ...options, port: 0 });
    const open = (): Duplex => {
      const socket = connect({ ...service.endpoint, rejectUnauthorized: false });
      return fault.serves?.() === false ? socket.destroy() : socket;
    };
    const settings = settingsOf(credentials, authorities.trust, asRegistration, fault);
    const front = await startTlsFront({ host, settings, open, ...reacting(fault) });
    return {
      ...service,
      endpoint: front.endpoint,
      close: async () => {
        await front.close();
        await service.close();
      },
    };
  },
});

/** An appliance with a TLS port of the record level, careful but for the fault. */
export const fronted = (service: TlsService, fault: FrontFault): Mutant['parts'] => ({
  appliance: service === 'sip' ? sipFront(fault) : registrationFront(fault),
});

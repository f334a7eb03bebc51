import type { TLSSocket } from 'node:tls';
import type { Peer } from '../../core/sip/proxy/registrar-proxy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type {
  ClientStatus,
  ClientStatusCheck,
  PresentedCertificate,
} from '../revocation/client-status.ts';
import { createClientNames } from './client-identity.ts';

/** Whose a connection is. */
export interface Client {
  readonly peer: Peer;
  /** Undefined for a client without one, where none is required. */
  readonly certificate: PresentedCertificate | undefined;
}

/** Why a client is refused, for the log. */
export interface ClientRefusal {
  readonly code:
    | 'sip/client-certificate'
    | 'sip/revoked'
    | 'sip/blocked'
    | 'sip/unknown-certificate';
  readonly detail: string;
}

/** Decides who may use the SIP service: at the handshake, and again at every request (target 5.2, interpretations I-7). */
export interface ClientCheck {
  identify(socket: TLSSocket): Result<Client, ClientRefusal>;
  /** Why a client that was identified may not go on; undefined when it may. */
  refusalOf(client: Client): ClientRefusal | undefined;
}

const codes = {
  revoked: 'sip/revoked',
  blocked: 'sip/blocked',
  unknown: 'sip/unknown-certificate',
} as const satisfies Record<Exclude<ClientStatus, 'good'>, ClientRefusal['code']>;

/** Throws when a trust certificate cannot be read. */
export const createClientCheck = (options: {
  readonly trust: { readonly root: string; readonly clientAuthority: string };
  readonly requireClientCertificate: boolean;
  readonly clientStatus: ClientStatusCheck;
}): ClientCheck => {
  const names = createClientNames(options.trust);
  const refusalOf = ({ certificate }: Client): ClientRefusal | undefined => {
    if (certificate === undefined) return undefined;
    const status = options.clientStatus(certificate);
    if (status === 'good') return undefined;
    return { code: codes[status], detail: `certificate ${certificate.serial} is ${status}` };
  };
  return {
    refusalOf,
    identify(socket) {
      const address = socket.remoteAddress ?? '';
      const port = socket.remotePort ?? 0;
      const read = names.read(socket, Date.now());
      if (!read.ok) {
        const { code } = read.error;
        if (options.requireClientCertificate || code !== 'no-certificate')
          return err({ code: 'sip/client-certificate', detail: code });
        return ok({ peer: { commonName: '', address, port }, certificate: undefined });
      }
      const certificate = read.value;
      const client = { peer: { commonName: certificate.number, address, port }, certificate };
      const refusal = refusalOf(client);
      return refusal === undefined ? ok(client) : err(refusal);
    },
  };
};

import { parsePem } from '../../reference/core/keystore/pem.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { toInteger } from '../attackers/tls-client/bytes.ts';
import { extensionType } from '../attackers/tls-client/outgoing.ts';
import { rightGroup } from '../attackers/tls-server/groups.ts';
import type { ServerSeen } from '../attackers/tls-server/server-model.ts';

/** What a TLS server asks before it lets a client in; each may be left out. */
export interface ClientChecks {
  readonly publicValue: boolean;
  readonly renegotiation: boolean;
  /** Whether one without is refused; who omits the message altogether always is. */
  readonly certificateNeeded: boolean;
  readonly chain: boolean;
  readonly proof: boolean;
}

/** RFC 5246 section 7.2. */
const alerts = {
  unexpectedMessage: 10,
  handshakeFailure: 40,
  illegalParameter: 47,
  unknownAuthority: 48,
  decryptError: 51,
  protocolVersion: 70,
} as const;
const [tls12, finished, supportedVersions] = [0x0303, 20, 43] as const;

/** PEM of those whom client certificates must lead to. */
export interface Trust {
  readonly root: string;
  readonly clientAuthority: string;
}

const derOf = (pem: string): Uint8Array => {
  const der = parsePem(pem, 'CERTIFICATE');
  if (!der.ok) throw new Error(`a trust certificate: ${der.error.code}`);
  return der.value;
};

/** Whether DER certificates, the client's own first, are what client certificates must be. */
export type LeadsTo = (chain: readonly Uint8Array[], trust: Trust) => boolean;

/** Those that the client authority issued, and nothing is wrong with. */
export const leadsToAuthority: LeadsTo = ([leaf], { root, clientAuthority }) =>
  leaf !== undefined &&
  verifyChain(
    { kind: 'client', leaf, authority: derOf(clientAuthority), root: derOf(root) },
    Date.now(),
  ).ok;

const certificateAlert = (
  { certificates, keyProved }: ServerSeen,
  checks: ClientChecks,
  isTrusted: (chain: readonly Uint8Array[]) => boolean,
): number | null => {
  if (certificates === null) return alerts.unexpectedMessage;
  const [leaf] = certificates;
  if (leaf === undefined) return checks.certificateNeeded ? alerts.handshakeFailure : null;
  if (checks.chain && !isTrusted(certificates)) return alerts.unknownAuthority;
  if (!checks.proof || keyProved === true) return null;
  return keyProved === null ? alerts.unexpectedMessage : alerts.decryptError;
};

const isUnsound = (publicValue: Uint8Array): boolean => {
  const [value, prime] = [toInteger(publicValue), toInteger(rightGroup.prime)];
  return value <= 1n || value >= prime - 1n;
};

/** By supported_versions where it is there (RFC 8446 section 4.2.1), else by the version itself. */
const speaksTls12 = (hello: ServerSeen['clientHello']): boolean => {
  const versions = hello?.extensions?.find(({ type }) => type === supportedVersions)?.data;
  if (versions === undefined) return (hello?.version ?? 0) >= tls12;
  return versions.some((byte, at) => at % 2 === 1 && byte === 3 && versions[at + 1] === 3);
};

/** The alert for a client who fails a check, by what it has said so far. */
export const refusing =
  (checks: ClientChecks, trust: Trust, leadsTo: LeadsTo = leadsToAuthority) =>
  (seen: ServerSeen): number | null => {
    const { clientHello, publicValue, messages } = seen;
    if (!speaksTls12(clientHello)) return alerts.protocolVersion;
    const claim = clientHello?.extensions?.find(
      ({ type }) => type === extensionType.renegotiationInfo,
    );
    if (checks.renegotiation && (claim?.data.length ?? 1) > 1) return alerts.handshakeFailure;
    if (publicValue === null) return null;
    if (checks.publicValue && isUnsound(publicValue)) return alerts.illegalParameter;
    return messages.includes(finished)
      ? certificateAlert(seen, checks, (chain) => leadsTo(chain, trust))
      : null;
  };

/** Every check that a SIP port makes. */
export const careful: ClientChecks = {
  publicValue: true,
  renegotiation: true,
  certificateNeeded: true,
  chain: true,
  proof: true,
};

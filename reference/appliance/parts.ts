import { commonNameOwnsFrom, type IdentityRule } from '../core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile, type TlsProfile } from '../core/tls/profile.ts';
import { startAdminService } from './admin/service.ts';
import { createAuthorities } from './authorities/authorities.ts';
import { loadFirewall } from './firewall/load.ts';
import { startRegistrationService } from './registration/service.ts';
import { createRelay } from './relay/relay.ts';
import { clientStatusIn, type ClientStatusCheck } from './revocation/client-status.ts';
import { startRevocation } from './revocation/revocation.ts';
import { createMediaPath } from './signalling/media-path.ts';
import { startSignallingServer, type SignallingServer } from './signalling/server.ts';
import type { ApplianceStore } from './store/contract.ts';

/** Parts an appliance is composed of. {@link applianceParts} is the right set; a deliberately broken one is composed of others. */
export interface ApplianceParts {
  readonly sipProfile: TlsProfile;
  readonly registrationProfile: TlsProfile;
  readonly identityRule: IdentityRule;
  /** Whether the SIP service asks for a client certificate. */
  readonly requireClientCertificate: boolean;
  /** What is asked about a client's certificate at every SIP handshake and request (interpretations I-7). */
  readonly clientStatus: (store: ApplianceStore) => ClientStatusCheck;
  /** Ends the live connections and calls of a revoked number. */
  readonly endSessions: (signalling: SignallingServer, number: string) => void | Promise<void>;
  /** Makes the authorities that certify users and servers. */
  readonly createAuthorities: typeof createAuthorities;
  /** Starts the registration web service. */
  readonly startRegistration: typeof startRegistrationService;
  /** Starts the SIP service. */
  readonly startSignalling: typeof startSignallingServer;
  /** Opens the media relay, and leads calls through it. */
  readonly createRelay: typeof createRelay;
  readonly createMediaPath: typeof createMediaPath;
  /** Starts what publishes revocations and brings them about. */
  readonly startRevocation: typeof startRevocation;
  /** Starts the administration page, where one is asked for. */
  readonly startAdministration: typeof startAdminService;
  /** Loads the rules of what is shown on each side into the appliance's host, where that is its own. */
  readonly loadFirewall: typeof loadFirewall;
}

/** The parts of the reference appliance. */
export const applianceParts: ApplianceParts = {
  sipProfile: exactTlsProfile,
  registrationProfile: exactTlsProfile,
  identityRule: commonNameOwnsFrom,
  requireClientCertificate: true,
  clientStatus: clientStatusIn,
  endSessions: (signalling, number) => signalling.revoke(number),
  createAuthorities,
  startRegistration: startRegistrationService,
  startSignalling: startSignallingServer,
  createRelay,
  createMediaPath,
  startRevocation,
  startAdministration: startAdminService,
  loadFirewall,
};

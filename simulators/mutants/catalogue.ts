import type { Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';
import { administrationMutants } from './administration.ts';
import { admissionMutants } from './admission.ts';
import { bothSidesMutants } from './both-sides.ts';
import { phoneRegistrationMutants } from './phone-registration.ts';
import { exportSuiteMutants } from './export-suites.ts';
import { answeringMachineMutants } from './answering-machine.ts';
import { slowAccessMutants } from './slow-access.ts';
import { portIdentityMutants } from './port-identity.ts';
import { auditLogMutants } from './audit-log.ts';
import { audioMutants } from './audio.ts';
import { authorityMutants } from './authorities.ts';
import { enrolmentServiceMutants } from './enrolment-service.ts';
import { firewallMutants } from './firewall.ts';
import { keyAgreementMutants } from './key-agreement.ts';
import { calleeHeaderMutants } from './callee-headers.ts';
import { sharedResourceMutants } from './shared-resources.ts';
import { signallingPathMutants } from './signalling-paths.ts';
import { signallingSurvivalMutants } from './signalling-survival.ts';
import { storedKeyThiefMutants } from './stored-key-thief.ts';
import type { Mutant } from './mutant.ts';
import { srtpMutants } from './srtp-mutants.ts';
import { phoneTlsRecordMutants } from './phone-tls-records.ts';
import { phoneTlsMutants } from './phone-tls.ts';
import { phoneSignallingMutants } from './phone-signalling.ts';
import { phoneMediaMutants } from './phone-media.ts';
import { phoneInClearMutants } from './phone-in-clear.ts';
import { phoneCertificateMutants } from './phone-certificates.ts';
import { phoneStatusMutants } from './phone-status.ts';
import { readingMutants } from './key-agreement-readings.ts';
import { enrolmentPhoneMutants } from './enrolment-phone.ts';
import { identifierMutants } from './identifiers.ts';
import { relayMutants } from './relay.ts';
import { revocationMutants } from './revocation.ts';
import { signallingMutants } from './signalling.ts';
import { storedKeyMutants } from './stored-key.ts';
import { tlsHandshakeMutants } from './tls-handshake.ts';
import { tlsMutants } from './tls.ts';

/** Every mutant by id. */
export const mutants: readonly Mutant[] = [
  ...tlsMutants,
  ...tlsHandshakeMutants,
  ...audioMutants,
  ...keyAgreementMutants,
  ...srtpMutants,
  ...phoneTlsMutants,
  ...phoneTlsRecordMutants,
  ...phoneSignallingMutants,
  ...phoneMediaMutants,
  ...phoneInClearMutants,
  ...phoneCertificateMutants,
  ...phoneStatusMutants,
  ...readingMutants,
  ...enrolmentPhoneMutants,
  ...identifierMutants,
  ...relayMutants,
  ...revocationMutants,
  ...admissionMutants,
  ...signallingMutants,
  ...authorityMutants,
  ...enrolmentServiceMutants,
  ...administrationMutants,
  ...auditLogMutants,
  ...firewallMutants,
  ...storedKeyMutants,
  ...bothSidesMutants,
  ...phoneRegistrationMutants,
  ...portIdentityMutants,
  ...exportSuiteMutants,
  ...slowAccessMutants,
  ...answeringMachineMutants,
  ...storedKeyThiefMutants,
  ...signallingSurvivalMutants,
  ...signallingPathMutants,
  ...calleeHeaderMutants,
  ...sharedResourceMutants,
];

/** Environment variable that names the mutant which target.ts is. */
export const mutantVariable = 'DISCRETIO_MUTANT';

/** The mutant of that id as a target. */
export const mutantTarget = (id: string): Target => {
  const mutant = mutants.find((candidate) => candidate.id === id);
  if (!mutant) throw new Error(`there is no mutant ${id}`);
  return referenceTarget({ ...mutant.parts, name: `mutant ${id}` });
};

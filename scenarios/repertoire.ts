import { administrationNetworkAttacks } from './attacks/administration-network.ts';
import { administrationAttacks } from './attacks/administration.ts';
import { audioChangeScenarios } from './attacks/audio-changes.ts';
import { audioAttackScenarios } from './attacks/audio.ts';
import { auditAttacks } from './attacks/audit.ts';
import { certificateAttacks } from './attacks/certificates.ts';
import { enrolmentAnswerAttacks } from './attacks/enrolment-answers.ts';
import { enrolmentIssuingAttacks } from './attacks/enrolment-issuing.ts';
import { enrolmentTokenAttacks } from './attacks/enrolment-tokens.ts';
import { enrolmentAttacks } from './attacks/enrolment.ts';
import { impostorAttacks } from './attacks/impostor.ts';
import { hostileCourseAttacks } from './attacks/key-agreement-course.ts';
import { keyAgreementFormAttacks } from './attacks/key-agreement-forms.ts';
import { hostileRefusalAttacks } from './attacks/key-agreement-hostile.ts';
import { keyAgreementAttacks } from './attacks/key-agreement.ts';
import { revocationAttacks } from './attacks/revocation.ts';
import { signallingCallAttacks } from './attacks/signalling-calls.ts';
import { signallingServiceAttacks } from './attacks/signalling-service.ts';
import { signallingAttacks } from './attacks/signalling.ts';
import { statusAttacks } from './attacks/status-answers.ts';
import { storedAlterationAttacks } from './attacks/stored-key-alterations.ts';
import { storedKeyAttacks } from './attacks/stored-key.ts';
import { serverCertificateAttacks } from './attacks/server-certificates.ts';
import { tlsPhoneAttacks } from './attacks/tls-phones.ts';
import { tlsPortAttacks } from './attacks/tls-ports.ts';
import { tlsSessionAttacks } from './attacks/tls-sessions.ts';
import { tlsAttacks } from './attacks/tls.ts';
import type { Judging } from './campaign/assemble.ts';
import { audioAttacks } from './attacks/activities/audio-attacks.ts';
import { audioChanges } from './attacks/activities/audio-changes.ts';
import { hostileOperator } from './attacks/activities/hostile-operator.ts';
import { registrationFlood } from './attacks/activities/administration-flood.ts';
import { administrationGuessing } from './attacks/activities/administration-guessing.ts';
import { administrationIntrusion } from './attacks/activities/administration-intrusion.ts';
import { auditLog } from './attacks/activities/audit-log.ts';
import { certificatePhones } from './attacks/activities/certificate-phones.ts';
import { certificatePort } from './attacks/activities/certificate-port.ts';
import { enrolmentGuessing } from './attacks/activities/enrolment-guessing.ts';
import { enrolmentRequests } from './attacks/activities/enrolment-requests.ts';
import { impostor } from './attacks/activities/impostor.ts';
import { intruder } from './attacks/activities/intruder.ts';
import { maliciousCalls } from './attacks/activities/malicious-calls.ts';
import { scan } from './attacks/activities/scan.ts';
import { signallingCalls } from './attacks/activities/signalling-calls.ts';
import { signallingRequests } from './attacks/activities/signalling-requests.ts';
import { statusPhones } from './attacks/activities/status-phones.ts';
import { storedTheft } from './attacks/activities/stored-theft.ts';
import { tlsFlood } from './attacks/activities/tls-flood.ts';
import { tlsPhones } from './attacks/activities/tls-phones.ts';
import { tlsPorts } from './attacks/activities/tls-ports.ts';
import { tlsRevoked } from './attacks/activities/tls-revoked.ts';
import type { Repertoire } from './campaign/plan.ts';
import { accessNetworks } from './conformity/activities/access-networks.ts';
import { administrationSides } from './conformity/activities/administration-sides.ts';
import { administration } from './conformity/activities/administration.ts';
import { basicCall } from './conformity/activities/basic-call.ts';
import { firstUse } from './conformity/activities/first-use.ts';
import { revocation } from './conformity/activities/revocation.ts';
import { callDocuments } from './conformity/documents.ts';
import { readRecorded, validationDocuments } from './validation/recorded.ts';
import { identityAcrossLayers } from './conformity/identity-across-layers.ts';
import { accessScenarios } from './conformity/section-2.1-access.ts';
import { connectedScenarios } from './conformity/section-2.2-connected.ts';
import { travelScenarios } from './conformity/section-6.1-travel.ts';
import { sipScenarios } from './conformity/section-6.2-sip.ts';
import { sectionFour } from './conformity/section-4.ts';
import { sectionFiveOne } from './conformity/section-5.1.ts';
import { sectionFiveThree } from './conformity/section-5.3.ts';
import { sectionFiveTwo } from './conformity/section-5.2.ts';
import { sectionSixOne } from './conformity/section-6.1.ts';
import { sectionSixTwo } from './conformity/section-6.2.ts';
import { sectionThreeOne } from './conformity/section-3.1.ts';
import { sectionTwoOne } from './conformity/section-2.1.ts';
import { sectionTwoThree } from './conformity/section-2.3.ts';
import { sectionTwoTwoAdministration } from './conformity/section-2.2-administration.ts';
import { sectionTwoTwo } from './conformity/section-2.2.ts';

/** Everything this version can do to a target and judge of it. Activities are in the order they are performed in. */
export const repertoire: Repertoire & Judging = {
  activities: [
    basicCall,
    scan,
    intruder,
    impostor,
    firstUse,
    accessNetworks,
    tlsPorts,
    tlsPhones,
    certificatePort,
    certificatePhones,
    statusPhones,
    enrolmentRequests,
    maliciousCalls,
    hostileOperator,
    audioAttacks,
    audioChanges,
    signallingRequests,
    signallingCalls,
    storedTheft,
    revocation,
    tlsRevoked,
    tlsFlood,
    administration,
    administrationSides,
    administrationIntrusion,
    auditLog,
    administrationGuessing,
    enrolmentGuessing,
    registrationFlood,
  ],
  scenarios: [
    ...sectionTwoOne,
    ...accessScenarios,
    ...sectionTwoTwo,
    ...connectedScenarios,
    ...sectionTwoTwoAdministration,
    ...sectionTwoThree,
    ...sectionThreeOne,
    ...sectionFour,
    ...sectionFiveOne,
    ...sectionFiveTwo,
    ...sectionFiveThree,
    ...identityAcrossLayers,
    ...sectionSixOne,
    ...travelScenarios,
    ...sectionSixTwo,
    ...sipScenarios,
    ...tlsAttacks,
    ...serverCertificateAttacks,
    ...enrolmentAttacks,
    ...enrolmentTokenAttacks,
    ...enrolmentIssuingAttacks,
    ...enrolmentAnswerAttacks,
    ...impostorAttacks,
    ...certificateAttacks,
    ...revocationAttacks,
    ...statusAttacks,
    ...administrationAttacks,
    ...administrationNetworkAttacks,
    ...auditAttacks,
    ...keyAgreementAttacks,
    ...keyAgreementFormAttacks,
    ...hostileRefusalAttacks,
    ...hostileCourseAttacks,
    ...audioAttackScenarios,
    ...audioChangeScenarios,
    ...signallingAttacks,
    ...signallingServiceAttacks,
    ...signallingCallAttacks,
    ...storedKeyAttacks,
    ...storedAlterationAttacks,
    ...tlsPortAttacks,
    ...tlsPhoneAttacks,
    ...tlsSessionAttacks,
  ],
  documents: (evidence, language) => [
    ...callDocuments(evidence, language),
    ...validationDocuments(readRecorded(), language),
  ],
};

import { enrolmentAttacks } from './attacks/enrolment.ts';
import { impostorAttacks } from './attacks/impostor.ts';
import { keyAgreementAttacks } from './attacks/key-agreement.ts';
import { revocationAttacks } from './attacks/revocation.ts';
import { tlsAttacks } from './attacks/tls.ts';
import type { Judging } from './campaign/assemble.ts';
import { impostor } from './attacks/activities/impostor.ts';
import { intruder } from './attacks/activities/intruder.ts';
import { maliciousCalls } from './attacks/activities/malicious-calls.ts';
import { scan } from './attacks/activities/scan.ts';
import type { Repertoire } from './campaign/plan.ts';
import { basicCall } from './conformity/activities/basic-call.ts';
import { revocation } from './conformity/activities/revocation.ts';
import { callDocuments } from './conformity/documents.ts';
import { sectionFour } from './conformity/section-4.ts';
import { sectionFiveOne } from './conformity/section-5.1.ts';
import { sectionFiveThree } from './conformity/section-5.3.ts';
import { sectionFiveTwo } from './conformity/section-5.2.ts';
import { sectionSixOne } from './conformity/section-6.1.ts';
import { sectionSixTwo } from './conformity/section-6.2.ts';
import { sectionThreeOne } from './conformity/section-3.1.ts';
import { sectionTwoOne } from './conformity/section-2.1.ts';
import { sectionTwoTwo } from './conformity/section-2.2.ts';

/** Everything this version can do to a target and judge of it. Activities are in the order they are performed in. */
export const repertoire: Repertoire & Judging = {
  activities: [basicCall, scan, intruder, impostor, maliciousCalls, revocation],
  scenarios: [
    ...sectionTwoOne,
    ...sectionTwoTwo,
    ...sectionThreeOne,
    ...sectionFour,
    ...sectionFiveOne,
    ...sectionFiveTwo,
    ...sectionFiveThree,
    ...sectionSixOne,
    ...sectionSixTwo,
    ...tlsAttacks,
    ...enrolmentAttacks,
    ...impostorAttacks,
    ...revocationAttacks,
    ...keyAgreementAttacks,
  ],
  documents: callDocuments,
};

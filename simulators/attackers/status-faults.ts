import { concat } from '../../reference/core/bytes.ts';
import { subjectNameOf, type CertifiedKey } from './certificate-forger.ts';
import { derNull } from './der.ts';
import {
  statuses,
  writeCertificateId,
  writeListEntry,
  writeOcspAnswer,
  writeOcspError,
  writeRevocationList,
  type ListFields,
  type OcspFields,
} from './status-bytes.ts';
import { rightFields, signerWith, writeFields } from './x509-fields.ts';
import type { OpenHierarchy } from './x509-hierarchy.ts';

/** What the registration service gives back: DER in a 200, another status, or nothing: the connection is closed, or silent. */
export type StatusReply =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'closed' | 'silence' };

/** What was asked by OCSP. */
export interface StatusQuestion {
  /** DER of the CertID. */
  readonly certificateId: Uint8Array;
  /** Big-endian. */
  readonly serial: Uint8Array;
  readonly nonce: Uint8Array | null;
}

/** Who answers, and with what. */
export interface StatusWorkshop {
  readonly hierarchy: OpenHierarchy;
  /** An answer that was right for an earlier question about the same certificate; null before the first. */
  readonly earlier: Uint8Array | null;
}

/** What scenarios judge together. */
export type StatusGroup =
  | 'root-list'
  | 'status-not-good'
  | 'replayed-status'
  | 'status-of-another'
  | 'status-signer'
  | 'status-times'
  | 'no-status';

/** One thing that is wrong with what a verifier of certificates is told about revocation; all else is right. */
export interface StatusFault {
  readonly group: StatusGroup;
  readonly name: string;
  /** In place of the right answer by OCSP. */
  readonly ocsp?: (question: StatusQuestion, workshop: StatusWorkshop) => StatusReply;
  /** In place of the root's list. */
  readonly list?: (workshop: StatusWorkshop) => StatusReply;
}

const hour = 3_600_000;
const answer = (bytes: Uint8Array): StatusReply => ({ kind: 'answer', bytes });
const silence = (): StatusReply => ({ kind: 'silence' });
const closed = (): StatusReply => ({ kind: 'closed' });
const serverError = (): StatusReply => ({ kind: 'status', status: 500 });

const altered = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

const rightOcsp = (
  { certificateId, nonce }: StatusQuestion,
  { hierarchy: { clientAuthority } }: StatusWorkshop,
): OcspFields => {
  const now = Date.now();
  return {
    responder: clientAuthority.key,
    producedAt: now,
    certificateId,
    status: statuses.good(),
    thisUpdate: now,
    nonce,
    certificates: [],
    sign: signerWith(clientAuthority.key),
  };
};

/** The control: good, fresh, signed by the authority itself, with the question's nonce. */
export const rightStatus = (question: StatusQuestion, workshop: StatusWorkshop): Uint8Array =>
  writeOcspAnswer(rightOcsp(question, workshop));

const rightFieldsOfList = ({ hierarchy: { root } }: StatusWorkshop): ListFields => {
  const now = Date.now();
  return {
    issuer: subjectNameOf(root.certificate),
    issuerKey: root.key,
    thisUpdate: now - hour,
    nextUpdate: now + 24 * hour,
    entries: [],
    extensions: [],
    sign: signerWith(root.key),
  };
};

/** The control: an empty list of the root, in force for a day. */
export const rightList = (workshop: StatusWorkshop): Uint8Array =>
  writeRevocationList(rightFieldsOfList(workshop));

type OcspChange = (question: StatusQuestion, workshop: StatusWorkshop) => Partial<OcspFields>;

const answersOf = (
  group: StatusGroup,
  faults: Readonly<Record<string, NonNullable<StatusFault['ocsp']>>>,
): readonly StatusFault[] => Object.entries(faults).map(([name, ocsp]) => ({ group, name, ocsp }));

/** Answers in which some parts differ from the right one's. */
const otherAnswers = (
  group: StatusGroup,
  changes: Readonly<Record<string, OcspChange>>,
): readonly StatusFault[] =>
  Object.entries(changes).map(([name, change]) => ({
    group,
    name,
    ocsp: (question, workshop) =>
      answer(writeOcspAnswer({ ...rightOcsp(question, workshop), ...change(question, workshop) })),
  }));

/** Lists in which some parts differ from the right one's. */
const otherLists = (
  changes: Readonly<
    Record<string, (workshop: StatusWorkshop, right: ListFields) => Partial<ListFields>>
  >,
): readonly StatusFault[] =>
  Object.entries(changes).map(([name, change]) => ({
    group: 'root-list',
    name,
    list: (workshop) => {
      const right = rightFieldsOfList(workshop);
      return answer(writeRevocationList({ ...right, ...change(workshop, right) }));
    },
  }));

const by = ({ key }: CertifiedKey): Pick<OcspFields, 'responder' | 'sign'> => ({
  responder: key,
  sign: signerWith(key),
});

/** An OID that nobody knows, in the arc kept for examples (RFC 5612 keeps 32473 for documentation). */
const unknownCritical = { oid: '1.3.6.1.4.1.32473.1', critical: true, value: derNull() };

/** What is wrong with the root's list. They come first: a verifier keeps a list that it took. */
export const listFaults: readonly StatusFault[] = [
  ...otherLists({
    'list-expired': () => ({ thisUpdate: Date.now() - 48 * hour, nextUpdate: Date.now() - hour }),
    'list-not-yet-valid': () => ({ thisUpdate: Date.now() + hour }),
    'list-of-another-authority': ({ hierarchy: { serverAuthority } }) => ({
      issuer: subjectNameOf(serverAuthority.certificate),
      issuerKey: serverAuthority.key,
      sign: signerWith(serverAuthority.key),
    }),
    'list-in-another-name': ({ hierarchy: { serverAuthority } }) => ({
      issuer: subjectNameOf(serverAuthority.certificate),
    }),
    'list-signed-by-another': ({ hierarchy: { rogue } }) => ({ sign: signerWith(rogue.key) }),
    'list-signature-altered': (_, { sign }) => ({ sign: (message) => altered(sign(message)) }),
    'list-unknown-critical-extension': () => ({ extensions: [unknownCritical] }),
    'list-unknown-critical-in-entry': () => ({
      entries: [writeListEntry(Uint8Array.of(9), Date.now() - hour, [unknownCritical])],
    }),
  }),
  { group: 'root-list', name: 'list-absent', list: () => ({ kind: 'status', status: 404 }) },
  { group: 'root-list', name: 'list-closed', list: closed },
  {
    group: 'root-list',
    name: 'list-truncated',
    list: (workshop) => answer(rightList(workshop).slice(0, -40)),
  },
];

/** A certificate of the asked authority for a key of another's, which is to sign clients and no answers (RFC 6960 section 4.2.2.2). */
const withoutPurpose: OcspChange = (_, { hierarchy: { clientAuthority, rogue } }) => ({
  ...by(rogue),
  certificates: [
    writeFields(
      rightFields({ role: 'client', name: 'Responder', key: rogue.key, issuer: clientAuthority }),
    ),
  ],
});

/** What is wrong with an answer by OCSP. */
export const ocspFaults: readonly StatusFault[] = [
  ...otherAnswers('status-not-good', {
    revoked: () => ({ status: statuses.revoked(Date.now() - hour) }),
    unknown: () => ({ status: statuses.unknown() }),
  }),
  // Stands behind "revoked": what was good before must not be heard after it.
  ...answersOf('replayed-status', {
    replayed: (_, { earlier }) => (earlier ? answer(earlier) : closed()),
  }),
  ...otherAnswers('replayed-status', {
    'no-nonce': () => ({ nonce: null }),
    'other-nonce': ({ nonce }) => ({ nonce: altered(nonce ?? new Uint8Array(32)) }),
  }),
  ...otherAnswers('status-of-another', {
    'other-serial': ({ serial }, { hierarchy: { clientAuthority } }) => ({
      certificateId: writeCertificateId(clientAuthority, altered(serial)),
    }),
    'other-issuer': ({ serial }, { hierarchy: { serverAuthority } }) => ({
      certificateId: writeCertificateId(serverAuthority, serial),
    }),
  }),
  ...otherAnswers('status-signer', {
    'other-key': (_, { hierarchy: { rogue } }) => ({ sign: signerWith(rogue.key) }),
    'signature-altered': (_, { hierarchy: { clientAuthority } }) => ({
      sign: (message) => altered(signerWith(clientAuthority.key)(message)),
    }),
    'server-authority': (_, { hierarchy: { serverAuthority } }) => ({
      ...by(serverAuthority),
      certificates: [serverAuthority.certificate],
    }),
    'certificate-without-purpose': withoutPurpose,
  }),
  ...otherAnswers('status-times', {
    'next-update-past': () => ({
      thisUpdate: Date.now() - 48 * hour,
      nextUpdate: Date.now() - hour,
    }),
    'produced-yesterday': () => ({ producedAt: Date.now() - 24 * hour }),
    'this-update-future': () => ({ thisUpdate: Date.now() + hour }),
    'produced-in-future': () => ({ producedAt: Date.now() + hour }),
  }),
  ...answersOf('no-status', {
    'try-later': () => answer(writeOcspError(3)),
    'server-error': serverError,
    truncated: (question, workshop) => answer(rightStatus(question, workshop).slice(0, -40)),
    noise: () => answer(concat(new Uint8Array(40), Uint8Array.of(1))),
    closed,
    silence,
  }),
];

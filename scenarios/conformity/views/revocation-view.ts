import { fromHex } from '../../../reference/core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { findRevoked, parseCrl, verifyCrl } from '../../../reference/core/pki/crl.ts';
import { verifyOcspResponse } from '../../../reference/core/pki/ocsp-verify.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import { topologySchema, type Topology } from '../activities/call-evidence.ts';
import {
  revocationAnswersSchema,
  revocationStepsSchema,
  type RevocationSteps,
} from '../activities/revocation-evidence.ts';
import { certificateOfPem } from './certificates.ts';

/** Folder of the activity's evidence in the run folder. */
export const revocationPath = 'evidence/revocation';

/** What a revocation left. */
export interface RevocationView {
  readonly evidence: Evidence;
  readonly steps: RevocationSteps;
  readonly topology: Topology;
}

/** Judges what a revocation left; inconclusive where it is not among the evidence. */
export const onRevocation =
  (judge: (view: RevocationView) => Finding) =>
  (evidence: Evidence): Finding => {
    const steps = evidence.json('revocation', 'steps.json', revocationStepsSchema);
    const topology = evidence.json('revocation', 'topology.json', topologySchema);
    return steps && topology
      ? judge({ evidence, steps, topology })
      : inconclusive('the steps of the revocation are not among the evidence');
  };

/** A certificate of the evidence, null where it is not there. */
export const certificateAt = (
  { evidence }: RevocationView,
  name: 'certificate' | 'certificate-other',
): Certificate | null => {
  const parsed = parseCertificate(evidence.bytes('revocation', `${name}.der`) ?? new Uint8Array());
  return parsed.ok ? parsed.value : null;
};

/** What was answered about certificates, verified again with the run's own authorities. */
export interface RevocationAnswers {
  /** Status by each OCSP answer, else the code of what is wrong with it. */
  readonly statuses: Readonly<Record<'before' | 'after' | 'other', string>>;
  /** `listed` or `not listed`, else the code of what is wrong with the list. */
  readonly lists: Readonly<Record<'before' | 'after', string>>;
  /** `in force`, else a code. */
  readonly rootList: string;
}

const listFinding = (der: Uint8Array, issuer: Certificate, at: number, about: Certificate) => {
  const parsed = parseCrl(der);
  const verified = parsed.ok ? verifyCrl(parsed.value, issuer, at) : parsed;
  if (!verified.ok) return verified.error.code;
  return findRevoked(verified.value, about.serial) ? 'listed' : 'not listed';
};

const statusFinding = (
  der: Uint8Array,
  issuer: Certificate,
  asked: { readonly nonce: string; readonly at: number },
  { serial }: Certificate,
): string => {
  const nonce = fromHex(asked.nonce);
  const question = { issuer, serial, nonce: nonce.ok ? nonce.value : new Uint8Array() };
  const verified = verifyOcspResponse(der, question, asked.at);
  return verified.ok ? verified.value.kind : verified.error.code;
};

const names = [
  'ocsp-before',
  'ocsp-after',
  'ocsp-other',
  'list-before',
  'list-after',
  'list-root',
] as const;

type Files = Readonly<Record<(typeof names)[number], Uint8Array>>;

const readFiles = (evidence: Evidence): Files | null => {
  const found = names.map((name) => [name, evidence.bytes('revocation', `${name}.der`)] as const);
  return found.every(([, bytes]) => bytes !== null) ? (Object.fromEntries(found) as Files) : null;
};

/** The answers about the revoked certificate and the other's; null where they are not all there. */
export const answersIn = (view: RevocationView): RevocationAnswers | null => {
  const { evidence, topology } = view;
  const asked = evidence.json('revocation', 'answers.json', revocationAnswersSchema);
  const files = readFiles(evidence);
  const root = certificateOfPem(topology.trust.root);
  const authority = certificateOfPem(topology.trust.clientAuthority);
  const revoked = certificateAt(view, 'certificate');
  const other = certificateAt(view, 'certificate-other');
  if (!asked || !files || !root || !authority || !revoked || !other) return null;
  const status = (name: 'ocsp-before' | 'ocsp-after' | 'ocsp-other', about: Certificate) =>
    statusFinding(files[name], authority, asked[name], about);
  const list = (name: 'list-before' | 'list-after') =>
    listFinding(files[name], authority, asked[name].at, revoked);
  const ofRoot = listFinding(files['list-root'], root, asked['list-root'].at, authority);
  return {
    statuses: {
      before: status('ocsp-before', revoked),
      after: status('ocsp-after', revoked),
      other: status('ocsp-other', other),
    },
    lists: { before: list('list-before'), after: list('list-after') },
    rootList: ofRoot === 'not listed' ? 'in force' : ofRoot,
  };
};

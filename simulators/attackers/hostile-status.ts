import { parseOcspRequest } from '../../reference/core/pki/ocsp-request.ts';
import {
  rightList,
  rightStatus,
  type StatusFault,
  type StatusQuestion,
  type StatusReply,
} from './status-faults.ts';
import type { OpenHierarchy } from './x509-hierarchy.ts';

/** What a registration service says about revocation. */
export interface StatusSource {
  readonly list: () => StatusReply | Promise<StatusReply>;
  /** To a question in DER. */
  readonly ocsp: (question: Uint8Array) => StatusReply | Promise<StatusReply>;
}

/** Answers about revocation that have one fault or none. */
export interface HostileStatus extends StatusSource {
  /** From now on; null is right again. What was asked so far is forgotten. */
  behave(fault: StatusFault | null): void;
  /** How often each was asked for since. */
  asked(): { readonly list: number; readonly ocsp: number };
}

const readQuestion = (der: Uint8Array): StatusQuestion | null => {
  const parsed = parseOcspRequest(der);
  if (!parsed.ok) return null;
  const { certificateIds, nonce } = parsed.value;
  const [{ der: certificateId, serial }] = certificateIds;
  return { certificateId, serial, nonce: nonce ?? null };
};

/** Answers as the authorities of this hierarchy would, until told to err. */
export const createHostileStatus = (hierarchy: OpenHierarchy): HostileStatus => {
  let fault: StatusFault | null = null;
  let asked = { list: 0, ocsp: 0 };
  let earlier: Uint8Array | null = null;
  const workshop = () => ({ hierarchy, earlier });
  return {
    list() {
      asked = { ...asked, list: asked.list + 1 };
      return fault?.list?.(workshop()) ?? { kind: 'answer', bytes: rightList(workshop()) };
    },
    ocsp(der) {
      asked = { ...asked, ocsp: asked.ocsp + 1 };
      const question = readQuestion(der);
      if (!question) return { kind: 'status', status: 400 };
      if (fault?.ocsp) return fault.ocsp(question, workshop());
      const bytes = rightStatus(question, workshop());
      earlier ??= bytes;
      return { kind: 'answer', bytes };
    },
    behave(next) {
      fault = next;
      asked = { list: 0, ocsp: 0 };
    },
    asked: () => asked,
  };
};

import { header, makeRequest } from '../../reference/core/sip/message/message.ts';
import { applyFault, type CallFault, type EnrolledIdentity } from './call-faults.ts';
import { certificateRequest, certificatesInPem, freshKey } from './certificate-forger.ts';
import { within, type Endpoint, type TrustCertificates } from './endpoint.ts';
import {
  certificatePath,
  certificatesOf,
  enrolmentIdOf,
  postJson,
  type HttpOutcome,
} from './enrolment-client.ts';
import { answerCall, type AnswerOutcome, type AnswerSetup } from './malicious-callee.ts';
import { placeCall, type CallOutcome } from './malicious-caller.ts';
import { contactOf, freshVia, responseIn, sipHost, sipToken } from './sip-dialog.ts';
import { openSipLink, type SipLink, type SipLinkOutcome } from './sip-link.ts';

/** Where the malicious user's appliance is and whom it trusts. */
export interface MaliciousUserOptions {
  readonly sip: Endpoint;
  readonly registration: Endpoint;
  readonly trust: TrustCertificates;
  /** Host part of SIP URIs; the SIP endpoint's host unless given. */
  readonly domain?: string;
}

export type EnrolOutcome =
  | { readonly kind: 'enrolled' }
  | {
      readonly kind: 'refused';
      readonly step: 'request' | 'certificate';
      readonly status: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'deadline' };

export type RegisterOutcome =
  | { readonly kind: 'registered' }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'closed' }
  | Exclude<SipLinkOutcome, { readonly kind: 'connected' }>;

export interface MaliciousCall {
  /** The enrolled number whose connection is used and which stands in From, or which is called. */
  readonly number: string;
  readonly fault: CallFault;
  /** Another enrolled number, for the faults that need one. */
  readonly other?: string;
  /** Milliseconds to wait for the peer's next message. */
  readonly deadlineMs: number;
  /** Milliseconds to watch after the ACK; 500 unless given. */
  readonly listenMs?: number;
  /** Of an answered call: see {@link AnswerSetup}. */
  readonly during?: AnswerSetup['during'];
}

/** A user with true certificates and bad intentions. Outcomes of what a target does are values; misuse throws. */
export interface MaliciousUser {
  /** Enrols a number by the book and keeps its certificate. */
  enrol(
    number: string,
    readToken: (number: string) => Promise<string>,
    deadlineMs: number,
  ): Promise<EnrolOutcome>;
  /** Takes over a certificate got elsewhere. */
  adopt(identity: EnrolledIdentity): void;
  /** The certificate and key of a number of its own, to be misused elsewhere. */
  identity(number: string): EnrolledIdentity | undefined;
  /** Connects with a number's certificate and registers it. */
  register(number: string, deadlineMs: number): Promise<RegisterOutcome>;
  /** Calls a victim from a registered number. */
  call(victim: string, call: MaliciousCall): Promise<CallOutcome>;
  /** Answers the next call to a registered number. */
  answer(call: MaliciousCall): Promise<AnswerOutcome>;
  /** Closes every connection. */
  close(): void;
}

const enrolFailure = (outcome: HttpOutcome, step: 'request' | 'certificate'): EnrolOutcome =>
  outcome.kind === 'answered' ? { kind: 'refused', step, status: outcome.status } : outcome;

const enrolByTheBook = async (
  options: MaliciousUserOptions,
  number: string,
  readToken: (number: string) => Promise<string>,
  deadlineMs: number,
): Promise<EnrolOutcome | EnrolledIdentity> => {
  const key = freshKey();
  const csr = certificateRequest(number, key);
  const requested = await postJson(options, '/v1/enrolments', { number, csr }, deadlineMs);
  const id = enrolmentIdOf(requested);
  if (id === null) return enrolFailure(requested, 'request');
  let token: string;
  try {
    token = await within(readToken(number), deadlineMs);
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
  const given = await postJson(options, certificatePath(id), { token }, deadlineMs);
  const [certificate] = certificatesOf(given);
  return certificate ? { number, certificate, key } : enrolFailure(given, 'certificate');
};

/** Sends a REGISTER for a number on an open connection. */
export const registerOn = async (
  link: SipLink,
  number: string,
  domain: string,
  deadlineMs: number,
): Promise<RegisterOutcome> => {
  const callId = sipToken();
  const address = `<sip:${number}@${domain}>`;
  link.send(
    makeRequest('REGISTER', `sip:${domain}`, [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ['From', `${address};tag=${sipToken()}`],
      ['To', address],
      ['Call-ID', callId],
      ['CSeq', '1 REGISTER'],
      ['Contact', contactOf(link, number)],
      ['Expires', '600'],
    ]),
  );
  const response = await link.next(responseIn(callId, 'REGISTER', 200), deadlineMs);
  if (typeof response === 'string') return { kind: response };
  if (response.status < 300) return { kind: 'registered' };
  const reason = header(response, 'Warning') ?? response.reason;
  return { kind: 'refused', status: response.status, reason };
};

const lacking = (what: string, number: string, wayOut: string): Error =>
  new Error(`malicious user: ${number} has no ${what}; ${wayOut}`);

/** A malicious user without any number yet. */
export const createMaliciousUser = (options: MaliciousUserOptions): MaliciousUser => {
  const identities = new Map<string, EnrolledIdentity>();
  const links = new Map<string, SipLink>();
  const domain = options.domain ?? sipHost(options.sip.host);
  const authority = certificatesInPem(options.trust.clientAuthority)[0];
  if (!authority)
    throw new Error('malicious user: trust.clientAuthority holds no certificate; give its PEM');

  const identityOf = (number: string): EnrolledIdentity => {
    const identity = identities.get(number);
    if (!identity) throw lacking('certificate', number, 'enrol it first');
    return identity;
  };
  const setupOf = (call: MaliciousCall) => {
    const link = links.get(call.number);
    if (!link) throw lacking('connection', call.number, 'register it first');
    const other = call.other === undefined ? null : identityOf(call.other);
    const party = applyFault(call.fault, identityOf(call.number), other, authority);
    const { number, deadlineMs, listenMs = 500, during } = call;
    const setup = { link, number, party, deadlineMs, listenMs };
    return during ? { ...setup, during } : setup;
  };

  return {
    async enrol(number, readToken, deadlineMs) {
      const outcome = await enrolByTheBook(options, number, readToken, deadlineMs);
      if ('kind' in outcome) return outcome;
      identities.set(number, outcome);
      return { kind: 'enrolled' };
    },
    adopt: (identity) => void identities.set(identity.number, identity),
    identity: (number) => identities.get(number),
    async register(number, deadlineMs) {
      const identity = identityOf(number);
      links.get(number)?.close();
      const opened = await openSipLink({ ...options, identity }, deadlineMs);
      if (opened.kind !== 'connected') return opened;
      links.set(number, opened.link);
      return registerOn(opened.link, number, domain, deadlineMs);
    },
    call: async (victim, call) => placeCall({ ...setupOf(call), victim, domain }),
    answer: async (call) => answerCall(setupOf(call)),
    close() {
      for (const link of links.values()) link.close();
      links.clear();
    },
  };
};

import { utf8 } from '../../reference/core/bytes.ts';
import {
  header,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import type { ApplianceDescription } from '../../devices/contract.ts';
import type { EnrolledIdentity } from '../../simulators/attackers/call-faults.ts';
import { registerOn } from '../../simulators/attackers/malicious-user.ts';
import { sipToken } from '../../simulators/attackers/sip-dialog.ts';
import { openSipLink, responseTo, type SipLink } from '../../simulators/attackers/sip-link.ts';
import { callIdIn, rawRequest, textOf } from '../../simulators/attackers/sip-raw.ts';

/**
 * Milliseconds: for a handshake and a registration, and for a word after a case, however busy the machine; for the final response
 * to an INVITE, which another client may owe.
 */
const limits = { open: 15_000, word: 6_000, final: 500 } as const;

/** What a malicious client heard after it had said something. */
export interface Heard {
  /** `answered`: a question behind it was answered. */
  readonly end: 'answered' | 'closed' | 'silent';
  readonly responses: readonly SipResponse[];
  readonly requests: readonly SipRequest[];
}

/** An enrolled client that says whatever it is told, on a connection that is opened anew as often as it is needed. */
export interface LiveClient {
  readonly number: string;
  readonly identity: EnrolledIdentity;
  readonly domain: string;
  /** Connected and registered; rejects where that fails. */
  link(): Promise<SipLink>;
  /** Registers anew on the connection there is, or opens one. */
  refresh(): Promise<void>;
  /** An OPTIONS to the server, which a server that reads on answers. */
  question(link: SipLink): Uint8Array;
  /** Sends pieces and a question behind, and takes everything up to its answer; requests get 486. */
  say(pieces: readonly Uint8Array[], question: Uint8Array): Promise<Heard>;
  close(): void;
}

const callIdOf = (message: SipMessage): string => header(message, 'Call-ID') ?? '';

/** Any message at all. */
const any = (message: SipMessage): SipMessage => message;

/** What a client says to a request that it has no use for; nothing to an ACK. */
export const decline = (link: SipLink, request: SipRequest): void => {
  if (request.method !== 'ACK') link.send(responseTo(request, 486, 'Busy Here', sipToken()));
};

/** Takes what came and nobody waited for. */
export const drain = async (link: SipLink): Promise<void> => {
  for (;;) {
    const message = await link.next(any, 0);
    if (typeof message === 'string') return;
    if (message.kind === 'request') decline(link, message);
  }
};

/** Follows INVITEs until their final responses. */
const createPending = () => {
  const pending = new Set<string>();
  return {
    note(response: SipResponse): void {
      if (!(header(response, 'CSeq') ?? '').endsWith(' INVITE')) return;
      if (response.status < 200) pending.add(callIdOf(response));
      else pending.delete(callIdOf(response));
    },
    isEmpty: () => pending.size === 0,
  };
};

/** Everything up to the answer of a question, and of INVITEs that were on their way then. */
const take = async (link: SipLink, questionId: string): Promise<Heard> => {
  const responses: SipResponse[] = [];
  const requests: SipRequest[] = [];
  const pending = createPending();
  let [isAnswered, end] = [false, performance.now() + limits.word];
  while (!isAnswered || !pending.isEmpty()) {
    const message = await link.next(any, Math.max(0, end - performance.now()));
    if (message === 'closed') return { end: 'closed', responses, requests };
    if (message === 'deadline') break;
    if (message.kind === 'request') {
      requests.push(message);
      decline(link, message);
    } else if (callIdOf(message) === questionId) {
      isAnswered = true;
      end = performance.now() + limits.final;
    } else {
      responses.push(message);
      pending.note(message);
    }
  }
  return { end: isAnswered ? 'answered' : 'silent', responses, requests };
};

/** A client of an enrolled number. */
export const createClient = (
  appliance: ApplianceDescription,
  identity: EnrolledIdentity,
): LiveClient => {
  const { number } = identity;
  const domain = appliance.sip.host;
  let current: SipLink | null = null;
  const close = (): void => {
    current?.close();
    current = null;
  };
  const open = async (): Promise<SipLink> => {
    const opened = await openSipLink({ ...appliance, identity }, limits.open);
    if (opened.kind !== 'connected')
      throw new Error(`${number} cannot connect to the appliance: ${JSON.stringify(opened)}`);
    const registered = await registerOn(opened.link, number, domain, limits.open);
    if (registered.kind !== 'registered') {
      opened.link.close();
      throw new Error(`${number} cannot register: ${JSON.stringify(registered)}`);
    }
    return opened.link;
  };
  const link = async (): Promise<SipLink> => (current ??= await open());
  return {
    number,
    identity,
    domain,
    link,
    async refresh() {
      if (current === null) return void (await link());
      const { kind } = await registerOn(current, number, domain, limits.open);
      if (kind === 'registered') return;
      close();
      await link();
    },
    question: (on) =>
      utf8(textOf(rawRequest(on, { method: 'OPTIONS', domain, from: number, to: null }))),
    async say(pieces, question) {
      const on = await link();
      for (const piece of pieces) on.sendBytes(piece);
      on.sendBytes(question);
      const heard = await take(on, callIdIn(question));
      if (heard.end !== 'answered') close();
      return heard;
    },
    close,
  };
};

/** The shapes of what was heard. */
export const shapesOf = (family: string, { end, responses, requests }: Heard): string[] => {
  const statuses = responses.map(({ status }) => `${family} ${status}`);
  const shapes = [...new Set(statuses), ...(requests.length > 0 ? [`${family} called`] : [])];
  if (end === 'closed') shapes.push(`${family} closed`);
  return shapes.length === 0 ? [`${family} without answer`] : shapes;
};

import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { localParty, type LocalParty } from '../../../core/csl/party.ts';
import { parseCertificate, type Certificate } from '../../../core/pki/certificate.ts';
import { clientAuthorityProfile } from '../../../core/pki/profiles.ts';
import { createTestHierarchy, newTestKey } from '../../../core/pki/testing/hierarchy.ts';
import { signRsaSha256 } from '../../../core/primitives/rsa.ts';
import type { Result } from '../../../core/result.ts';
import {
  header,
  makeRequest,
  replaceHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  withoutHeader,
} from '../../../core/sip/message/message.ts';
import { respond } from '../../../core/sip/message/responses.ts';
import type { UserAgentCommand, UserAgentEvent } from '../../../core/sip/user-agent/user-agent.ts';
import { phoneParts, type PhoneLogs, type PhoneParts } from '../../parts.ts';
import { createCalls, type Calls } from '../calls.ts';

export const ALICE = '+33612345678';
export const BOB = '+33687654321';

const must = <Value>(result: Result<Value, { readonly code: string }>): Value => {
  if (!result.ok) throw new Error(`expected a value, got ${result.error.code}`);
  return result.value;
};

/** The parties of a test and their authority, valid now. */
export interface Parties {
  readonly authority: Certificate;
  readonly alice: LocalParty;
  readonly bob: LocalParty;
  /** Alice with a new key and certificate. */
  readonly renewedAlice: LocalParty;
}

export const createParties = async (): Promise<Parties> => {
  const hierarchy = await createTestHierarchy();
  const now = Date.now();
  const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
  const issuer = await hierarchy.issueAuthority(clientAuthorityProfile, validity);
  const authority = must(parseCertificate(issuer.certificate));
  const party = async (commonName: string): Promise<LocalParty> => {
    const key = newTestKey();
    const subject = { commonName };
    const serial = new Uint8Array([1, ...randomBytes(8)]);
    const order = { subject, publicKey: key.spki, issuer, serial, ...validity };
    const certificate = must(parseCertificate(await hierarchy.issueClient(order)));
    const sign = (preimage: Uint8Array): Uint8Array => signRsaSha256(key.privateKey, preimage);
    return must(localParty(certificate, authority, sign));
  };
  const [alice, bob, renewedAlice] = [await party(ALICE), await party(BOB), await party(ALICE)];
  return { authority, alice, bob, renewedAlice };
};

type CommandOf<Kind extends UserAgentCommand['kind']> = Extract<UserAgentCommand, { kind: Kind }>;

/** What differs from an ordinary handler. */
export interface HandlerOptions {
  readonly parts?: Partial<PhoneParts>;
  readonly logs?: Partial<PhoneLogs>;
  readonly changed?: () => void;
  /** Address that media sockets bind to. */
  readonly host?: string;
  /** The end of a call that is hung up is not reported, as between a CANCEL and its 487. */
  readonly endsLate?: boolean;
}

/** A call handler whose user agent is a list of commands; calls end as that of the core reports them. */
export interface TestHandler {
  readonly calls: Calls;
  readonly number: string;
  readonly commands: UserAgentCommand[];
  /** Codes of the log. */
  readonly refusals: string[];
  give(event: UserAgentEvent): void;
  kinds(): readonly string[];
  last<Kind extends UserAgentCommand['kind']>(kind: Kind): CommandOf<Kind>;
  /** Waits for a command, a change or a refusal that makes it true. */
  until(condition: () => boolean): Promise<void>;
}

const endReported = (
  { kind }: UserAgentCommand,
  endsLate: boolean,
  isChanging: boolean,
): 'rejected' | 'local' | undefined => {
  // Rejecting a re-INVITE leaves the call as it was.
  if (kind === 'reject') return isChanging ? undefined : 'rejected';
  if (kind === 'hang-up') return endsLate ? undefined : 'local';
  return kind === 'acknowledge-and-end' ? 'local' : undefined;
};

export const createHandler = (
  parties: Parties,
  own: LocalParty,
  { parts, logs, changed, host = '127.0.0.1', endsLate = false }: HandlerOptions = {},
): TestHandler => {
  const steps = new EventEmitter();
  const commands: UserAgentCommand[] = [];
  const refusals: string[] = [];
  let current = '';
  let isChanging = false;
  const calls = createCalls({
    own,
    clientAuthorities: [parties.authority],
    host,
    parts: { ...phoneParts, ...parts },
    askStatus: () => Promise.resolve('good'),
    logs: { refusal: ({ code }) => steps.emit('step', refusals.push(code)), ...logs },
    command(command) {
      commands.push(command);
      if (command.kind === 'invite') current = command.callId ?? '';
      const reason = endReported(command, endsLate, isChanging);
      if (command.kind === 'reject') isChanging = false;
      if (reason) calls.onEvent({ kind: 'ended', callId: current, reason });
      steps.emit('step');
    },
    changed() {
      steps.emit('step');
      changed?.();
    },
  });
  return {
    calls,
    number: own.number,
    commands,
    refusals,
    give(event) {
      if (event.kind === 'incoming-invite') current = event.callId;
      isChanging = event.kind === 're-invited';
      calls.onEvent(event);
    },
    kinds: () => commands.map(({ kind }) => kind),
    last<Kind extends UserAgentCommand['kind']>(kind: Kind): CommandOf<Kind> {
      const found = commands.findLast((command) => command.kind === kind);
      if (!found) throw new Error(`${own.number} gave no command ${kind}`);
      return found as CommandOf<Kind>;
    },
    async until(condition) {
      while (!condition()) await once(steps, 'step');
    },
  };
};

/** The INVITE that a handler commanded last. */
export const inviteOf = (from: TestHandler): SipRequest => {
  const { number, callId = '', headers = [], body } = from.last('invite');
  return makeRequest(
    'INVITE',
    `sip:${number}@example.com`,
    [
      ['Via', 'SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK1'],
      ['From', `<sip:${from.number}@example.com>;tag=caller`],
      ['To', `<sip:${number}@example.com>`],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      ...headers,
    ],
    body,
  );
};

/** The 200 to an INVITE that a handler commanded last. */
export const answerOf = (from: TestHandler, invite: SipRequest): SipResponse => {
  const { headers = [], body } = from.last('accept');
  return respond(invite, 200, { toTag: 'callee', headers, body });
};

/** The ACK that a handler commanded last. */
export const acknowledgementOf = (from: TestHandler): SipRequest =>
  makeRequest('ACK', 'sip:peer@example.com', from.last('acknowledge').headers ?? []);

/** Dials and brings the INVITE, perhaps changed, to the other side. */
export const invite = async (
  from: TestHandler,
  to: TestHandler,
  change: (message: SipRequest) => SipRequest = (message) => message,
): Promise<SipRequest> => {
  await from.calls.dial(to.number);
  const message = inviteOf(from);
  to.give({ kind: 'incoming-invite', callId: callIdOf(from), message: change(message) });
  return message;
};

export const callIdOf = (handler: TestHandler): string => handler.calls.view().callId;

/** {@link invite}, and the other side accepts; gives its 200. */
export const accepted = async (from: TestHandler, to: TestHandler): Promise<SipResponse> => {
  to.calls.setAutoAnswer(true);
  const message = await invite(from, to);
  await to.until(() => to.kinds().includes('accept'));
  return answerOf(to, message);
};

/** {@link accepted}, and this side confirms; gives its ACK. */
export const confirmed = async (from: TestHandler, to: TestHandler): Promise<SipRequest> => {
  const message = await accepted(from, to);
  from.give({ kind: 'answered', callId: callIdOf(from), message });
  await from.until(() => from.kinds().includes('acknowledge'));
  return acknowledgementOf(from);
};

/** A call that both sides have verified. */
export const established = async (from: TestHandler, to: TestHandler): Promise<void> => {
  const message = await confirmed(from, to);
  to.give({ kind: 'acknowledged', callId: callIdOf(from), message });
  await to.until(() => to.calls.view().state === 'in-call');
};

/** Lets the event loop turn until it is true. */
export const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate();
};

/** The value of a header with one character of its base64 changed; `index` counts from the end when it is negative. */
export const altered = (value: string, index: number): string => {
  const at = index < 0 ? value.length + index : index;
  return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
};

/** The message with a header's value replaced, or without the header where there is none. */
export const changed = <Message extends SipMessage>(
  message: Message,
  name: string,
  change: (value: string) => string | undefined,
): Message => {
  const value = change(header(message, name) ?? '');
  return value === undefined ? withoutHeader(message, name) : replaceHeader(message, name, value);
};

/** What keeps this process alive, sorted. Sockets say 'close' a turn of the event loop before Node lets go of them. */
export const activeResources = async (): Promise<readonly string[]> => {
  await setImmediate();
  await setImmediate();
  return process.getActiveResourcesInfo().toSorted();
};

/** What keeps this process alive now and did not `before`. The test runner's own timers come and go. */
export const leftBehind = async (before: readonly string[]): Promise<readonly string[]> => {
  const known = [...before];
  return (await activeResources()).filter((resource) => {
    const index = known.indexOf(resource);
    if (index !== -1) known.splice(index, 1);
    return index === -1;
  });
};

/** Ports of UDP open in this process. */
export const openPortCount = async (): Promise<number> =>
  (await activeResources()).filter((resource) => resource === 'UDPWrap').length;

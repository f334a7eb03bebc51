import { randomBytes } from 'node:crypto';
import {
  header,
  withBody,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import type { EnrolledIdentity } from './call-faults.ts';
import { certificatesInPem, freshKey } from './certificate-forger.ts';
import { sharedSecretOf, type CslKeys } from './csl-bytes.ts';
import { ipAddressBytes } from '../../reference/core/pki/ip-address.ts';
import type { Endpoint, TrustCertificates } from './endpoint.ts';
import { createHostileAuthorities, issueClient } from './hostile-authorities.ts';
import { exchangeOf, keysWith } from './hostile-headers.ts';
import { startHostileRegistration } from './hostile-registration.ts';
import { tagOf, type SeenDialog } from './hostile-requests.ts';
import { startHostileSwitch, type HostileSwitch, type Letter } from './hostile-switch.ts';
import { openMediaTap, type MediaTap } from './hostile-tap.ts';

/** What part of a call's first exchange a message is. */
export type Stage = 'invite' | 'answer' | 'ack';

/** Tells INVITE, 200 and ACK of a call from everything else. */
export const stageOf = (message: SipMessage): Stage | null => {
  if (message.kind === 'response') {
    const isAnswer = /\bINVITE$/.test(header(message, 'CSeq') ?? '') && message.status === 200;
    return isAnswer ? 'answer' : null;
  }
  if (message.method === 'ACK') return 'ack';
  return message.method === 'INVITE' && tagOf(header(message, 'To')) === '' ? 'invite' : null;
};

/** An appliance whose operator attacks its own users. Phones are led to it as to any other. */
export interface HostileOperator {
  readonly sip: Endpoint;
  readonly registration: Endpoint;
  readonly trust: TrustCertificates;
  readonly readToken: (number: string) => Promise<string>;
  readonly switch: HostileSwitch;
  readonly tap: MediaTap;
  /** DER of its client authority. */
  readonly authority: Uint8Array;
  /** A user of its own, by the book. */
  readonly user: EnrolledIdentity;
  /** A certificate for any number and a key of its own; with any Subject Key Identifier. */
  forge(number: string, subjectKeyIdentifier?: Uint8Array): EnrolledIdentity;
  /** Notes what the two ends of a call see of it, after tampering. */
  note(letter: Letter): void;
  /** The newest call, where INVITE and 200 passed. */
  seen(): SeenDialog | null;
  /** Keys that it computed itself in a call, such as with an exponent of its own. */
  readonly computed: CslKeys[];
  /** How much audio came while it held an INVITE back. */
  readonly early: { packets: number | null };
  /** Every key that it has or can guess for the newest call. */
  guesses(): readonly CslKeys[];
  close(): Promise<void>;
}

const secretLength = 256;

const number = (value: number): Uint8Array => {
  const bytes = new Uint8Array(secretLength);
  bytes[secretLength - 1] = value;
  return bytes;
};

/** Secrets that a careless exchange could come to, of public values alone. */
const guessedSecrets = (caller: Uint8Array, callee: Uint8Array): readonly Uint8Array[] => [
  new Uint8Array(0),
  number(0),
  number(1),
  number(2),
  caller,
  callee,
  sharedSecretOf(Uint8Array.of(2), caller),
  sharedSecretOf(Uint8Array.of(2), callee),
];

const createMemory = () => {
  let invite: SipRequest | null = null;
  let answer: SipResponse | null = null;
  const computed: CslKeys[] = [];
  const seen = (): SeenDialog | null => (invite && answer ? { invite, answer } : null);
  return {
    computed,
    seen,
    note({ message }: Letter): void {
      const stage = stageOf(message);
      if (stage === 'invite' && message.kind === 'request') [invite, answer] = [message, null];
      if (stage === 'answer' && message.kind === 'response') answer ??= message;
    },
    guesses(): readonly CslKeys[] {
      const dialog = seen();
      const exchange = dialog && exchangeOf(dialog.invite, dialog.answer);
      const taken = computed.splice(0);
      if (!exchange) return taken;
      const secrets = guessedSecrets(exchange.caller.publicValue, exchange.callee.publicValue);
      return [...taken, ...secrets.map((secret) => keysWith(exchange, secret))];
    },
  };
};

/** Starts registration, signalling and audio on an address, with authorities made now; `userNumber` is the operator's own user. */
export const startHostileOperator = async (
  host: string,
  userNumber: string,
): Promise<HostileOperator> => {
  const address = ipAddressBytes(host);
  if (address?.length !== 4) throw new Error(`hostile operator: ${host} is no IPv4 address`);
  const authorities = createHostileAuthorities(address);
  const { trust } = authorities;
  const [authority = new Uint8Array(0)] = certificatesInPem(trust.clientAuthority);
  const registration = await startHostileRegistration(host, authorities);
  const signalling = await startHostileSwitch(host, authorities);
  const tap = openMediaTap(host);
  const forge: HostileOperator['forge'] = (of, identifier) => {
    const key = freshKey();
    return { number: of, key, certificate: issueClient(authorities, of, key, identifier) };
  };
  return {
    sip: signalling.endpoint,
    registration: registration.endpoint,
    trust,
    readToken: registration.readToken,
    switch: signalling,
    tap,
    authority,
    user: forge(userNumber),
    forge,
    ...createMemory(),
    early: { packets: null },
    async close() {
      tap.close();
      await signalling.close();
      await registration.close();
    },
  };
};

/** A letter's message with media led to the operator's own ports. */
export const redirected = async ({ tap }: HostileOperator, letter: Letter): Promise<Letter> => {
  if (letter.message.body.length === 0) return letter;
  const body = await tap.redirect(letter.from, letter.message.body);
  return { ...letter, message: withBody(letter.message, body) };
};

/** 32 fresh random bytes. */
export const fresh = (): Uint8Array => new Uint8Array(randomBytes(32));

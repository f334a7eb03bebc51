import { createHash, X509Certificate } from 'node:crypto';
import { concat, fromBase64, toBase64, toHex } from '../../reference/core/bytes.ts';
import type { DialogHistory, ExchangeUnderWay } from '../../reference/core/csl/checks.ts';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import type {
  AgreedKeys,
  AnswerMade,
  KeyAgreement,
  OfferMade,
} from '../../reference/core/csl/key-agreement.ts';
import type { DisplayedIdentifiers, OfferContext } from '../../reference/core/csl/offer.ts';
import type { ReceivedMessage } from '../../reference/core/csl/message.ts';
import type { LocalParty } from '../../reference/core/csl/party.ts';
import { createReplayMemory, type ReplayMemory } from '../../reference/core/csl/replay-memory.ts';
import {
  certificateNamed,
  must,
  partyOf,
} from '../../reference/core/csl/testing/vector-support.ts';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { callTime, sessionOf } from '../generators/csl-calls.ts';
import { smallRandom } from '../generators/small-random.ts';
import type { Arriving, Known, Phone, World } from './key-agreement.ts';

/** A phone with what its application keeps around the key agreement. */
interface RealPhone {
  readonly own: LocalParty;
  readonly memory: ReplayMemory;
  readonly underWay: Map<number, ExchangeUnderWay>;
  readonly dialogs: Map<number, DialogHistory>;
}

/** The real side: phones, and messages as bytes by the numbers that the model gives them. */
export interface Phones {
  readonly agreement: KeyAgreement;
  readonly phones: readonly RealPhone[];
  readonly headers: Map<number, HeaderList>;
  readonly offers: Map<number, OfferMade>;
  readonly answers: Map<number, AnswerMade>;
  /** What callers agreed to, by answer. */
  readonly agreed: Map<number, AgreedKeys>;
}

const names = ['a', 'b', 'c', 'a-renewed'] as const;
const parties = names.map((name) =>
  partyOf({ certificate: name, chain: 'clients', key: name === 'a-renewed' ? 'a2' : name }),
);

/** Four phones that have said nothing. */
export const createPhones = (agreement: KeyAgreement): Phones => ({
  agreement,
  phones: parties.map((own) => ({
    own,
    memory: createReplayMemory(callTime - 3_600_000),
    underWay: new Map(),
    dialogs: new Map(),
  })),
  headers: new Map(),
  offers: new Map(),
  answers: new Map(),
  agreed: new Map(),
});

export const phoneOf = ({ phones }: Phones, phone: Phone): RealPhone => {
  const found = phones[phone];
  if (found === undefined) throw new RangeError(`no phone ${phone}`);
  return found;
};

/** The text of a number, which the phones of that number have in their certificates. */
export const textOfNumber = (number: number): LocalParty['number'] => {
  const party = parties[number];
  if (party === undefined) throw new RangeError(`no number ${number}`);
  return party.number;
};

/** What a phone must show of two certificates: SHA-1 of the key's bits, 16 bytes in groups (I-10), by Node's own reading. */
const shown = (phone: Phone): string => {
  const der = parties[phone]?.certificate.der ?? new Uint8Array();
  const bits = new X509Certificate(der).publicKey.export({ type: 'pkcs1', format: 'der' });
  const hex = createHash('sha1').update(bits).digest('hex').slice(0, 32);
  return (hex.match(/.{4}/g) ?? []).join(' ');
};
const displays = ([0, 1, 2, 3] as const).map(shown);

export const displayOf = (own: Phone, peer: Phone): DisplayedIdentifiers => ({
  local: displays[own] ?? '',
  peer: displays[peer] ?? '',
});

const sessions = (['sendrecv', 'sendonly'] as const).map((direction) => sessionOf(direction));
const media = sessions.map((text) => parseMedia(text));

const mediaOf = (number: number) => media[number] ?? parseMedia('');

export const callIdOf = (call: number): string => `call-${call}@192.0.2.1`;

/** Fresh values of a message, which its number alone determines. */
export const freshValues = (message: number, time: number, described: number) => ({
  exponent: smallRandom(message + 1).octets(40),
  nonce: smallRandom(message + 100_001).octets(32),
  time,
  media: must(mediaOf(described)).text,
});

const bytesOfHeader = (headers: HeaderList | undefined, name: string): Uint8Array =>
  must(fromBase64(headers?.find(([each]) => each === name)?.[1] ?? ''));

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) ?? 0) ^ 1);

const nonceAt = 12;
const signatureEnd = 258;

const info2 = ({ headers }: Phones, { signature, tag }: Pick<Arriving, 'signature' | 'tag'>) => {
  const whole = bytesOfHeader(headers.get(signature.of), 'X-CSL-Info2');
  const signed = signature.altered ? flipped(whole, nonceAt) : whole;
  const other = bytesOfHeader(headers.get(tag.of), 'X-CSL-Info2').subarray(signatureEnd);
  const replaced =
    tag.of === signature.of ? signed : concat(signed.subarray(0, signatureEnd), other);
  return tag.altered ? flipped(replaced, -1) : replaced;
};

/** The headers of an ACK as they arrive. */
export const arrivingAck = (phones: Phones, tag: Arriving['tag']): HeaderList => {
  const signature = { of: tag.of, altered: false };
  return [['X-CSL-Info2', toBase64(info2(phones, { signature, tag }))]];
};

/** An INVITE or 200 as it arrives. */
export const arrivingBytes = (phones: Phones, arriving: Arriving): ReceivedMessage => {
  const { own } = phoneOf(phones, arriving.certificate);
  const first = bytesOfHeader(phones.headers.get(arriving.info1.of), 'X-CSL-Info1');
  return {
    headers: [
      ['X-CSL-From', toBase64(own.certificate.der)],
      ['X-CSL-From-Chain', toBase64(own.authority.der)],
      ['X-CSL-Info1', toBase64(arriving.info1.altered ? flipped(first, nonceAt) : first)],
      ['X-CSL-Info2', toBase64(info2(phones, arriving))],
    ],
    callId: callIdOf(arriving.call),
    fromUser: textOfNumber(arriving.from),
    toUser: textOfNumber(arriving.to),
    media: mediaOf(arriving.media),
  };
};

/** What a phone knows when a message arrives. */
export const contextAt = (
  phones: Phones,
  { now, elapsed }: World,
  receiver: Phone,
  known: Known,
): OfferContext => {
  const { own, memory, underWay } = phoneOf(phones, receiver);
  return {
    own,
    clientAuthorities: [certificateNamed('clients')],
    now,
    elapsed,
    replayMemory: memory,
    underWay: [...underWay.values()],
    revocation: known,
  };
};

/** The masters of both directions, as text. */
export const keyTexts = ({ keys }: AgreedKeys): readonly string[] =>
  [keys.callerToCallee, keys.calleeToCaller].map(({ masterKey, masterSalt }) =>
    toHex(concat(masterKey, masterSalt)),
  );

import * as fc from 'fast-check';
import { fromBase64, toBase64 } from '../../reference/core/bytes.ts';
import type { Revocation } from '../../reference/core/csl/checks.ts';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import { certificateDer } from '../../reference/core/csl/testing/vector-support.ts';
import { parseMedia, type Direction } from '../../reference/core/sdp/media.ts';
import {
  callTime,
  certificateNames,
  callWorld,
  sessionOf,
  type RecordedCall,
} from './csl-calls.ts';

/** The messages of an exchange in their order. */
export type Step = 0 | 1 | 2;

/** One interference with one message: what, where, with what. */
export interface Edit {
  readonly step: Step;
  readonly kind: number;
  readonly at: number;
  readonly value: number;
}

/** A call of the world and what is done to its messages on their way. */
export interface ConversationCase {
  readonly call: number;
  readonly edits: readonly Edit[];
}

/** One message as it is handed over, with everything that the receiver knows beside it. */
export interface Delivery {
  headers: HeaderList;
  callId: string;
  fromUser: string;
  toUser: string;
  sdp: string;
  /** Which user it is handed to, where another than it was meant for. */
  receiver: number | null;
  now: number;
  revocation: Revocation;
  /** Whether the receiver has seen the same before. */
  repeated: boolean;
}

/** The message of a step as its sender made it. */
export const honest = (call: RecordedCall, step: Step): Delivery => {
  const { callId, fromUser, toUser } = call.invite;
  return {
    headers: step === 0 ? call.invite.headers : step === 1 ? call.answer.headers : call.ack,
    callId,
    fromUser,
    toUser,
    sdp: sessionOf('sendrecv'),
    receiver: null,
    now: callTime,
    revocation: 'good',
    repeated: false,
  };
};

type Change = (delivery: Delivery, at: number, value: number, step: Step) => void;

const names = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'];

const other = (value: number, step: Step): Delivery => {
  const { calls } = callWorld();
  const call = calls[value % calls.length];
  if (call === undefined) throw new RangeError('no calls');
  return honest(call, step);
};

const replaced = (headers: HeaderList, index: number, value: string): HeaderList =>
  headers.map(([name, each], place) => [name, place === index ? value : each]);

const pick = (headers: HeaderList, at: number): number => at % Math.max(1, headers.length);

/** Changes the octets of one value. */
const withOctets = (
  delivery: Delivery,
  index: number,
  change: (bytes: Uint8Array) => Uint8Array,
): void => {
  const decoded = fromBase64(delivery.headers[index]?.[1] ?? '');
  if (decoded.ok)
    delivery.headers = replaced(delivery.headers, index, toBase64(change(decoded.value)));
};

const indexOf = (headers: HeaderList, name: string): number =>
  headers.findIndex((header) => header[0] === name);

const flipped =
  (at: number, bit: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << (bit & 7)) : byte));

const publicValues = [0, 1, 2, 3, 5, 0xff];

/** A public value of few significant bits, or all ones, which is above the prime. */
const withPublicValue =
  (value: number) =>
  (bytes: Uint8Array): Uint8Array => {
    const changed = bytes.slice();
    const octet = publicValues[value % publicValues.length] ?? 0;
    changed.fill(octet === 0xff ? 0xff : 0, 42);
    changed[297] = octet;
    return changed;
  };

const directions: readonly Direction[] = ['sendonly', 'recvonly', 'inactive', 'sendrecv'];
const shifts = [300_000, -300_000, 300_001, -300_001, 0, 86_400_000];
const users = ['+33612345678', '+33687654321', '%2B33612345678', '', '+336123456780', 'anonymous'];

/** Interferences with what is authenticated, or with the list of headers. */
const changes: readonly Change[] = [
  (delivery, at) =>
    void (delivery.headers = delivery.headers.toSpliced(pick(delivery.headers, at), 1)),
  (delivery, at, value) => {
    const header = delivery.headers[pick(delivery.headers, at)];
    if (header) delivery.headers = delivery.headers.toSpliced(value % 5, 0, header);
  },
  (delivery, at, value) => {
    const name = value % 3 === 0 ? 'X-CSL-Info3' : (names[value % 4] ?? '');
    delivery.headers = delivery.headers.toSpliced(at % 5, 0, [name, 'AAAA']);
  },
  (delivery, at, value) => {
    const { headers } = delivery;
    const [one, two] = [pick(headers, at), pick(headers, value)];
    const [first, second] = [headers[one]?.[1] ?? '', headers[two]?.[1] ?? ''];
    delivery.headers = replaced(replaced(headers, one, second), two, first);
  },
  (delivery, at, value, step) => {
    const name = names[at % 4] ?? '';
    const from = other(value, step).headers;
    const taken = from[indexOf(from, name)]?.[1];
    if (taken !== undefined)
      delivery.headers = replaced(delivery.headers, indexOf(delivery.headers, name), taken);
  },
  (delivery, at, value, step) => {
    const from = other(value, ((step + 1 + (at % 2)) % 3) as Step);
    delivery.headers = from.headers;
  },
  (delivery, _at, value, step) => void (delivery.headers = other(value, step).headers),
  (delivery, _at, value, step) => {
    const { headers, callId, fromUser, toUser } = other(value, step);
    Object.assign(delivery, { headers, callId, fromUser, toUser });
  },
  (delivery, at, value) =>
    withOctets(delivery, pick(delivery.headers, value >> 3), flipped(at, value)),
  (delivery, at, value) =>
    withOctets(delivery, indexOf(delivery.headers, 'X-CSL-Info1'), flipped(at % 42, value)),
  (delivery, at, value) =>
    withOctets(delivery, indexOf(delivery.headers, 'X-CSL-Info2'), flipped(at, value)),
  (delivery, at, value) =>
    withOctets(delivery, indexOf(delivery.headers, 'X-CSL-Info2'), flipped(at % 2, value)),
  (delivery, _at, value) =>
    withOctets(delivery, indexOf(delivery.headers, 'X-CSL-Info1'), withPublicValue(value)),
  (delivery, at, value) =>
    withOctets(delivery, pick(delivery.headers, at), (bytes) =>
      value % 2 === 0 ? bytes.slice(0, -1 - (value % 7)) : new Uint8Array([...bytes, value]),
    ),
  ...Array.from({ length: 3 }, (): Change => (delivery, _at, value) => {
    const name = certificateNames[value % certificateNames.length] ?? 'a';
    const index = indexOf(delivery.headers, 'X-CSL-From');
    delivery.headers = replaced(delivery.headers, index, toBase64(certificateDer(name)));
  }),
  (delivery, _at, value) => {
    const name = certificateNames[value % certificateNames.length] ?? 'a';
    const index = indexOf(delivery.headers, 'X-CSL-From-Chain');
    delivery.headers = replaced(delivery.headers, index, toBase64(certificateDer(name)));
  },
  (delivery, at, value) => {
    const index = pick(delivery.headers, at);
    const text = delivery.headers[index]?.[1] ?? '';
    const put = ['=', ',', '\r\n ', ' ', '-'][value % 5] ?? '';
    const place = value % (text.length + 1);
    const changed = text.slice(0, place) + put + text.slice(place);
    delivery.headers = replaced(delivery.headers, index, changed);
  },
  (delivery, _at, value, step) => void (delivery.callId = other(value, step).callId),
  (delivery, _at, value) => void (delivery.fromUser = users[value % users.length] ?? ''),
  (delivery, _at, value) => void (delivery.toUser = users[value % users.length] ?? ''),
  (delivery, _at, value) =>
    void (delivery.sdp = sessionOf(directions[value % directions.length] ?? 'inactive')),
  (delivery) => void (delivery.sdp = sessionOf('sendrecv').replace('SPEEX/8000', 'SPEEX/16000')),
  (delivery, at) => void (delivery.receiver = at % 3),
  (delivery, _at, value) => void (delivery.now += shifts[value % shifts.length] ?? 0),
  (delivery, _at, value) =>
    void (delivery.revocation = value % 2 === 0 ? 'revoked' : 'unavailable'),
  (delivery) => void (delivery.repeated = true),
  // What nothing authenticates: other addresses, order, case, blanks and neighbours.
  (delivery, at, value) => void (delivery.sdp = sessionOf('sendrecv', 1 + (at % 60_000), value)),
  (delivery) => void (delivery.headers = delivery.headers.toReversed()),
  (delivery, at) => {
    const index = pick(delivery.headers, at);
    delivery.headers = delivery.headers.map(([name, value], place) =>
      place === index ? [name.toLowerCase(), ` ${value}\t`] : [name, value],
    );
  },
  (delivery) => void (delivery.headers = [['Via', 'a, b'], ...delivery.headers]),
];

/** Applies the edits of one step. */
export const deliveryOf = (call: RecordedCall, step: Step, edits: readonly Edit[]): Delivery => {
  const delivery = honest(call, step);
  for (const edit of edits)
    if (edit.step === step)
      changes[edit.kind % changes.length]?.(delivery, edit.at, edit.value, step);
  return delivery;
};

/** The media description of a delivery as its receiver reads it. */
export const mediaOf = ({ sdp }: Delivery): ReturnType<typeof parseMedia> => parseMedia(sdp);

/** Conversations with up to three interferences; an INVITE is interfered with most, since most is checked there. */
export const conversationCases: fc.Arbitrary<ConversationCase> = fc.record({
  call: fc.nat({ max: 5 }),
  edits: fc.array(
    fc.record({
      step: fc.constantFrom<Step>(0, 0, 1, 1, 2),
      kind: fc.nat({ max: changes.length - 1 }),
      at: fc.nat({ max: 0xffff }),
      value: fc.nat({ max: 0xffff }),
    }),
    { maxLength: 3 },
  ),
});

import { concat, toBase64 } from '../../bytes.ts';
import { group14Prime } from '../../primitives/dh.ts';
import type { AnswerContext } from '../answer.ts';
import { encodeInfo2 } from '../info.ts';
import { confirmationTag } from '../key-schedule.ts';
import {
  filled,
  flipped,
  longer,
  now,
  offerTo,
  pendingOffer,
  resigned,
  sessionText,
  shorter,
  start,
  withByte,
  withValue,
  type Change,
} from './exchange-support.ts';
import type { HeaderList } from '../headers.ts';
import type { OfferContext, PendingOffer } from '../offer.ts';
import type { CslRefusal } from '../refusal.ts';
import { createReplayMemory, type Clocks, type ReplayMemory } from '../replay-memory.ts';
import { certificateDer, certificateNamed, partyOf } from './vector-support.ts';

const fromName = 'X-CSL-From';
const info2Name = 'X-CSL-Info2';

/** A message with one fault, and the reason for which it is refused. */
export interface Altered<Context> {
  readonly what: string;
  readonly code: CslRefusal;
  readonly change?: Change;
  readonly context?: Partial<Context>;
  /** Not to be combined with another fault, which would undo this one. */
  readonly alone?: true;
  /** Of a 200: the caller's side when it is not that of {@link pendingOffer}. */
  readonly pending?: () => PendingOffer;
}

/** Offers that a memory was given, and the moment its process began: what a memory is made of again. */
export interface MemoryInput {
  readonly start: number;
  readonly remembered: readonly {
    readonly certificate: string;
    readonly nonce: Uint8Array;
    readonly time: number;
    /** The receiver's clocks at that moment. */
    readonly at: Clocks;
  }[];
}

const inputs = new WeakMap<ReplayMemory, MemoryInput>();

/** A memory that has been given these offers. */
export const memoryOf = (input: MemoryInput): ReplayMemory => {
  const memory = createReplayMemory(input.start);
  for (const { certificate, nonce, time, at } of input.remembered)
    memory.remember({ certificate: certificateDer(certificate), nonce, time }, at);
  inputs.set(memory, input);
  return memory;
};

/** What {@link memoryOf} made a memory of. */
export const memoryInputOf = (memory: ReplayMemory): MemoryInput =>
  inputs.get(memory) ?? { start, remembered: [] };

/** An offer of `a` that the memory was given when it was `elapsed`. */
const remembered = (
  nonce: Uint8Array,
  time: number,
  elapsed = 0,
): MemoryInput['remembered'][0] => ({
  certificate: 'a',
  nonce,
  time,
  at: { now, elapsed },
});

/** A public value made from the prime. */
export const publicValueFrom = (integer: (prime: bigint) => bigint): Uint8Array => {
  const prime = BigInt(`0x${Buffer.from(group14Prime).toString('hex')}`);
  const hex = integer(prime).toString(16).padStart(512, '0');
  return new Uint8Array(Buffer.from(hex, 'hex'));
};

/** Faults of an INVITE and of a 200 alike. */
export const bothKinds: readonly Altered<OfferContext & AnswerContext>[] = [
  ...['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'].flatMap(
    (name): Altered<OfferContext & AnswerContext>[] => [
      {
        what: `${name} absent`,
        code: 'headers-absent',
        change: { headers: (headers) => headers.filter(([each]) => each !== name) },
      },
      {
        what: `${name} twice, in another case`,
        code: 'headers-repeated',
        change: {
          headers: (headers) => [
            ...headers,
            [name.toLowerCase(), headers.find(([each]) => each === name)?.[1] ?? ''],
          ],
        },
      },
      {
        what: `${name} folded`,
        code: 'headers-folded',
        change: { headers: withValue(name, (text) => `${text.slice(0, 8)}\r\n ${text.slice(8)}`) },
      },
      {
        what: `${name} with a second value behind a comma`,
        code: 'headers-joined',
        change: { headers: withValue(name, (text) => `${text},${text}`) },
      },
      {
        what: `${name} with a blank inside`,
        code: 'base64',
        change: { headers: withValue(name, (text) => `${text.slice(0, 8)} ${text.slice(8)}`) },
      },
    ],
  ),
  {
    what: 'a further X-CSL header',
    code: 'headers-unknown',
    change: { headers: (headers) => [...headers, ['x-csl-info3', 'AQ==']] },
  },
  {
    what: 'base64 without padding',
    code: 'base64',
    change: { headers: withValue('X-CSL-Info1', (text) => text.replace(/=+$/, '')) },
  },
  {
    what: 'base64 with unused bits set',
    code: 'base64',
    change: {
      headers: withValue('X-CSL-Info1', (text) => text.replace(/.==$/, 'B==')),
    },
  },
  {
    what: 'a value of 4097 bytes',
    code: 'value-length',
    change: { headers: withValue(fromName, () => toBase64(new Uint8Array(4097))) },
  },
  { what: 'Info1 of 299 bytes', code: 'info1-length', change: { info1: longer } },
  { what: 'Info1 of 297 bytes', code: 'info1-length', change: { info1: shorter } },
  { what: 'Info1 of version 2', code: 'info1-version', change: { info1: withByte(0, 2) } },
  { what: 'group 2', code: 'group', change: { info1: withByte(1, 2) } },
  { what: 'Info2 one byte longer', code: 'info2-length', change: { info2: longer } },
  { what: 'Info2 one byte shorter', code: 'info2-length', change: { info2: shorter } },
  {
    what: 'an empty Info2',
    code: 'info2-length',
    change: { headers: withValue(info2Name, () => '') },
  },
  { what: 'Info2 of version 0', code: 'info2-version', change: { info2: withByte(0, 0) } },
  { what: 'parts that promise a tag only', code: 'info2-parts', change: { info2: withByte(1, 2) } },
  { what: 'no session description', code: 'media', change: { sdp: '' } },
  { what: 'RTP in clear', code: 'media', change: { sdp: sessionText.replace('SAVP', 'AVP') } },
  { what: '5 minutes and 1 ms early', code: 'time', change: { time: now - 300_001 } },
  { what: '5 minutes and 1 ms late', code: 'time', change: { time: now + 300_001 } },
  { what: 'the end of time', code: 'time', change: { info1: withByte(2, 0xff) } },
  ...(
    [
      ['0', () => 0n],
      ['1', () => 1n],
      ['p-1', (prime) => prime - 1n],
      ['p', (prime) => prime],
      ['p+1', (prime) => prime + 1n],
      ['2^2048-1', () => 2n ** 2048n - 1n],
    ] satisfies readonly (readonly [string, (prime: bigint) => bigint])[]
  ).map(([what, integer]): Altered<OfferContext & AnswerContext> => ({
    what: `public value ${what}`,
    code: 'public-value-range',
    change: { publicValue: publicValueFrom(integer) },
  })),
  {
    what: 'public value p-2, no quadratic residue',
    code: 'public-value-residue',
    change: { publicValue: publicValueFrom((prime) => prime - 2n) },
  },
  {
    what: 'a nonce of an own exchange under way',
    code: 'reflection',
    context: { underWay: [{ publicValue: filled(256, 9), nonce: filled(32, 5) }] },
    change: { nonce: filled(32, 5) },
  },
  {
    what: 'a public value of an own exchange under way',
    code: 'reflection',
    context: { underWay: [{ publicValue: publicValueFrom(() => 4n), nonce: filled(32, 9) }] },
    change: { publicValue: publicValueFrom(() => 4n) },
  },
  {
    what: 'the same authority reissued but not stored',
    code: 'from-chain',
    change: { chain: 'clients-reissued' },
  },
  { what: 'the root as From-Chain', code: 'from-chain', change: { chain: 'root' } },
  { what: 'the server authority as From-Chain', code: 'from-chain', change: { chain: 'servers' } },
  {
    what: 'bytes that are no certificate',
    code: 'certificate-form',
    change: { der: new Uint8Array([0x30, 0]) },
  },
  {
    what: 'a byte behind the certificate',
    code: 'certificate-form',
    change: { der: longer(certificateDer('c')), fromUser: '+33611111111' },
  },
  { what: 'a revoked certificate', code: 'revoked', context: { revocation: 'revoked' } },
  {
    what: 'no answer about revocation',
    code: 'revocation-unavailable',
    context: { revocation: 'unavailable' },
  },
  {
    what: 'nobody asked about revocation',
    code: 'revocation-unavailable',
    context: { revocation: 'not-consulted' },
  },
  {
    what: 'an authority stored that did not issue the certificate',
    code: 'issuer',
    change: { chain: 'clients-next' },
    context: { clientAuthorities: ['clients', 'clients-next'].map(certificateNamed) },
  },
  {
    what: 'a signature with one bit flipped',
    code: 'signature',
    change: { signature: flipped(255) },
  },
  {
    what: 'a signature not below the modulus',
    code: 'signature',
    change: { signature: (bytes) => bytes.map(() => 0xff) },
  },
  {
    what: 'a direction other than the one signed',
    code: 'signature',
    change: { sdp: sessionText.replace('sendrecv', 'recvonly') },
  },
  {
    what: 'another time than the one signed',
    code: 'signature',
    change: {
      headers: withValue('X-CSL-Info1', (text) =>
        toBase64(flipped(9)(new Uint8Array(Buffer.from(text, 'base64')))),
      ),
    },
  },
];

const certificates = (
  names: readonly string[],
  code: CslRefusal,
): readonly Altered<OfferContext>[] =>
  names.map((certificate) => ({ what: certificate, code, change: { certificate } }));

/** The past of a dialog. */
export const history = (peer: string, own: string) => ({
  answerHash: filled(32, 6),
  ownCertificate: certificateDer(own),
  peerCertificate: certificateDer(peer),
});

/** Faults of an INVITE. */
export const offersOnly: readonly Altered<OfferContext>[] = [
  {
    what: 'the same offer again',
    code: 'replay',
    alone: true,
    context: { replayMemory: memoryOf({ start, remembered: [remembered(filled(32, 3), now)] }) },
  },
  {
    what: 'an offer from before the process began',
    code: 'replay',
    context: { replayMemory: memoryOf({ start: now + 1, remembered: [] }) },
  },
  { what: 'its own certificate', code: 'reflection', change: { certificate: 'b' } },
  {
    what: 'its own key in another certificate',
    code: 'reflection',
    change: { certificate: 'b-ski-wrong' },
  },
  {
    what: 'its own CommonName over another key',
    code: 'reflection',
    change: { certificate: 'b-renewed' },
  },
  ...certificates(['a-authority', 'a-server-use', 'clients'], 'certificate-form'),
  ...certificates(['a-3072', 'a-e3', 'a-ec'], 'key'),
  ...certificates(
    [
      'a-cn-noplus',
      'a-cn-percent',
      'a-cn-space',
      'a-cn-zero',
      'a-cn-long',
      'a-cn-unicode',
      'a-cn-two',
      'a-cn-none',
    ],
    'common-name',
  ),
  ...certificates(
    ['a-ski-wrong', 'a-ski-none', 'a-ski-spki', 'a-ski-tail', 'a-ski-sixteen'],
    'key-identifier',
  ),
  { what: 'From of another number', code: 'identity', change: { fromUser: '+33611111111' } },
  { what: 'From escaped', code: 'identity', change: { fromUser: '%2B33612345678' } },
  {
    what: 'To of another number',
    code: 'identity',
    change: { toUser: '+33611111111' },
    alone: true,
  },
  { what: 'To escaped', code: 'identity', change: { toUser: '%2B33687654321' }, alone: true },
  {
    what: "another subscriber's certificate under the same From",
    code: 'identity',
    change: { certificate: 'c' },
  },
  {
    what: 'a renewed certificate of the caller in a re-INVITE',
    code: 'dialog-certificate',
    change: { certificate: 'a-renewed', previousAnswerHash: filled(32, 6) },
    context: { previous: history('a', 'b') },
  },
  {
    what: 'a renewed own certificate in a re-INVITE',
    code: 'dialog-certificate',
    change: { previousAnswerHash: filled(32, 6) },
    context: { previous: history('a', 'b-renewed') },
  },
  ...certificates(['a-by-servers', 'a-by-root', 'a-by-rogue', 'a-self-signed'], 'issuer'),
  ...certificates(['a-expired', 'a-future'], 'validity'),
  {
    what: 'a signature whose block has shorter padding and a byte behind the digest',
    alone: true,
    code: 'signature',
    change: {
      signature: resigned('a', (block) =>
        concat(block.slice(0, 2), block.slice(3), new Uint8Array(1)),
      ),
    },
  },
  {
    what: 'a signature whose DigestInfo lacks its parameters',
    alone: true,
    code: 'signature',
    change: {
      signature: resigned('a', (block) =>
        concat(
          block.slice(0, 2),
          new Uint8Array([0xff, 0xff]),
          block.slice(2, 205),
          new Uint8Array([0x30, 0x2f, 0x30, 0x0b]),
          block.slice(209, 220),
          block.slice(222),
        ),
      ),
    },
  },
  {
    what: 'an offer made for another callee',
    code: 'signature',
    alone: true,
    change: { toUser: '+33611111111' },
    context: { own: partyOf({ certificate: 'c', chain: 'clients', key: 'c' }) },
  },
  {
    what: 'a first offer taken for a re-INVITE',
    code: 'signature',
    alone: true,
    context: { previous: history('a', 'b') },
  },
  {
    what: 'a re-INVITE taken for a first offer',
    code: 'signature',
    change: { previousAnswerHash: filled(32, 6) },
  },
  {
    what: 'an offer not after one that has been forgotten',
    code: 'replay',
    context: {
      replayMemory: memoryOf({ start, remembered: [remembered(filled(32, 8), now, -300_001)] }),
    },
  },
  {
    what: 'a memory that holds 64 offers of the certificate',
    code: 'memory-full',
    // Offers of other certificates have room.
    alone: true,
    context: {
      replayMemory: memoryOf({
        start,
        remembered: Array.from({ length: 64 }, (_, index) =>
          remembered(filled(32, 64 + index), now),
        ),
      }),
    },
  },
];

/** Faults of a 200. */
export const answersOnly: readonly Altered<AnswerContext>[] = [
  { what: "the caller's certificate", code: 'reflection', change: { certificate: 'a' } },
  {
    what: "the caller's key in another certificate",
    code: 'reflection',
    change: { certificate: 'a-ski-wrong' },
  },
  {
    what: "the caller's nonce",
    code: 'reflection',
    change: { nonce: filled(32, 3) },
  },
  {
    what: "the caller's public value",
    code: 'reflection',
    change: { publicValue: pendingOffer().publicValue },
  },
  { what: 'a subscriber that was not dialled', code: 'identity', change: { certificate: 'c' } },
  {
    what: 'a wrong key identifier',
    code: 'key-identifier',
    change: { certificate: 'b-ski-wrong' },
  },
  ...[
    ...certificates(['a-authority', 'a-server-use'], 'certificate-form'),
    ...certificates(['a-3072', 'a-e3', 'a-ec'], 'key'),
    ...certificates(['a-cn-noplus', 'a-cn-percent', 'a-cn-none'], 'common-name'),
    ...certificates(['a-ski-none', 'a-ski-spki', 'a-ski-sixteen'], 'key-identifier'),
    ...certificates(['a-by-servers', 'a-by-rogue', 'a-self-signed'], 'issuer'),
    ...certificates(['a-expired', 'a-future'], 'validity'),
  ].map(({ what, code, change }) => ({
    what: `${what} of the callee`,
    code,
    ...(change && { change }),
    pending: () => offerTo('a', 'c'),
  })),
  {
    what: 'a renewed certificate of the callee in the 200 to a re-INVITE',
    code: 'dialog-certificate',
    change: { certificate: 'b-renewed' },
    pending: () => pendingOffer(history('b', 'a')),
  },
  {
    what: 'an own certificate renewed since the first exchange',
    code: 'dialog-certificate',
    pending: () => pendingOffer(history('b', 'a-renewed')),
  },
  {
    what: 'a second 200, when the first has decided',
    code: 'exchange-over',
    pending: () => ({ ...pendingOffer(), exponent: new Uint8Array(40) }),
  },
  { what: 'a tag with one bit flipped', code: 'tag', change: { tag: flipped(31) } },
  { what: 'a tag of zeros', code: 'tag', change: { tag: (tag) => tag.map(() => 0) } },
];

/** The side of a callee after its 200 in the cases of an ACK. */
export const confirmationPending = () => ({
  answerHash: filled(32, 20),
  callerConfirmation: filled(32, 21),
});

const info2 = encodeInfo2(
  'confirmation',
  confirmationTag(filled(32, 21), confirmationPending().answerHash),
);

const ack = (bytes: Uint8Array): HeaderList => [[info2Name, toBase64(bytes)]];

/** Headers of an ACK that is accepted. */
export const goodAck = ack(info2);

/** Faults of an ACK. */
export const confirmationsOnly: readonly {
  readonly what: string;
  readonly code: CslRefusal;
  readonly headers: HeaderList;
  /** The first ACK has been decided on. */
  readonly isOver?: true;
}[] = [
  { what: 'no X-CSL-Info2', code: 'headers-absent', headers: [['X-Other', toBase64(info2)]] },
  { what: 'X-CSL-Info2 twice', code: 'headers-repeated', headers: [...goodAck, ...goodAck] },
  {
    what: 'a further X-CSL header',
    code: 'headers-unknown',
    headers: [...goodAck, ['X-CSL-Info1', 'AQ==']],
  },
  {
    what: 'X-CSL-Info2 folded',
    code: 'headers-folded',
    headers: [[info2Name, `\r\n ${toBase64(info2)}`]],
  },
  {
    what: 'X-CSL-Info2 with a comma',
    code: 'headers-joined',
    headers: [[info2Name, `${toBase64(info2)},`]],
  },
  {
    what: 'base64 without padding',
    code: 'base64',
    headers: [[info2Name, toBase64(info2).replace('==', '')]],
  },
  {
    what: 'base64 with unused bits set',
    code: 'base64',
    headers: [[info2Name, toBase64(info2).replace(/.==$/, 'B==')]],
  },
  { what: 'a value of 4097 bytes', code: 'value-length', headers: ack(new Uint8Array(4097)) },
  { what: 'Info2 one byte longer', code: 'info2-length', headers: ack(longer(info2)) },
  { what: 'Info2 one byte shorter', code: 'info2-length', headers: ack(shorter(info2)) },
  { what: 'Info2 of version 2', code: 'info2-version', headers: ack(withByte(0, 2)(info2)) },
  { what: 'parts of a 200', code: 'info2-parts', headers: ack(withByte(1, 3)(info2)) },
  { what: 'a tag with its first bit flipped', code: 'tag', headers: ack(flipped(2)(info2)) },
  { what: 'a tag with its last bit flipped', code: 'tag', headers: ack(flipped(33)(info2)) },
  {
    what: 'a second ACK, when the first has decided',
    code: 'exchange-over',
    headers: goodAck,
    isOver: true,
  },
];

/** The codes of INVITE and 200 in the order of their checks (interpretations I-2), an ACK's being among them. */
export const checkOrder: readonly string[] =
  'headers-absent headers-repeated headers-unknown headers-folded headers-joined base64 value-length info1-length info1-version group info2-length info2-version info2-parts media time replay public-value-range public-value-residue reflection from-chain certificate-form key common-name key-identifier identity dialog-certificate issuer validity signature memory-full revoked revocation-unavailable tag'.split(
    ' ',
  );

const parts = (fault: object = {}): readonly string[] =>
  Object.keys(fault).map((key) => (key === 'der' ? 'certificate' : key));

const independent = (left?: object, right?: object): boolean =>
  parts(left).every((key) => !parts(right).includes(key));

/** Every two faults of an INVITE that can be combined, the one that is named first. */
export const offerPairs = (): readonly (readonly [
  Altered<OfferContext>,
  Altered<OfferContext>,
])[] => {
  const all: readonly Altered<OfferContext>[] = [...bothKinds, ...offersOnly].filter(
    ({ change, alone }) => !alone && !change?.headers,
  );
  const isBefore = (first: CslRefusal, second: CslRefusal): boolean =>
    checkOrder.indexOf(first) < checkOrder.indexOf(second);
  return all.flatMap((first) =>
    all
      .filter(
        (second) =>
          isBefore(first.code, second.code) &&
          independent(first.change, second.change) &&
          independent(first.context, second.context),
      )
      .map((second) => [first, second] as const),
  );
};

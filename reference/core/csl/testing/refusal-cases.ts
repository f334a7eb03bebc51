import { concat } from '../../bytes.ts';
import type { AnswerContext } from '../answer.ts';
import type { OfferContext } from '../offer.ts';
import type { CslRefusal } from '../refusal.ts';
import type { Altered } from './altered.ts';
import {
  filled,
  flipped,
  now,
  offerTo,
  pendingOffer,
  resigned,
  start,
} from './exchange-support.ts';
import { memoryOf, remembered } from './memory-input.ts';
import { certificateDer, partyOf } from './vector-support.ts';

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

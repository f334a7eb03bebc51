import { toBase64 } from '../../bytes.ts';
import type { HeaderList } from '../headers.ts';
import { encodeInfo2 } from '../info.ts';
import { confirmationTag } from '../key-schedule.ts';
import type { CslRefusal } from '../refusal.ts';
import { filled, flipped, longer, shorter, withByte } from './exchange-support.ts';

const info2Name = 'X-CSL-Info2';

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

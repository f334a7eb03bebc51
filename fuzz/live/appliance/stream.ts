import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { createFramer, PING } from '../../../reference/core/sip/message/framer.ts';
import { piecesOf } from '../../generators/mutations.ts';

const crlf = utf8('\r\n');

/** Ways to make a stream of a changed message, and of one that is right. */
const ways: readonly ((
  changed: Uint8Array,
  right: Uint8Array,
  at: number,
) => readonly Uint8Array[])[] = [
  (changed, _right, at) => piecesOf(changed, at),
  (changed, right, at) => piecesOf(concat(right, changed, right), at),
  (changed) => [changed, changed],
  (changed, right, at) => [concat(PING, crlf, changed), ...piecesOf(right, at)],
  (changed, right, at) => [changed.subarray(0, at % (changed.length + 1)), right],
  (changed, right, at) => [right.subarray(0, at % (right.length + 1)), changed],
  (changed) => [concat(changed, crlf, PING, PING)],
  (changed, right) => [concat(...Array.from({ length: 5 }, () => [changed, right]).flat())],
];

/** Pieces as they are sent, one after the other. */
export const streamOf = (
  changed: Uint8Array,
  right: Uint8Array,
  way: number,
  at: number,
): readonly Uint8Array[] => ways[way % ways.length]?.(changed, right, at) ?? [changed];

/** What a stream leaves its reader with: room for the next message, nothing readable any more, or a message under way. */
export type StreamEnd = 'between messages' | 'fault' | 'under way';

/** How a server that reads as RFC 3261 section 18.3 says stands after a stream, shown by a message sent behind. */
export const streamEnd = (pieces: readonly Uint8Array[], next: Uint8Array): StreamEnd => {
  const frames = createFramer({ side: 'server' }).push(concat(...pieces, next));
  const last = frames.at(-1);
  if (last?.kind === 'fault') return 'fault';
  return last?.kind === 'message' && Buffer.compare(last.bytes, next) === 0
    ? 'between messages'
    : 'under way';
};

import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import type { SeededRandom } from '../lab/link/seeded-random.ts';

const tokens = [
  '',
  '\0',
  '\r',
  '\n',
  '"',
  '<',
  '>',
  ';',
  ',',
  '%00',
  '%',
  ';tag=',
  '=',
  ':',
  '@',
  '[',
  '99999999999999999999',
  '-1',
  'sip:',
  '\u00ff',
  'A'.repeat(2_000),
  ';a'.repeat(200),
] as const;

const swapLines = (random: SeededRandom, head: string): string => {
  const lines = head.split('\r\n');
  const [one, other] = [random.below(lines.length), random.below(lines.length)];
  return lines
    .map((line, index) => (index === one ? lines[other] : index === other ? lines[one] : line))
    .join('\r\n');
};

const repeatLine = (random: SeededRandom, head: string): string => {
  const lines = head.split('\r\n');
  const at = random.below(lines.length);
  return [...lines.slice(0, at), lines[at] ?? '', ...lines.slice(at)].join('\r\n');
};

const mutate = (random: SeededRandom, head: string): string => {
  const at = random.below(head.length);
  const length = 1 + random.below(12);
  switch (random.below(5)) {
    case 0:
      return head.slice(0, at) + head.slice(at + length);
    case 1:
      return head.slice(0, at) + latin1(random.bytes(1)) + head.slice(at + 1);
    case 2:
      return head.slice(0, at) + (tokens[random.below(tokens.length)] ?? '') + head.slice(at);
    case 3:
      return swapLines(random, head);
    default:
      return repeatLine(random, head);
  }
};

/**
 * A request with one to three random changes before its empty line. Its Content-Length and body are left as they are more often
 * than not, lest most of what follows on the connection be taken for the rest of it.
 */
export const mutatedRequest = (random: SeededRandom, text: string): Uint8Array => {
  const end = text.indexOf('Content-Length');
  let head = text.slice(0, end);
  for (let count = 1 + random.below(3); count > 0; count -= 1) head = mutate(random, head);
  if (!head.endsWith('\r\n')) head += '\r\n';
  return fromLatin1(head + text.slice(end));
};

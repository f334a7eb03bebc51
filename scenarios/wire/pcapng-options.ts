import { ordered16, ordered32 } from './bytes-at.ts';
import { problemItem, type CaptureSink } from './capture-item.ts';

/** A block's bytes from the one behind its length field to the one before its trailing length. */
export interface BlockBody {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Where `from` lies in the file. */
  readonly offset: number;
  readonly little: boolean;
}

/** An option's value by its place in the body's bytes. */
export interface BlockOption {
  readonly code: number;
  readonly from: number;
  readonly length: number;
}

const END_OF_OPTIONS = 0;
const OPTION_COMMENT = 1;

const textDecoder = new TextDecoder();

/** UTF-8 text in a block; broken sequences become replacement characters. */
export const blockText = ({ bytes }: BlockBody, from: number, length: number): string =>
  textDecoder.decode(bytes.subarray(from, from + length));

/** 64 bits as a number, exact below 2^53. */
export const wide = ({ bytes, little }: BlockBody, at: number): number => {
  const [low, high] = little ? [at, at + 4] : [at + 4, at];
  return ordered32(bytes, high, little) * 2 ** 32 + ordered32(bytes, low, little);
};

/** A block's length with what fills it up to 32 bits. */
export const paddedLength = (length: number): number => length + ((4 - (length % 4)) % 4);

/**
 * The options of a block from `from` on (draft-ietf-opsawg-pcapng section 3.5). Comments go to the sink; a length that runs
 * over is a problem at its offset and ends the list.
 */
export const readOptions = (
  body: BlockBody,
  from: number,
  sink: CaptureSink,
): readonly BlockOption[] => {
  const { bytes, to, little } = body;
  const options: BlockOption[] = [];
  let at = from;
  while (at + 4 <= to) {
    const code = ordered16(bytes, at, little);
    const length = ordered16(bytes, at + 2, little);
    if (code === END_OF_OPTIONS) break;
    if (at + 4 + length > to) {
      sink.note(problemItem('option-length', body.offset + at - body.from));
      break;
    }
    if (code === OPTION_COMMENT)
      sink.note({ kind: 'comment', text: blockText(body, at + 4, length) });
    else options.push({ code, from: at + 4, length });
    at += 4 + paddedLength(length);
  }
  return options;
};

import { latin1 } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';

/** One line of a session description: its offset in the text, its text without the end, and the end as received. */
export interface SdpLine {
  readonly offset: number;
  readonly text: string;
  readonly end: '\r\n' | '\n' | '';
}

/** Longest description read, in characters. */
const maximumLength = 65_536;

/** Text of a description; bytes are read one character each, so that offsets are byte offsets. */
export const sdpText = (sdp: Uint8Array | string): string =>
  typeof sdp === 'string' ? sdp : latin1(sdp);

/** Splits a description into lines of `<type>=<value>` ended by CRLF or LF (RFC 8866 section 5); the last end may lack. */
export const splitLines = (
  text: string,
): Result<readonly SdpLine[], Fault<'sdp-empty' | 'sdp-length' | 'sdp-line'>> => {
  if (text === '') return fault('sdp-empty', 0);
  if (text.length > maximumLength) return fault('sdp-length', maximumLength);
  const lines: SdpLine[] = [];
  for (let offset = 0; offset < text.length;) {
    const feed = text.indexOf('\n', offset);
    const stop = feed < 0 ? text.length : feed + 1;
    const raw = text.slice(offset, stop);
    const end = raw.endsWith('\r\n') ? '\r\n' : raw.endsWith('\n') ? '\n' : '';
    const line = raw.slice(0, raw.length - end.length);
    // oxlint-disable-next-line no-control-regex -- NUL and CR are what must not hide inside a line
    if (!/^[a-z]=[^\0\r]*$/.test(line)) return fault('sdp-line', offset);
    lines.push({ offset, text: line, end });
    offset = stop;
  }
  return ok(lines);
};

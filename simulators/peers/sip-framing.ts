/** What a stream held: a message (its text, UTF-8), a keep-alive, or nothing that can be read any more. */
export type SipFrame =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'broken'; readonly reason: string };

/** Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 section 18.3). */
export interface SipFraming {
  push(chunk: Uint8Array): readonly SipFrame[];
}

/** Bytes of head and body together beyond which a peer gives up. */
const longest = 65_536;

const lengthIn = (head: string): number | null => {
  const value = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*$/im.exec(head)?.[1];
  return value === undefined ? null : Number(value);
};

/** Takes one frame off the front; null while it is incomplete. */
const takeFrame = (held: Buffer): readonly [SipFrame, rest: Buffer] | null => {
  if (held.length >= 2 && held.toString('latin1', 0, 2) === '\r\n')
    return [{ kind: 'keep-alive' }, held.subarray(2)];
  const end = held.indexOf('\r\n\r\n');
  const broken = (reason: string) => [{ kind: 'broken', reason }, Buffer.alloc(0)] as const;
  if (end < 0) return held.length > longest ? broken('a head without end') : null;
  const length = lengthIn(held.toString('latin1', 0, end));
  if (length === null) return broken('no Content-Length');
  const whole = end + 4 + length;
  if (whole > longest) return broken('a message too long');
  if (held.length < whole) return null;
  return [{ kind: 'message', text: held.toString('utf8', 0, whole) }, held.subarray(whole)];
};

/** Framing of one connection. Written apart from reference/core/sip, as everything here is; total and bounded. */
export const createSipFraming = (): SipFraming => {
  let held: Buffer = Buffer.alloc(0);
  let isBroken = false;
  return {
    push(chunk) {
      const frames: SipFrame[] = [];
      if (isBroken) return frames;
      held = Buffer.concat([held, chunk]);
      for (let next = takeFrame(held); next !== null; next = takeFrame(held)) {
        const [frame, rest] = next;
        frames.push(frame);
        held = rest;
        isBroken = frame.kind === 'broken';
        if (isBroken) break;
      }
      return frames;
    },
  };
};

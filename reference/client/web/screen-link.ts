import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { FRAME_SAMPLES } from '../audio/speex-codec.ts';
import { newSecret } from '../../pages/cookies.ts';
import { parseCommand } from './commands.ts';
import type { Handset } from './handset.ts';
import { screenOf, takenOver, type ScreenMessage } from './view.ts';

/** Bytes of the largest message that a screen may send: a command. */
export const largestMessage = 4_096;

/** Bytes of a frame of audio: 160 samples of 16 bits, least significant byte first. */
const frameBytes = 2 * FRAME_SAMPLES;

/** Bytes that may wait for a page that does not read before what is heard is left out: a fifth of a second. */
const unreadLimit = 10 * frameBytes;

/** The wire between a phone and the page that shows it: the newest page has screen, microphone and loudspeaker. */
export interface ScreenLink {
  readonly attach: (socket: WebSocket) => void;
  close(): void;
}

const samplesOf = (bytes: Buffer): Int16Array =>
  Int16Array.from({ length: FRAME_SAMPLES }, (_, index) => bytes.readInt16LE(2 * index));

const bytesOf = (samples: Int16Array): Buffer => {
  const bytes = Buffer.alloc(frameBytes);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, 2 * index);
  return bytes;
};

const receive = (handset: Handset, data: Buffer, isBinary: boolean): void => {
  if (isBinary) {
    if (data.length === frameBytes && handset.state().call.state === 'in-call')
      handset.speak(samplesOf(data));
    return;
  }
  const command = parseCommand(data.toString('utf8'));
  if (command.ok) void handset.act(command.value);
};

/** Links a handset to whichever page shows it. */
export const createScreenLink = (handset: Handset): ScreenLink => {
  const run = newSecret((length) => new Uint8Array(randomBytes(length)));
  let current: WebSocket | null = null;
  /** What the current page was told last; nothing before its first message. */
  let shown = '';
  const show = (): void => {
    const screen = screenOf(handset.state());
    const text = JSON.stringify(screen);
    if (current === null || text === shown) return;
    const message: ScreenMessage = { at: Date.now(), screen, ...(shown === '' ? { run } : {}) };
    shown = text;
    current.send(JSON.stringify(message));
  };
  const hear = (samples: Int16Array): void => {
    if (current !== null && current.bufferedAmount <= unreadLimit) current.send(bytesOf(samples));
  };
  handset.events.on('changed', show);
  handset.listen(hear);
  return {
    attach(socket) {
      current?.close(takenOver);
      current = socket;
      shown = '';
      // The reason of a broken connection is the 'close' that follows.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (current === socket) current = null;
      });
      socket.on('message', (data, isBinary) => {
        if (current === socket && Buffer.isBuffer(data)) receive(handset, data, isBinary);
      });
      show();
    },
    close() {
      handset.events.off('changed', show);
      handset.listen(null);
      current = null;
    },
  };
};

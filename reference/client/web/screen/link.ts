import type { Command } from '../commands.ts';
import { programEnded, takenOver, type ScreenMessage } from '../view.ts';

/** How the page stands with the phone's program; `closed`: it has ended, or another answers in its place. */
export type LinkState = 'opening' | 'open' | 'gone' | 'closed' | 'taken-over';

/** The page's side of the wire. Nothing is sent to whoever has not shown to be the program that the page began with. */
export interface Link {
  send(command: Command): void;
  /** Sends 160 samples. */
  sendFrame(frame: ArrayBuffer): void;
  /** Takes the phone back from another page. */
  reopen(): void;
}

export interface LinkEvents {
  readonly onState: (state: LinkState) => void;
  readonly onMessage: (message: ScreenMessage) => void;
  readonly onFrame: (frame: ArrayBuffer) => void;
}

/** Milliseconds before it is tried again. */
const pause = 1_000;

/** The first message of a connection; null where it is none. */
const firstMessage = (
  data: string | ArrayBuffer,
): (ScreenMessage & { readonly run: string }) | null => {
  try {
    const message = typeof data === 'string' ? JSON.parse(data) : null;
    return typeof message?.run === 'string' ? message : null;
  } catch {
    return null;
  }
};

/**
 * Connects, again and again until the phone's program ends, another answers in its place, or another page has taken the phone. A
 * port that is free again is anybody's: the first program tells the secret of its run, and no other is believed or told anything.
 */
export const openLink = ({ onState, onMessage, onFrame }: LinkEvents): Link => {
  const url = new URL('socket', location.href);
  url.protocol = 'ws:';
  let run: string | null = null;
  /** The connection whose other side is known. */
  let known: WebSocket | null = null;
  const open = (): void => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let isRefused = false;
    const recognise = (data: string | ArrayBuffer): void => {
      const message = firstMessage(data);
      if (message === null || (run !== null && message.run !== run)) {
        isRefused = true;
        socket.close();
        return onState('closed');
      }
      ({ run } = message);
      known = socket;
      onMessage(message);
      onState('open');
    };
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (isRefused) return;
      if (known !== socket) recognise(data);
      else if (typeof data === 'string') onMessage(JSON.parse(data) as ScreenMessage);
      else onFrame(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (known === socket) known = null;
      if (isRefused) return;
      if (code === takenOver) return onState('taken-over');
      if (code === programEnded) return onState('closed');
      onState('gone');
      setTimeout(open, pause);
    });
  };
  open();
  const send = (data: string | ArrayBuffer): void => {
    if (known?.readyState === WebSocket.OPEN) known.send(data);
  };
  return {
    send: (command) => send(JSON.stringify(command)),
    sendFrame: send,
    reopen: open,
  };
};

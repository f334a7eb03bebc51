import type { Command } from '../commands.ts';
import { takenOver, type ScreenMessage } from '../view.ts';

/** How the page stands with the phone's program. */
export type LinkState = 'opening' | 'open' | 'gone' | 'taken-over';

/** The page's side of the wire. */
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

/** Connects, again and again until another page has taken the phone. */
export const openLink = ({ onState, onMessage, onFrame }: LinkEvents): Link => {
  const url = new URL('socket', location.href);
  url.protocol = 'ws:';
  let socket: WebSocket;
  const open = (): void => {
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => onState('open'));
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') onMessage(JSON.parse(data) as ScreenMessage);
      else onFrame(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (code === takenOver) return onState('taken-over');
      onState('gone');
      setTimeout(open, pause);
    });
  };
  open();
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  return {
    send(command) {
      if (isOpen()) socket.send(JSON.stringify(command));
    },
    sendFrame(frame) {
      if (isOpen()) socket.send(frame);
    },
    reopen: open,
  };
};

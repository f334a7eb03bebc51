import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLink, type LinkState } from './screen/link.ts';
import { programEnded, takenOver, type ScreenMessage } from './view.ts';

/** The connections that the page asked for, played by hand. */
class PlayedSocket extends EventTarget {
  static readonly OPEN = 1;
  static readonly all: PlayedSocket[] = [];
  readonly sent: unknown[] = [];
  readonly readyState = 1;
  isClosed = false;
  constructor() {
    super();
    PlayedSocket.all.push(this);
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.isClosed = true;
  }
  tell(data: string | ArrayBuffer): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
  end(code: number): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}

const screen = (run: string | undefined, peer: string): string =>
  JSON.stringify({
    at: 0,
    screen: { name: 'in-call', peer },
    ...(run === undefined ? {} : { run }),
  });

const begin = () => {
  const states: LinkState[] = [];
  const shown: ScreenMessage[] = [];
  const heard: ArrayBuffer[] = [];
  const link = openLink({
    onState: (state) => states.push(state),
    onMessage: (message) => shown.push(message),
    onFrame: (frame) => heard.push(frame),
  });
  /** Says what a user in a call says. */
  const speak = (): void => {
    link.sendFrame(new ArrayBuffer(320));
    link.send({ do: 'unlock', password: 'secret' });
  };
  const socket = (): PlayedSocket => {
    const last = PlayedSocket.all.at(-1);
    if (last === undefined) throw new Error('the page asked for no connection');
    return last;
  };
  return { states, shown, heard, link, speak, socket };
};

/** A page whose phone broke off, and its next connection. */
const broken = () => {
  const page = begin();
  page.socket().tell(screen('a', 'friend'));
  page.speak();
  expect(page.socket().sent).toHaveLength(2);
  page.socket().end(1_006);
  expect(page.states).toEqual(['open', 'gone']);
  page.speak();
  expect(page.socket().sent).toHaveLength(2);
  vi.advanceTimersByTime(1_000);
  expect(PlayedSocket.all).toHaveLength(2);
  return page;
};

beforeEach(() => {
  PlayedSocket.all.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', PlayedSocket);
  vi.stubGlobal('location', { href: 'http://127.0.0.1:1/s/a/' });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a page whose phone broke off', () => {
  it('goes on with the same program, which it tells nothing before', () => {
    const { socket, speak, shown, states } = broken();
    speak();
    expect(socket().sent).toEqual([]);
    socket().tell(screen('a', 'friend again'));
    speak();
    expect(socket().sent).toHaveLength(2);
    expect([shown.length, states.at(-1)]).toEqual([2, 'open']);
    expect(socket().sent.join('')).not.toContain('run');
  });

  it.each([
    ['another run', screen('b', 'impostor')],
    ['no run', screen(undefined, 'impostor')],
    ['no message', '{'],
    ['null', 'null'],
    ['a frame', new ArrayBuffer(320)],
  ])('shows and tells nothing to whoever begins with %s, for good', (_, first) => {
    const { socket, speak, shown, heard, states } = broken();
    socket().tell(first);
    socket().tell(screen('a', 'impostor'));
    socket().tell(new ArrayBuffer(320));
    speak();
    expect(socket().sent).toEqual([]);
    expect([shown.length, heard.length, states.at(-1)]).toEqual([1, 0, 'closed']);
    expect(socket().isClosed).toBe(true);
    socket().end(1_006);
    vi.advanceTimersByTime(60_000);
    expect([PlayedSocket.all.length, states.at(-1)]).toEqual([2, 'closed']);
  });
});

it.each([
  [programEnded, 'closed'],
  [takenOver, 'taken-over'],
] as const)('after %i it connects to nobody by itself and is %s', (code, state) => {
  const { socket, states, speak } = begin();
  socket().tell(screen('a', 'friend'));
  socket().end(code);
  speak();
  vi.advanceTimersByTime(60_000);
  expect([states.at(-1), PlayedSocket.all.length]).toEqual([state, 1]);
  expect(socket().sent).toEqual([]);
});

it('taken back from another page it believes the same program alone', () => {
  const { socket, states, link, shown } = begin();
  socket().tell(screen('a', 'friend'));
  socket().end(takenOver);
  link.reopen();
  socket().tell(screen('b', 'impostor'));
  expect([states.at(-1), shown.length]).toEqual(['closed', 1]);
});

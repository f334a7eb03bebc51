import { setTimeout as delay } from 'node:timers/promises';
import {
  DeadlineError,
  type CallReport,
  type CallState,
  type Capability,
  type Identifiers,
  type KeyAgreementLogEntry,
  type MediaKey,
  type Phone,
  type StoredFile,
} from '../contract.ts';
import { dialScreen } from './screens/dial.ts';
import { endedScreen } from './screens/ended.ts';
import { enrolScreen } from './screens/enrol.ts';
import { inCallScreen } from './screens/in-call.ts';
import { incomingScreen } from './screens/incoming.ts';
import type { Screen } from './screens/screen.ts';
import { unlockScreen } from './screens/unlock.ts';

/** Milliseconds between two looks at a screen. */
const pause = 150;

/** Milliseconds of speech in a packet (target 5.1: Speex narrowband, 20 ms). */
const packetTime = 20;

/** Test secrets that a client gives away beside its screen. */
export interface ClientLogs {
  tlsKeyLog(): Promise<readonly string[]>;
  keyAgreementLog(): Promise<readonly KeyAgreementLogEntry[]>;
  mediaKeys(): Promise<readonly MediaKey[]>;
}

/** What a phone on a screen is made of. */
export interface ScreenPhoneParts {
  readonly name: string;
  readonly screen: Screen;
  readonly capabilities: ReadonlySet<Capability>;
  /** Files of the application, read off the phone; none unless given. */
  readonly storedFiles?: () => Promise<readonly StoredFile[]>;
  readonly logs?: ClientLogs;
  /** Told after every step that succeeded, for screenshots: after another the screen may still show what was typed. */
  readonly done?: (step: string) => Promise<void>;
  /** Ends the session. */
  readonly stop: () => Promise<void>;
}

/** What the screens have shown of the newest call. */
interface Seen {
  state: CallState;
  peerNumber: string;
  identifiers: Identifiers | null;
  held: CallReport['held'];
  endedBy: string | null;
}

/** One command after the other: a session takes no two at once. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Value>(work: () => Promise<Value>): Promise<Value> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
};

const none = (): Promise<readonly never[]> => Promise.resolve([]);

const noCall = (): Seen => ({
  state: 'idle',
  peerNumber: '',
  identifiers: null,
  held: 'none',
  endedBy: null,
});

/** A look at the screens of a call: which is shown, and what is on it. */
const createLook = (screen: Screen, seen: Seen) => {
  const inCall = inCallScreen(screen);
  const ended = endedScreen(screen);
  const peer = async (): Promise<void> => {
    seen.peerNumber = (await screen.value('call-peer')) || seen.peerNumber;
  };
  const begin = (state: CallState): void => {
    if (seen.state === 'idle' || seen.state === 'ended') Object.assign(seen, noCall());
    seen.state = state;
  };
  const isUnderWay = (): boolean => seen.state !== 'idle' && seen.state !== 'ended';
  return async (): Promise<Seen> => {
    if (await screen.shows('screen-in-call')) {
      begin('in-call');
      await peer();
      seen.identifiers = (await inCall.identifiers()) ?? seen.identifiers;
      seen.held = await inCall.held();
    } else if (await screen.shows('screen-incoming')) {
      begin('ringing');
      await peer();
    } else if (await screen.shows('screen-calling')) {
      begin('calling');
      await peer();
    } else if (screen.has('screen-ended') && (await screen.shows('screen-ended'))) {
      seen.endedBy = (await ended.reason()) ?? seen.endedBy;
      seen.state = 'ended';
      await ended.close();
    } else if (isUnderWay() && (await screen.shows('screen-dial'))) seen.state = 'ended';
    return seen;
  };
};

/** What the screens tell of a call: no Call-ID and no packets, which is no evidence of either. */
const reportOf = (seen: Seen): CallReport => ({
  ...seen,
  callId: '',
  packetsSent: 0,
  packetsReceived: 0,
  packetsRefused: 0,
});

/** Answers whatever rings, for as long as it is told to. */
const createAnswering = (screen: Screen, turn: ReturnType<typeof createTurns>) => {
  const incoming = incomingScreen(screen);
  let watching: AbortController | null = null;
  const watch = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      // A look that fails is made again: the session's end ends the watch.
      await turn(async () => signal.aborted || incoming.answer()).catch(() => false);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  };
  return (answers: boolean): void => {
    if (answers === (watching !== null)) return;
    watching?.abort();
    watching = answers ? new AbortController() : null;
    if (watching) void watch(watching.signal);
  };
};

/** A phone that is driven by its screen, as its user would: it can do and tell what can be done and seen there. */
export const screenPhone = (parts: ScreenPhoneParts): Phone => {
  const { name, screen, capabilities, logs, done = async () => undefined } = parts;
  const seen = noCall();
  const turn = createTurns();
  const look = createLook(screen, seen);
  const inCall = inCallScreen(screen);
  const answering = createAnswering(screen, turn);
  const told = (step: string, error: unknown): unknown => {
    if (error instanceof Error && !error.message.startsWith(`phone ${name}: ${step}`))
      error.message = `phone ${name}: ${step}: ${error.message.replace(`phone ${name}: `, '').split('\n', 1)[0]}`;
    return error;
  };
  const step = <Value>(what: string, work: () => Promise<Value>): Promise<Value> =>
    turn(async () => {
      const value = await work().catch((error: unknown) => {
        throw told(what, error);
      });
      await done(what);
      return value;
    });
  const until = async (
    what: string,
    satisfied: () => boolean | Promise<boolean>,
    deadline: number,
  ): Promise<CallReport> => {
    const ends = performance.now() + deadline;
    for (;;) {
      const found = await turn(async () => {
        await look();
        return satisfied();
      }).catch((error: unknown) => {
        throw told(what, error);
      });
      if (found) return reportOf(seen);
      if (performance.now() + pause > ends)
        throw new DeadlineError(
          `phone ${name}: ${what} did not come within ${deadline / 1000} s; the screen shows a call that is ${seen.state}`,
        );
      await delay(pause);
    }
  };
  return {
    name,
    capabilities,
    requestEnrolment: (number, passphrase) =>
      step('enrolment request', () => enrolScreen(screen).request(number, passphrase)),
    completeEnrolment: (token) => step('enrolment', () => enrolScreen(screen).complete(token)),
    unlock: (passphrase) => step('unlocking', () => unlockScreen(screen).open(passphrase)),
    register: () => step('registration', () => dialScreen(screen).registered()),
    setAutoAnswer: async (answer) => answering(answer),
    dial: (number) =>
      step('dialling', async () => {
        await look();
        Object.assign(seen, noCall(), { peerNumber: number, state: 'calling' });
        await dialScreen(screen).dial(number);
      }),
    hangUp: () =>
      step('hanging up', async () => {
        await look();
        if (seen.state === 'ringing') await incomingScreen(screen).decline();
        else if (seen.state === 'calling' || seen.state === 'in-call') await inCall.hangUp();
      }),
    ...(capabilities.has('hold')
      ? {
          hold: () => step('hold', inCall.hold),
          resume: () => step('resuming', inCall.resume),
        }
      : {}),
    async waitForCall(states, deadline) {
      const report = await until(states.join(' or '), () => states.includes(seen.state), deadline);
      await turn(() => done(`call ${report.state}`));
      return report;
    },
    async waitForAudio(packets, deadline) {
      let from: number | null = null;
      const began = performance.now();
      const elapsed = async (): Promise<number> => {
        if (!screen.has('call-duration')) return performance.now() - began;
        const now = await inCall.seconds();
        from ??= now;
        return now === null || from === null ? 0 : (now - from) * 1000;
      };
      const isEnough = async (): Promise<boolean> =>
        seen.state === 'in-call' && (await elapsed()) >= packets * packetTime;
      const report = await until(`${packets * packetTime} ms of call`, isEnough, deadline);
      await turn(() => done('audio'));
      return report;
    },
    report: () => step('report', async () => reportOf(await look())),
    refusals: none,
    storedFiles: () => parts.storedFiles?.() ?? none(),
    tlsKeyLog: () => logs?.tlsKeyLog() ?? none(),
    keyAgreementLog: () => logs?.keyAgreementLog() ?? none(),
    mediaKeys: () => logs?.mediaKeys() ?? none(),
    async stop() {
      answering(false);
      await turn(parts.stop);
    },
  };
};

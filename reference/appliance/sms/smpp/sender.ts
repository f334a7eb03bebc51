import { setTimeout as wait } from 'node:timers/promises';
import type { SmsSender } from '../sms-sender.ts';
import { command, status, submitBody } from './pdu.ts';
import { openSession, type SmppCentre, type SmppSession, type SmppTimes } from './session.ts';

/** A centre and how texts go there. */
export interface SmppSettings extends SmppCentre {
  /** What the texts show as their sender: a number with +, a short code, or up to 11 letters. */
  readonly sender: string;
  readonly times?: Partial<SenderTimes>;
}

interface SenderTimes extends SmppTimes {
  /** For one text in all, waiting, connecting anew and repeating included. */
  readonly text: number;
  /** Before the next attempt to connect, or after a refusal for load; doubled each time up to `longestBackOff`. */
  readonly backOff: number;
  readonly longestBackOff: number;
}

const defaults: SenderTimes = {
  answer: 5000,
  enquire: 30_000,
  text: 15_000,
  backOff: 250,
  longestBackOff: 30_000,
};

/** Texts on their way at one time; further ones wait for their turn. */
const window = 10;

/** A sender over SMPP. */
export interface SmppSender extends SmsSender {
  close(): Promise<void>;
}

/** Keeps one session: opens it when needed, after a failure not before the back-off is over. */
const createLink = (settings: SmppSettings, times: SenderTimes) => {
  let session: SmppSession | undefined;
  let opening: Promise<SmppSession> | undefined;
  let failures = 0;
  let notBefore = 0;
  const open = async (): Promise<SmppSession> => {
    const delay = notBefore - performance.now();
    if (delay > 0) await wait(delay, undefined, { ref: false });
    try {
      session = await openSession(settings, times);
      failures = 0;
      return session;
    } catch (error) {
      notBefore = performance.now() + Math.min(times.longestBackOff, times.backOff * 2 ** failures);
      failures += 1;
      throw error;
    }
  };
  return {
    get: (): Promise<SmppSession> => {
      if (session?.isOpen() === true) return Promise.resolve(session);
      opening ??= open().finally(() => (opening = undefined));
      return opening;
    },
    close: async (): Promise<void> => {
      await opening?.catch(() => undefined);
      await session?.close();
    },
  };
};

/** Lets so many jobs run at one time. */
const createTurns = (count: number) => {
  let free = count;
  const queue: (() => void)[] = [];
  return async <Value>(job: () => Promise<Value>): Promise<Value> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await job();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

const isBusy = (result: number): boolean =>
  result === status.throttled || result === status.messageQueueFull;

/**
 * Sends texts through an SMPP 3.4 centre over one connection, opened at the first text and anew when it breaks. A text that the
 * centre refuses for load, or whose connection breaks before the answer, is sent again until its time is over: so it may arrive
 * twice. Any other refusal rejects at once. Messages are one line and hold neither text nor password. Throws when made with an
 * account that SMPP 3.4 cannot carry (section 4.1.1).
 */
export const createSmppSender = (settings: SmppSettings): SmppSender => {
  if (settings.systemId.length > 15 || settings.password.length > 8) {
    throw new Error(
      'SMS centre: SMPP takes 15 characters of system_id and 8 of password; shorten them',
    );
  }
  const times = { ...defaults, ...settings.times };
  const link = createLink(settings, times);
  const inTurn = createTurns(window);
  let isClosed = false;
  const fail = (reason: string): Error =>
    new Error(
      `SMS centre ${settings.host}:${settings.port}: ${reason}; check the centre and its account`,
    );

  /** One attempt: undefined when sent, else why not and whether it is worth another one. */
  const attempt = async (
    body: Uint8Array,
  ): Promise<{ reason: string; again: boolean } | undefined> => {
    try {
      const result = await (await link.get()).request(command.submitSm, body);
      if (result === status.ok) return undefined;
      return {
        reason: `refused the text (status 0x${result.toString(16)})`,
        again: isBusy(result),
      };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), again: true };
    }
  };
  const submit = async (body: Uint8Array, until: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      if (isClosed) throw fail('closed');
      const failure = await attempt(body);
      if (failure === undefined) return;
      const pause = Math.min(times.longestBackOff, times.backOff * 2 ** count);
      if (!failure.again || performance.now() + pause > until) throw fail(failure.reason);
      await wait(pause, undefined, { ref: false });
    }
  };
  return {
    send: async (number, text) => {
      const until = performance.now() + times.text;
      const body = submitBody(settings.sender, number, text);
      const late = new AbortController();
      const timeOut = wait(times.text, undefined, { ref: false, signal: late.signal }).then(() => {
        throw fail(`not sent within ${times.text} ms`);
      });
      try {
        await Promise.race([inTurn(() => submit(body, until)), timeOut]);
      } finally {
        late.abort();
        timeOut.catch(() => undefined);
      }
    },
    close: async () => {
      isClosed = true;
      await link.close();
    },
  };
};

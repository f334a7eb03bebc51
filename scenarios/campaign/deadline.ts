import { DeadlineError } from '../../devices/contract.ts';

/** The text of anything thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Rejects with a DeadlineError that names `what` when the work takes more than `limit` milliseconds; the work itself goes on. */
export const within = async <Value>(
  limit: number,
  what: string,
  work: Promise<Value>,
): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineError(`${what} took more than ${limit / 1000} s`)),
      limit,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** What failed and why, where `error` came through {@link within}. */
export const failureOf = (what: string, error: unknown): string =>
  error instanceof DeadlineError && error.message.startsWith(what)
    ? error.message
    : `${what}: ${messageOf(error)}`;

/** Why a signal was aborted, as a clause for a sentence: `interrupted`, with the reason if one was given as a text. */
export const interruptionOf = (signal: AbortSignal): string =>
  typeof signal.reason === 'string' ? `interrupted (${signal.reason})` : 'interrupted';

/** Rejects as soon as the run is to end; the work itself goes on. */
export const untilAborted = async <Value>(
  signal: AbortSignal,
  work: Promise<Value>,
): Promise<Value> => {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error(interruptionOf(signal)));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
};

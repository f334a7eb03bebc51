import { nextCrlIssue } from '../../core/pki/crl-schedule.ts';
import type { OnlineAuthorities } from '../authorities/types.ts';
import type {
  CertificateStore,
  IssuingAuthority,
  RevocationListStore,
  StoredRevocationList,
} from '../store/contract.ts';

/** Milliseconds until a list that could not be issued is tried again: doubled up to the last. */
const retry = { first: 1_000, last: 60_000 } as const;

/** The longest that node's timers wait, in milliseconds. */
const longestTimer = 2_000_000_000;

/** What publishing works with. */
export interface ListPublisherOptions {
  readonly authorities: Pick<OnlineAuthorities, 'crl'>;
  readonly certificates: Pick<CertificateStore, 'revokedOf'>;
  readonly lists: RevocationListStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** An administrator must know: a list could not be issued, or is about to expire or has. */
  readonly onAlarm: (code: string, detail: string) => void;
}

/** Keeps the lists of both online authorities issued. */
export interface ListPublisher {
  /** Issues a list anew; when one is being issued, once more after it. Resolves once what is now revoked is on a published list, or has failed. */
  publish(authority: IssuingAuthority): Promise<void>;
  stop(): void;
}

/** The next list of an authority: its number is reserved, then it is signed and kept. */
const issueNext = async (
  { authorities, certificates, lists, now }: ListPublisherOptions,
  authority: IssuingAuthority,
): Promise<StoredRevocationList> => {
  const at = now();
  const number = lists.reserveNumber(authority, at);
  const revoked = certificates.revokedOf(authority, at);
  const { der, thisUpdate, nextUpdate } = await authorities.crl(authority, number, revoked);
  const list = { authority, number, thisUpdate, nextUpdate, der };
  lists.publish(list, now());
  return list;
};

/** One authority's list: issued one at a time, again when it is due, and with growing pauses while it fails. */
const createSeries = (options: ListPublisherOptions, authority: IssuingAuthority) => {
  const { now, onAlarm } = options;
  let timer: NodeJS.Timeout | undefined;
  let pause: number = retry.first;
  let waiting: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  let isStopped = false;
  const wake = (at: number): void => {
    clearTimeout(timer);
    if (isStopped) return;
    const wait = Math.min(longestTimer, Math.max(0, at - now()));
    timer = setTimeout(() => void (at > now() + 1 ? wake(at) : publish()), wait);
    // A list that is due keeps no process alive.
    timer.unref();
  };
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    const until = options.lists.latest(authority)?.nextUpdate;
    const left =
      until === undefined ? 'there is none yet' : `the last ends ${new Date(until).toISOString()}`;
    const isOver = until === undefined || until <= now();
    const text = `list of the ${authority} authority not issued (${reason}); ${left}`;
    onAlarm(isOver ? 'crl/expired' : 'crl/not-issued', text);
    wake(now() + pause);
    pause = Math.min(retry.last, pause * 2);
  };
  const work = async (): Promise<void> => {
    waiting = null;
    if (isStopped) return;
    try {
      const list = await issueNext(options, authority);
      pause = retry.first;
      const { thisUpdate, nextUpdate } = list;
      const due = nextCrlIssue({ thisUpdate, nextUpdate, revoked: new Map() }, [], now());
      wake(Math.max(due, now() + retry.first));
    } catch (error) {
      fail(error);
    }
  };
  const publish = (): Promise<void> => {
    if (waiting) return waiting;
    waiting = last.then(work);
    last = waiting;
    return waiting;
  };
  return {
    publish,
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};

/** Publishes; the first list of each authority when it is first asked for. */
export const createListPublisher = (options: ListPublisherOptions): ListPublisher => {
  const series = {
    client: createSeries(options, 'client'),
    server: createSeries(options, 'server'),
  } as const;
  return {
    publish: (authority) => series[authority].publish(),
    stop() {
      series.client.stop();
      series.server.stop();
    },
  };
};

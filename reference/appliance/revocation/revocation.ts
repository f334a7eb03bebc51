import type { OnlineAuthorities } from '../authorities/types.ts';
import type {
  ApplianceStore,
  IssuingAuthority,
  NumberRevocation,
  RevocationReason,
  StoreEvent,
} from '../store/contract.ts';
import { createListPublisher } from './list-publisher.ts';
import { createOcspResponder, type OcspResponder } from './ocsp-responder.ts';

/** Milliseconds: how long before its end the root's list is called for, and how often that is looked at. */
const rootWarning = 30 * 86_400_000;
const rootInterval = 86_400_000;

/** Something that a revocation brought about, and how long after its commit, in milliseconds. */
export interface RevocationEffect {
  readonly effect: 'sessions-ended' | 'list-published';
  /** The number, or the authority of the list. */
  readonly subject: string;
  readonly took: number;
}

/** What revocation works with. */
export interface RevocationOptions {
  readonly store: Pick<
    ApplianceStore,
    'certificates' | 'numbers' | 'revocationLists' | 'onCommitted'
  >;
  readonly authorities: Pick<OnlineAuthorities, 'crl' | 'ocsp'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends a number's live connections and calls, at once; resolves when the connections are closed. */
  readonly endSessions: (number: string) => void | Promise<void>;
  /** What was asked in vain, for the log. */
  readonly onRefusal: (code: string, detail: string) => void;
  /** What an administrator must see to: codes `crl/…` and `revocation/sessions`. */
  readonly onAlarm: (code: string, detail: string) => void;
  readonly onEffect?: (effect: RevocationEffect) => void;
}

/** Who asks for a revocation, and for whom. */
export interface RevocationRequest {
  readonly number: string;
  /** An administrator's name, `registration` or `system`; for the audit log. */
  readonly by: string;
  readonly reason: RevocationReason;
}

/** Revocation as a running part of the appliance (interpretations I-7). */
export interface Revocation {
  /**
   * Revokes every certificate of a number and blocks it. When it returns, that is durable, SIP requests and handshakes and OCSP see
   * it, and the user's calls and connections are ended; the list follows, see {@link Revocation.settled}. Throws a StoreError, and
   * then nothing was done.
   */
  revokeNumber(request: RevocationRequest): NumberRevocation;
  /** Lets a number enrol again; its certificates stay revoked. False when it was not blocked. */
  releaseNumber(request: Omit<RevocationRequest, 'reason'>): boolean;
  /**
   * Resolves once the connections of everybody revoked so far are closed, and everything revoked is on a published list, or
   * publishing has failed and an alarm was given.
   */
  settled(): Promise<void>;
  /** DER of the newest list of an authority; undefined while there is none. */
  list(authority: IssuingAuthority | 'root'): Uint8Array | undefined;
  readonly ocsp: OcspResponder;
  stop(): void;
}

/** Looks after the root's list, which only a ceremony can renew. */
const watchRootList = ({ store, now, onAlarm }: RevocationOptions): NodeJS.Timeout => {
  const look = (): void => {
    const list = store.revocationLists.latest('root');
    if (list === undefined)
      return onAlarm('crl/root-missing', 'no list of the root; no phone calls without it');
    const end = new Date(list.nextUpdate).toISOString();
    if (list.nextUpdate - now() < rootWarning)
      onAlarm('crl/root-ends', `the root's list ends ${end}; renew it by a ceremony`);
  };
  look();
  return setInterval(look, rootInterval).unref();
};

/** Begins: lists are issued anew, because what was committed before the process ended may be on none. Resolves once they are published. */
export const startRevocation = async (options: RevocationOptions): Promise<Revocation> => {
  const { store, now, onRefusal, onAlarm, authorities } = options;
  const publisher = createListPublisher({
    authorities,
    certificates: store.certificates,
    lists: store.revocationLists,
    now,
    onAlarm,
  });
  const since = (begun: number, effect: RevocationEffect['effect'], subject: string): void =>
    options.onEffect?.({ effect, subject, took: performance.now() - begun });
  const endSessions = async (number: string): Promise<void> => {
    const begun = performance.now();
    try {
      await options.endSessions(number);
      since(begun, 'sessions-ended', number);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onAlarm('revocation/sessions', `sessions of ${number} not ended: ${reason}`);
    }
  };
  const ending = new Map<string, Promise<void>>();
  /** A block comes with the revocations of its number: that is one ending. */
  const endOnce = (number: string): Promise<void> => {
    const under = ending.get(number);
    if (under) return under;
    const ended = endSessions(number).finally(() => ending.delete(number));
    ending.set(number, ended);
    return ended;
  };
  const renew = async (authority: IssuingAuthority): Promise<void> => {
    const begun = performance.now();
    await publisher.publish(authority);
    since(begun, 'list-published', authority);
  };
  let pending: Promise<unknown> = Promise.resolve();
  const onEvent = (event: StoreEvent): void => {
    if (event.kind === 'certificates-revoked') {
      pending = Promise.all([pending, renew(event.authority)]);
      if (event.number !== null) pending = Promise.all([pending, endOnce(event.number)]);
    } else if (event.kind === 'number-blocked')
      pending = Promise.all([pending, endOnce(event.number)]);
  };
  await Promise.all([publisher.publish('client'), publisher.publish('server')]);
  const forget = store.onCommitted(onEvent);
  const rootWatch = watchRootList(options);
  return {
    revokeNumber: (request) => store.numbers.revokeNumber({ ...request, at: now() }),
    releaseNumber: (request) => store.numbers.releaseNumber({ ...request, at: now() }),
    settled: async () => void (await pending),
    list: (authority) => store.revocationLists.latest(authority)?.der,
    ocsp: createOcspResponder({ authorities, certificates: store.certificates, onRefusal }),
    stop() {
      forget();
      publisher.stop();
      clearInterval(rootWatch);
    },
  };
};

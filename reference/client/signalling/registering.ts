import type { ReconnectionPolicy } from '../../core/sip/user-agent/reconnection.ts';
import type { UserAgentEvent } from '../../core/sip/user-agent/user-agent.ts';
import type { Signalling } from './signalling.ts';
import { createStayingRegistered, type RegistrationOutcome } from './staying-registered.ts';
import { uniform } from './uniform.ts';

/** What the registration of a phone works with. */
export interface RegisteringOptions {
  readonly policy: ReconnectionPolicy;
  readonly signalling: () => Signalling;
  /** Connects to the server that the phone trusts and attaches the connection; rejects with one line. */
  readonly connect: () => Promise<void>;
  /** Called with every change of the registration: what is wrong, null when it stands. */
  readonly tell: (problem: string | null) => void;
  /** The phone's number, for messages. */
  readonly name: string;
}

/** The registration of a phone: attempts by hand and by itself, one after the other. */
export interface Registering {
  /** Takes every event of the user agent; false for one about something else. */
  onEvent(event: UserAgentEvent): boolean;
  /** To be called when a connection has ended. */
  onDown(): void;
  /** Registers on a new connection; rejects with one line. */
  register(): Promise<void>;
  /** For good; resolves once the attempt under way, if there is one, has ended. */
  stop(): Promise<void>;
}

/** How a registration came out, or that it ended; undefined for an event about something else. */
type RegistrationEvent = Extract<
  UserAgentEvent,
  { readonly kind: 'registered' | 'registration-failed' | 'registration-lost' }
>;

const isAboutRegistration = (event: UserAgentEvent): event is RegistrationEvent =>
  event.kind === 'registered' ||
  event.kind === 'registration-failed' ||
  event.kind === 'registration-lost';

/** What is wrong, null when the registration stands. */
const problemOf = (event: RegistrationEvent): string | null => {
  if (event.kind === 'registered') return null;
  return event.kind === 'registration-failed'
    ? `the registrar answered ${event.status}`
    : 'the connection was lost';
};

/** An attempt that came to nothing, and for how many seconds the registrar wants to be left alone. */
interface RegistrationRefusal extends Error {
  readonly retryAfter?: number;
}

const retryOf = (event: RegistrationEvent): { readonly retryAfter?: number } =>
  event.kind === 'registration-failed' && event.retryAfter !== undefined
    ? { retryAfter: event.retryAfter }
    : {};

const outcomeOf = (attempt: Promise<void>): Promise<RegistrationOutcome> =>
  attempt.then(
    () => ({ kind: 'registered' }),
    ({ retryAfter }: RegistrationRefusal) => ({
      kind: 'failed',
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }),
  );

/** Sends REGISTER and waits for what comes of it. */
const createExchange = ({ signalling, name }: RegisteringOptions) => {
  let awaited: PromiseWithResolvers<RegistrationEvent> | undefined;
  return {
    take: (event: RegistrationEvent): void => awaited?.resolve(event),
    async register(): Promise<void> {
      awaited = Promise.withResolvers();
      signalling().command({ kind: 'register' });
      const event = await awaited.promise;
      const problem = problemOf(event);
      if (problem === null) return;
      throw Object.assign(new Error(`${name}: not registered: ${problem}`), retryOf(event));
    },
  };
};

/** Registers a phone when its user asks for it, and from the first time on whenever its registration ends. */
export const createRegistering = (options: RegisteringOptions): Registering => {
  const { signalling, connect, tell, name } = options;
  const exchange = createExchange(options);
  const anew = async (): Promise<void> => {
    await signalling().disconnect();
    await connect();
    await exchange.register();
  };
  /** Over the connection that there is, if there is one: a call may depend on it. */
  const again = async (): Promise<void> => {
    if (signalling().connected()) return exchange.register();
    await connect().catch((error: unknown) => {
      tell(error instanceof Error ? error.message : String(error));
      throw error;
    });
    return exchange.register();
  };
  const staying = createStayingRegistered({
    policy: options.policy,
    uniform,
    attempt: () => outcomeOf(again()),
  });
  return {
    onEvent(event) {
      if (!isAboutRegistration(event)) return false;
      exchange.take(event);
      tell(problemOf(event));
      if (event.kind !== 'registration-failed') return true;
      staying.ended({ kind: 'failed', ...retryOf(event) });
      // After 408, whatever the socket says, its connection is of no use (RFC 5626 section 4.4).
      if (event.status === 408) void signalling().disconnect();
      return true;
    },
    onDown: () => staying.ended({ kind: 'lost' }),
    async register() {
      let attempt = Promise.reject<void>(new Error(`${name}: the phone is stopped`));
      // Nobody asks for it when an attempt comes about.
      attempt.catch(() => undefined);
      await staying.byHand(() => outcomeOf((attempt = anew())));
      return attempt;
    },
    stop: () => staying.stop(),
  };
};

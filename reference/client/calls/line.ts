import type { KeyAgreement } from '../../core/csl/key-agreement.ts';
import type { LocalParty } from '../../core/csl/party.ts';
import type { ReplayMemory } from '../../core/csl/replay-memory.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import type { UserAgentCommand } from '../../core/sip/user-agent/user-agent.ts';
import type { PhoneLogs, PhoneParts } from '../parts.ts';
import type { StatusQuestion } from '../revocation/status-service.ts';
import { isOver, type Call, type IncomingCall } from './call.ts';

/** What the calls of a phone work with. */
export interface CallsOptions {
  readonly own: LocalParty;
  readonly clientAuthorities: readonly Certificate[];
  /** Address that media sockets bind to. */
  readonly host: string;
  readonly parts: PhoneParts;
  readonly logs: PhoneLogs;
  /** Asks the appliance about a peer's certificate. */
  readonly askStatus: StatusQuestion;
  readonly command: (command: UserAgentCommand) => void;
  /** Called after every change of what the screen shows. */
  readonly changed: () => void;
}

/** The call that the user agent has: from its INVITE until it says that it has let go. */
interface EngagedCall {
  readonly call: Call;
  readonly released: PromiseWithResolvers<void>;
}

/** A phone's line: one call at a time. */
export interface Line extends CallsOptions {
  readonly replayMemory: ReplayMemory;
  readonly agreement: KeyAgreement;
  /** Ports being opened or freed. */
  readonly portWork: Set<Promise<unknown>>;
  /** The newest call that the user knows of, ended or not. */
  shown: Call | null;
  /** A call whose INVITE is being verified. */
  arriving: IncomingCall | null;
  /** Outlives the call where its end takes a while, as an unanswered INVITE's CANCEL does. */
  engaged: EngagedCall | null;
  autoAnswer: boolean;
}

/** Whether a call is under way, shown or not. */
export const isBusy = ({ shown, arriving }: Line): boolean =>
  [shown, arriving].some((call) => call !== null && !isOver(call));

/** The call under way that an event is about: a late event of an earlier call finds none. */
export const callOf = ({ shown, arriving }: Line, callId: string): Call | undefined =>
  [arriving, shown].find((call) => call?.callId === callId && !isOver(call)) ?? undefined;

/** Notes that the user agent has this call from now on. */
export const engage = (line: Line, call: Call): void => {
  line.engaged = { call, released: Promise.withResolvers() };
};

export const isEngaged = (line: Line, call: Call): boolean => line.engaged?.call === call;

/** Notes that the user agent has let go of a call. */
export const release = (line: Line, callId: string): void => {
  if (line.engaged?.call.callId !== callId) return;
  line.engaged.released.resolve();
  line.engaged = null;
};

/** Waits until the user agent has no call. */
export const lineFree = async (line: Line): Promise<void> => {
  while (line.engaged) await line.engaged.released.promise;
};

/** Writes to the phone's log. */
export const refuse = ({ logs }: Line, code: string, detail: string): void =>
  logs.refusal({ at: Date.now(), code, detail });

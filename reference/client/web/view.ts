import type { CallView, Held } from '../calls/call.ts';

/** How the phone stands with the signalling server. */
export type RegistrationState = 'registered' | 'connecting' | 'offline';

/** Somebody to call by name. */
export interface Contact {
  readonly name: string;
  readonly number: string;
}

/** Which side began a call. */
export type CallRole = 'caller' | 'callee';

/** One call of the log, which is kept in memory alone. */
export interface LogEntry {
  readonly role: CallRole;
  readonly peer: string;
  /** Milliseconds since 1970 when it began to ring or was dialled. */
  readonly at: number;
  /** Milliseconds of conversation; null where none came about. */
  readonly duration: number | null;
  /** Why it ended: `hung-up`, or a code such as `csl/identity`. */
  readonly reason: string;
}

/** Something that went wrong, as a stable code for which `words.ts` has plain words; never a secret. */
export type ErrorCode = string;

/** How far a phone has come. */
export type Stage =
  /** No key is stored. */
  | { readonly kind: 'new'; /** A number to begin with. */ readonly number: string }
  /** A token is on its way. */
  | { readonly kind: 'token'; readonly number: string }
  /** A key is stored and closed. */
  | { readonly kind: 'locked'; readonly number: string }
  | { readonly kind: 'unlocked'; readonly number: string }
  /** The appliance says that the certificate is revoked. */
  | { readonly kind: 'revoked'; readonly number: string };

/** What the phone adds to its newest call. */
export interface CallNotes {
  readonly callId: string;
  readonly role: CallRole;
  /** Milliseconds since 1970 when audio began; null before. */
  readonly since: number | null;
  /** Whether the user has put the screen of its end away. */
  readonly isClosed: boolean;
}

/** All that the screen depends on. */
export interface PhoneState {
  readonly stage: Stage;
  readonly registration: RegistrationState;
  readonly call: CallView;
  /** Of the call in `call`; null before the first. */
  readonly notes: CallNotes | null;
  readonly isMuted: boolean;
  /** Whether something that the user asked for is under way. */
  readonly isBusy: boolean;
  /** Newest first. */
  readonly log: readonly LogEntry[];
  readonly showsLog: boolean;
  readonly contacts: readonly Contact[];
  /** Whether the user's voice can be encoded here; else a recorded tone is sent and nothing is heard. */
  readonly hasCodec: boolean;
  readonly error: ErrorCode | null;
}

/** How a check of the peer came out. */
export type Verdict = 'verified' | 'refused';

/** One screen by its name; its root element is called `screen-NAME`. */
export type ScreenBody =
  | { readonly name: 'enrol'; readonly step: 'number' | 'token'; readonly number: string }
  | { readonly name: 'unlock'; readonly number: string }
  | {
      readonly name: 'dial';
      readonly number: string;
      readonly registration: RegistrationState;
      readonly contacts: readonly Contact[];
    }
  | { readonly name: 'calling'; readonly peer: string; readonly isRinging: boolean }
  | { readonly name: 'incoming'; readonly peer: string }
  | {
      readonly name: 'in-call';
      readonly peer: string;
      /** Milliseconds since 1970. */
      readonly since: number;
      readonly local: string;
      readonly peerIdentifier: string;
      /** Whether the peer's certificate leads to the stored client authority (target 5.2.c). */
      readonly chain: Verdict;
      /** Whether its CommonName is the peer's number (target 5.2.d, 5.2.f). */
      readonly commonName: Verdict;
      readonly isMuted: boolean;
      readonly held: Held;
      readonly hasCodec: boolean;
    }
  | {
      readonly name: 'ended';
      readonly peer: string;
      readonly reason: string;
      /** What the checks said where one of them ended the call. */
      readonly refused: 'chain' | 'common-name' | null;
    }
  | { readonly name: 'log'; readonly entries: readonly LogEntry[] }
  | { readonly name: 'revoked'; readonly number: string };

/** What is on the phone's screen. */
export type Screen = ScreenBody & {
  readonly isBusy: boolean;
  readonly error: ErrorCode | null;
};

/** What a page is told. */
export interface ScreenMessage {
  /** The phone's clock, milliseconds since 1970. */
  readonly at: number;
  readonly screen: Screen;
  /**
   * In the first message of a connection alone: a secret of the program's run, which the page never sends. A page that has one
   * believes no program that does not know it, such as one that listens where the phone's did.
   */
  readonly run?: string;
}

/** The code with which the WebSocket of a page is closed when another has taken the phone. */
export const takenOver = 4_001;

/** The code with which it is closed when the phone's program ends (RFC 6455 section 7.4.1, going away). */
export const programEnded = 1_001;

/** The name of a screen. */
export type ScreenName = Screen['name'];

/** The reason of a call that somebody hung up. */
export const hungUp = 'hung-up';

/** Refusals that mean that the peer's certificate does not lead to the stored client authority. */
const chainRefusals: ReadonlySet<string> = new Set([
  'csl/from-chain',
  'csl/certificate-form',
  'csl/key',
  'csl/issuer',
  'csl/validity',
  'csl/revoked',
]);

/** Refusals that mean that the peer is not whom it says, or whom was called. */
const nameRefusals: ReadonlySet<string> = new Set(['csl/common-name', 'csl/identity']);

const refusedBy = (reason: string): 'chain' | 'common-name' | null => {
  if (chainRefusals.has(reason)) return 'chain';
  return nameRefusals.has(reason) ? 'common-name' : null;
};

const callScreen = ({ call, notes, isMuted, hasCodec }: PhoneState): ScreenBody | null => {
  const { peerNumber: peer, identifiers } = call;
  switch (call.state) {
    case 'idle':
      return null;
    case 'calling':
      return { name: 'calling', peer, isRinging: false };
    case 'ringing':
      return notes?.role === 'callee'
        ? { name: 'incoming', peer }
        : { name: 'calling', peer, isRinging: true };
    case 'in-call':
      // Audio and identifiers exist from verification on alone: that is what both verdicts say.
      return {
        name: 'in-call',
        peer,
        since: notes?.since ?? 0,
        local: identifiers?.local ?? '',
        peerIdentifier: identifiers?.peer ?? '',
        chain: identifiers === null ? 'refused' : 'verified',
        commonName: identifiers === null ? 'refused' : 'verified',
        isMuted,
        held: call.held,
        hasCodec,
      };
    case 'ended': {
      if (notes?.isClosed === true) return null;
      const reason = call.endedBy ?? hungUp;
      return { name: 'ended', peer, reason, refused: refusedBy(reason) };
    }
  }
};

const bodyOf = (state: PhoneState): ScreenBody => {
  const { stage, registration, log, contacts, showsLog } = state;
  const { number } = stage;
  switch (stage.kind) {
    case 'new':
      return { name: 'enrol', step: 'number', number };
    case 'token':
      return { name: 'enrol', step: 'token', number };
    case 'locked':
      return { name: 'unlock', number };
    case 'revoked':
      return { name: 'revoked', number };
    case 'unlocked': {
      const call = callScreen(state);
      if (call !== null) return call;
      if (showsLog) return { name: 'log', entries: log };
      return { name: 'dial', number, registration, contacts };
    }
  }
};

/** What a phone in this state shows: one screen, and nothing that its user has not been told otherwise. */
export const screenOf = (state: PhoneState): Screen => ({
  ...bodyOf(state),
  isBusy: state.isBusy,
  error: state.error,
});

/** A length of time as mm:ss; minutes grow beyond two digits. */
export const durationText = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const padded = (value: number): string => String(value).padStart(2, '0');
  return `${padded(Math.floor(seconds / 60))}:${padded(seconds % 60)}`;
};

/** An identifier as it is read aloud: each digit by itself, with a pause after each group. */
export const spelled = (identifier: string): string =>
  identifier
    .split(' ')
    .map((group) => Array.from(group).join(' '))
    .join(', ');

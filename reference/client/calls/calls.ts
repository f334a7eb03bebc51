import { createReplayMemory } from '../../core/csl/replay-memory.ts';
import type { UserAgentEvent } from '../../core/sip/user-agent/user-agent.ts';
import { newIncomingCall, viewOf, type Call, type CallView } from './call.ts';
import {
  receiveChange,
  receiveChangeAcknowledgement,
  receiveChangeCancellation,
} from './change-answer.ts';
import {
  receiveChangeAnswer,
  receiveChangeFailure,
  resumeWish,
  setHolding,
} from './change-offer.ts';
import { fail, finish, hangUp } from './ending.ts';
import { receivedMessage } from './exchange.ts';
import { accept, receiveAcknowledgement, receiveInvite } from './incoming.ts';
import { callOf, refuse, release, type CallsOptions, type Line } from './line.ts';
import { dial, receiveAnswer } from './outgoing.ts';

/** The calls of a registered phone, one at a time. */
export interface Calls {
  /** Calls a number; resolves once the INVITE is sent, rejects with one line when none is. */
  dial(number: string): Promise<void>;
  /** Accepts the call that rings, if one does; resolves once the 200 is sent. */
  answer(): Promise<void>;
  /** Puts the peer on hold; resolves once it has agreed, rejects with one line where it does not. */
  hold(): Promise<void>;
  /** Takes the peer back from hold; settles as {@link Calls.hold} does. */
  resume(): Promise<void>;
  hangUp(): void;
  /** Whether calls are accepted as soon as they ring. */
  setAutoAnswer(answer: boolean): void;
  /** Takes an event of the user agent; never throws. */
  onEvent(event: UserAgentEvent): void;
  view(): CallView;
  /** Hangs up; resolves once the ports of all calls are free. */
  close(): Promise<void>;
}

type CallEvent = Extract<UserAgentEvent, { readonly callId: string }>;

const openLine = (options: CallsOptions): Line => ({
  ...options,
  replayMemory: createReplayMemory(Date.now()),
  agreement: options.parts.keyAgreement.create(options.parts),
  portWork: new Set(),
  shown: null,
  arriving: null,
  engaged: null,
  autoAnswer: false,
});

/** The options with a screen whose faults end no call. */
const withSafeScreen = (options: CallsOptions): CallsOptions => ({
  ...options,
  changed: () => {
    try {
      options.changed();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      options.logs.refusal({ at: Date.now(), code: 'phone/screen', detail });
    }
  },
});

/** What ended a call that the user agent has let go of; undefined for an event that ends none. */
const endOf = (event: CallEvent): { readonly endedBy: string | null } | undefined => {
  switch (event.kind) {
    case 'call-failed':
      return { endedBy: `sip/${event.status}` };
    case 'cancelled':
    case 'bye':
      return { endedBy: null };
    case 'ended':
      return { endedBy: event.reason === 'local' ? null : `sip/${event.reason}` };
    case 'incoming-invite':
    case 'progress':
    case 'answered':
    case 'acknowledged':
    case 're-invited':
    case 're-invite-cancelled':
    case 're-answered':
    case 're-acknowledged':
    case 're-invite-failed':
    case 're-invite-due':
      return undefined;
  }
};

/** Events of a re-INVITE. */
const advanceChange = async (line: Line, call: Call, event: CallEvent): Promise<void> => {
  if (event.kind === 're-invited') return receiveChange(line, call, event.message);
  if (event.kind === 're-invite-cancelled') return receiveChangeCancellation(line, call);
  if (event.kind === 're-answered') return receiveChangeAnswer(line, call, event.message);
  if (event.kind === 're-acknowledged')
    return receiveChangeAcknowledgement(line, call, event.message);
  if (event.kind === 're-invite-failed') return receiveChangeFailure(line, call, event.status);
  if (event.kind === 're-invite-due') return resumeWish(line, call);
};

const advance = async (line: Line, call: Call, event: CallEvent): Promise<void> => {
  if (event.kind === 'answered' && call.role === 'caller')
    return receiveAnswer(line, call, event.message);
  if (event.kind === 'acknowledged' && call.role === 'callee')
    return receiveAcknowledgement(line, call, event.message);
  if (event.kind === 'progress' && call.state === 'calling') {
    call.state = 'ringing';
    line.changed();
  }
  return advanceChange(line, call, event);
};

/** Does the work of an event; a fault ends the call that it is about, and nothing else. */
const attempt = (line: Line, call: Call, work: () => Promise<void>): void => {
  work().catch((error: unknown) => fail(line, call, error));
};

const onCallEvent = (line: Line, event: CallEvent): void => {
  const { callId } = event;
  if (event.kind === 'incoming-invite') {
    const invite = receivedMessage(event.message);
    const call = newIncomingCall(callId, invite.fromUser);
    return attempt(line, call, () => receiveInvite(line, call, invite));
  }
  const call = callOf(line, callId);
  const end = endOf(event);
  if (end) {
    release(line, callId);
    if (call) finish(line, call, end.endedBy);
    return undefined;
  }
  return call && attempt(line, call, () => advance(line, call, event));
};

const answer = async (line: Line): Promise<void> => {
  const call = line.shown;
  if (call?.role !== 'callee') return;
  try {
    await accept(line, call);
  } catch (error) {
    hangUp(line, call, 'phone/fault');
    throw error;
  }
};

/** Handles the calls of one phone: key agreement before any audio, one call at a time (interpretations I-1 to I-4, I-9). */
export const createCalls = (options: CallsOptions): Calls => {
  const line = openLine(withSafeScreen(options));
  return {
    dial: (number) => dial(line, number),
    answer: () => answer(line),
    hold: () => setHolding(line, true),
    resume: () => setHolding(line, false),
    hangUp() {
      if (line.shown) hangUp(line, line.shown, null);
    },
    setAutoAnswer(answer) {
      line.autoAnswer = answer;
    },
    onEvent(event) {
      if (event.kind === 'refused') refuse(line, event.code, event.detail);
      else if ('callId' in event) onCallEvent(line, event);
    },
    view: () => viewOf(line.shown),
    async close() {
      for (const call of [line.arriving, line.shown]) if (call) hangUp(line, call, null);
      await Promise.allSettled(line.portWork);
    },
  };
};

import type { CallView } from '../calls/call.ts';
import { hungUp, type CallNotes, type LogEntry } from './view.ts';

/** What a screen remembers of calls beyond the phone's own view of the newest. */
export interface History {
  /** Of the newest call; null before the first. */
  readonly notes: (CallNotes & { readonly at: number; readonly isLogged: boolean }) | null;
  /** Newest first. */
  readonly log: readonly LogEntry[];
}

/** Before the first call. */
export const noHistory: History = { notes: null, log: [] };

/** Entries that are kept. */
const longest = 100;

const notesOf = ({ notes }: History, view: CallView, now: number) => {
  const known = notes?.callId === view.callId ? notes : null;
  const role = view.state === 'ringing' ? 'callee' : 'caller';
  const begun = {
    callId: view.callId,
    role,
    since: null,
    isClosed: false,
    isLogged: false,
  } as const;
  const current = known ?? { ...begun, at: now };
  return view.state === 'in-call' && current.since === null ? { ...current, since: now } : current;
};

/**
 * Takes the phone's view after each change; `now` in milliseconds since 1970. A call that is seen ringing first is the peer's:
 * one's own is calling before it rings. Nothing is new where nothing changed.
 */
export const follow = (history: History, view: CallView, now: number): History => {
  if (view.state === 'idle') return history;
  const notes = notesOf(history, view, now);
  if (view.state !== 'ended' || notes.isLogged)
    return notes === history.notes ? history : { ...history, notes };
  const entry: LogEntry = {
    role: notes.role,
    peer: view.peerNumber,
    at: notes.at,
    duration: notes.since === null ? null : now - notes.since,
    reason: view.endedBy ?? hungUp,
  };
  const log = [entry, ...history.log].slice(0, longest);
  return { notes: { ...notes, isLogged: true }, log };
};

/** After the user has put the end of the newest call away. */
export const closeEnded = (history: History): History => {
  const { notes } = history;
  return notes === null ? history : { ...history, notes: { ...notes, isClosed: true } };
};

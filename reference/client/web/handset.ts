import { EventEmitter, once } from 'node:events';
import { parseNumber } from '../../core/csl/number.ts';
import type { FrameQueueCounters } from '../audio/frame-queue.ts';
import { loadSpeex } from '../audio/speex-codec.ts';
import { phoneParts, type PhoneLogs, type PhoneParts } from '../parts.ts';
import { createPhone, type PhoneSettings, type ReferencePhone } from '../phone.ts';
import type { Command } from './commands.ts';
import { closeEnded, follow, noHistory } from './history.ts';
import { createLiveAudio, type LiveAudio, type Loudspeaker } from './live-audio.ts';
import { isOwnRevoked, storedNumber } from './own-certificate.ts';
import {
  screenOf,
  type Contact,
  type ErrorCode,
  type PhoneState,
  type ScreenName,
  type Stage,
} from './view.ts';

/** What a phone with a screen is made of. */
export interface HandsetOptions {
  readonly settings: PhoneSettings;
  readonly logs: PhoneLogs;
  /** The reference's where absent; its audio is always the screen's. */
  readonly parts?: Omit<PhoneParts, 'audio'>;
  /** Whom it can call by name. */
  readonly contacts?: readonly Contact[];
  /** Stands in the form of an enrolment to begin with. */
  readonly suggestedNumber?: string;
}

/** A reference phone with all that its screen shows and what its user can ask for. */
export interface Handset {
  readonly phone: ReferencePhone;
  state(): PhoneState;
  /** Does what the user asks; what goes wrong stands in the state, as a code. What the screen shown does not offer is ignored. */
  act(command: Command): Promise<void>;
  /** `changed`: the state may be another. */
  readonly events: EventEmitter<{ changed: [] }>;
  /** Takes 160 samples of the user's voice, at 8 kHz; what is not needed in time is dropped, oldest first. */
  speak(samples: Int16Array): void;
  /** Where what is heard goes from now on; null: nowhere. */
  listen(loudspeaker: Loudspeaker | null): void;
  voice(): FrameQueueCounters;
  /** Resolves once the phone is registered; rejects with the code of what hinders it. */
  whenRegistered(): Promise<void>;
  /** Hangs up and leaves the network. */
  stop(): Promise<void>;
}

/** On which screens a command has a meaning: a late click means nothing. */
const places: Readonly<Record<Command['do'], readonly ScreenName[]>> = {
  'request-enrolment': ['enrol'],
  'complete-enrolment': ['enrol'],
  'restart-enrolment': ['enrol', 'revoked'],
  unlock: ['unlock'],
  register: ['dial'],
  dial: ['dial'],
  answer: ['incoming'],
  'hang-up': ['calling', 'incoming', 'in-call'],
  mute: ['in-call'],
  hold: ['in-call'],
  'open-log': ['dial'],
  'close-log': ['log'],
  'close-ended': ['ended'],
};

/** Commands that need not wait for another. */
const immediate: ReadonlySet<Command['do']> = new Set(['hang-up', 'mute', 'open-log', 'close-log']);

/** The code of a refusal; what has none is a fault of the phone. */
const codeOf = (error: unknown): ErrorCode => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^[a-z]+\/[a-z0-9-]+$/.test(code)) return code;
  return /^E[A-Z]+$/.test(code) ? 'network/unreachable' : 'phone/fault';
};

const refusal = (code: ErrorCode): Error => Object.assign(new Error(code), { code });

/** What changes while a handset is used. */
interface Memory {
  stage: Stage;
  registration: PhoneState['registration'];
  history: typeof noHistory;
  showsLog: boolean;
  working: number;
  error: ErrorCode | null;
}

interface Workings {
  readonly options: HandsetOptions;
  readonly phone: ReferencePhone;
  readonly live: LiveAudio;
  readonly memory: Memory;
  readonly changed: () => void;
  readonly stopping: AbortController;
}

const stateOf = ({ options, phone, live, memory }: Workings): PhoneState => ({
  stage: memory.stage,
  registration: memory.registration,
  call: phone.view(),
  notes: memory.history.notes,
  isMuted: live.isMuted(),
  isBusy: memory.working > 0,
  log: memory.history.log,
  showsLog: memory.showsLog,
  contacts: options.contacts ?? [],
  hasCodec: loadSpeex() !== null,
  error: memory.error,
});

/** Learns why the phone is not registered, where the appliance says so. */
const lookWhetherRevoked = async (workings: Workings): Promise<void> => {
  const { options, memory, changed, stopping } = workings;
  const { stage } = memory;
  const revoked = await isOwnRevoked(options.settings, stopping.signal).catch(() => false);
  if (!revoked || memory.stage !== stage || stage.kind !== 'unlocked') return;
  memory.stage = { kind: 'revoked', number: stage.number };
  memory.error = null;
  changed();
};

const register = async (workings: Workings): Promise<void> => {
  const { phone, memory, changed } = workings;
  memory.registration = 'connecting';
  changed();
  try {
    await phone.register();
  } catch (error) {
    memory.registration = 'offline';
    memory.error = codeOf(error);
    changed();
    await lookWhetherRevoked(workings);
  }
};

const unlock = async (workings: Workings, password: string): Promise<void> => {
  const { phone, memory, options } = workings;
  await phone.unlock(password);
  const number = (await storedNumber(options.settings.folder)) ?? '';
  memory.stage = { kind: 'unlocked', number };
  void register(workings);
};

const dial = async ({ phone, memory, live }: Workings, number: string): Promise<void> => {
  if (!parseNumber(number).ok) throw refusal('dial/number');
  if (number === memory.stage.number) throw refusal('dial/self');
  if (memory.registration !== 'registered') throw refusal('dial/offline');
  live.setMuted(false);
  const before = phone.view().callId;
  await phone.dial(number).catch((error: unknown) => {
    // The end of the call says why.
    if (phone.view().callId === before) throw error;
  });
};

const completeEnrolment = async ({ phone, memory }: Workings, token: string): Promise<void> => {
  if (!/^\d+$/.test(token)) throw refusal('enrolment/token-digits');
  await phone.completeEnrolment(token);
  memory.stage = { kind: 'locked', number: memory.stage.number };
};

const carryOut = async (workings: Workings, command: Command): Promise<void> => {
  const { phone, memory, live, options } = workings;
  const { number } = memory.stage;
  switch (command.do) {
    case 'request-enrolment':
      await phone.requestEnrolment(command.number, command.password);
      memory.stage = { kind: 'token', number: command.number };
      return;
    case 'complete-enrolment':
      return completeEnrolment(workings, command.token.trim());
    case 'restart-enrolment':
      memory.stage = { kind: 'new', number: number || (options.suggestedNumber ?? '') };
      return;
    case 'unlock':
      return unlock(workings, command.password);
    case 'register':
      return register(workings);
    case 'dial':
      return dial(workings, command.number);
    case 'answer':
      live.setMuted(false);
      return phone.answer();
    case 'hang-up':
      return phone.hangUp();
    case 'mute':
      return live.setMuted(command.on);
    case 'hold':
      return command.on ? phone.hold() : phone.resume();
    case 'open-log':
    case 'close-log':
      memory.showsLog = command.do === 'open-log';
      return;
    case 'close-ended':
      memory.history = closeEnded(memory.history);
      return;
  }
};

const act = async (workings: Workings, command: Command): Promise<void> => {
  const { memory, changed } = workings;
  if (!places[command.do].includes(screenOf(stateOf(workings)).name)) return;
  if (memory.working > 0 && !immediate.has(command.do)) return;
  memory.error = null;
  memory.working += 1;
  changed();
  try {
    await carryOut(workings, command);
  } catch (error) {
    memory.error = codeOf(error);
  } finally {
    memory.working -= 1;
    changed();
  }
};

/** Keeps the state true to what the phone tells. */
const followPhone = (workings: Workings): void => {
  const { phone, memory, live, changed } = workings;
  phone.events.on('changed', () => {
    const before = memory.history.notes?.since ?? null;
    const view = phone.view();
    memory.history = follow(memory.history, view, Date.now());
    live.setHolding(view.held === 'local' || view.held === 'both');
    if (before === null && memory.history.notes?.since !== null) live.queue.clear();
    changed();
  });
  phone.events.on('registration', (problem) => {
    // A phone that was registered once tries again by itself.
    memory.registration = problem === null ? 'registered' : 'connecting';
    if (problem === null) memory.error = null;
    changed();
    if (problem !== null) void lookWhetherRevoked(workings);
  });
};

const whenRegistered = async ({ memory }: Workings, events: Handset['events']): Promise<void> => {
  while (memory.registration !== 'registered') {
    const { stage, error } = memory;
    if (stage.kind !== 'unlocked' || error !== null)
      throw new Error(`${stage.number}: not registered: ${error ?? stage.kind}`);
    await once(events, 'changed');
  }
};

/** Makes a phone with a screen; off the network until it enrols or is unlocked. A key that is stored already is asked to be unlocked. */
export const createHandset = async (options: HandsetOptions): Promise<Handset> => {
  const { settings, logs, parts = phoneParts, suggestedNumber = '' } = options;
  const live = createLiveAudio();
  const phone = createPhone(settings, logs, { ...parts, audio: live.audio });
  const events: Handset['events'] = new EventEmitter();
  const stored = await storedNumber(settings.folder);
  const memory: Memory = {
    stage:
      stored === null
        ? { kind: 'new', number: suggestedNumber }
        : { kind: 'locked', number: stored },
    registration: 'offline',
    history: noHistory,
    showsLog: false,
    working: 0,
    error: null,
  };
  const changed = (): void => void events.emit('changed');
  const stopping = new AbortController();
  const workings: Workings = { options, phone, live, memory, changed, stopping };
  followPhone(workings);
  return {
    phone,
    state: () => stateOf(workings),
    act: (command) => act(workings, command),
    events,
    speak: (samples) => live.queue.push(samples),
    listen: (loudspeaker) => live.listen(loudspeaker),
    voice: () => live.queue.counters(),
    whenRegistered: () => whenRegistered(workings, events),
    async stop() {
      stopping.abort();
      await phone.stop();
    },
  };
};

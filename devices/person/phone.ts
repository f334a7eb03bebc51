import {
  DeadlineError,
  type CallReport,
  type CallState,
  type Capability,
  type Identifiers,
  type Phone,
} from '../contract.ts';
import type { Operator } from './operator.ts';

/** What a person with a phone can do and tell; nobody reads keys or logs off a screen. */
export const personCapabilities: ReadonlySet<Capability> = new Set<Capability>([
  'enrol',
  'call',
  'hold',
  'show-identifiers',
]);

const callStates: readonly CallState[] = ['idle', 'calling', 'ringing', 'in-call', 'ended'];

/** What a person sees of a call so far. */
interface Seen {
  state: CallState;
  peerNumber: string;
  identifiers: Identifiers | null;
}

/** As the screen has them (target 5.2): groups of four hexadecimal digits; null where what was typed is something else. */
const identifierIn = (typed: string): string | null => {
  const digits = typed.toLowerCase().replaceAll(/[\s:-]/g, '');
  return /^([0-9a-f]{4})+$/.test(digits) ? digits.replaceAll(/.{4}(?=.)/g, '$& ') : null;
};

const none = (): Promise<readonly never[]> => Promise.resolve([]);

/**
 * A phone in a person's hands: each method prints a step and waits for its confirmation, for `seconds` at least, since people are
 * slower than programs. An unanswered step is a DeadlineError, and so is one that the person says did not come about.
 */
export const personPhone = (name: string, operator: Operator, seconds: number): Phone => {
  const seen: Seen = { state: 'idle', peerNumber: '', identifiers: null };
  let answers = false;
  const limitOf = (deadline = 0): number => Math.max(deadline, seconds * 1000);
  const ask = (step: string, deadline?: number): Promise<string> =>
    operator.ask(`Phone ${name}: ${step}`, limitOf(deadline));
  const follow = async (step: string): Promise<void> => {
    const typed = await ask(`${step}; press Enter once that is done, or type no if it fails`);
    if (/^no?$/i.test(typed)) throw new Error(`phone ${name}: the person reports failure: ${step}`);
  };
  const reportNow = (): CallReport => ({
    state: seen.state,
    callId: '',
    peerNumber: seen.peerNumber,
    identifiers: seen.identifiers,
    held: 'none',
    endedBy: null,
    packetsSent: 0,
    packetsReceived: 0,
    packetsRefused: 0,
  });
  const askIdentifier = async (whose: string): Promise<string | null> =>
    identifierIn(await ask(`type the ${whose} identifier on its screen, or Enter where none is`));
  const lookAtIdentifiers = async (): Promise<void> => {
    const local = await askIdentifier('Local');
    const peer = local === null ? null : await askIdentifier('Peer');
    seen.identifiers = local === null || peer === null ? null : { local, peer };
  };
  return {
    name,
    capabilities: personCapabilities,
    requestEnrolment: (number, passphrase) =>
      follow(`ask for a certificate for ${number} with the passphrase "${passphrase}"`),
    completeEnrolment: (token) => follow(`give the token ${token}`),
    unlock: (passphrase) => follow(`open its key with the passphrase "${passphrase}"`),
    register: () => follow('connect it to the service'),
    async setAutoAnswer(answer) {
      answers = answer;
    },
    async dial(number) {
      seen.identifiers = null;
      seen.peerNumber = number;
      await follow(`call ${number}`);
      seen.state = 'calling';
    },
    hangUp: () => follow('hang up'),
    hold: () => follow('put the call on hold'),
    resume: () => follow('take the call back from hold'),
    async waitForCall(states, deadline) {
      const ends = performance.now() + limitOf(deadline);
      const hint = answers ? ' (answer when it rings)' : '';
      while (!states.includes(seen.state) || states.includes('ended')) {
        const left = ends - performance.now();
        if (left <= 0)
          throw new DeadlineError(`phone ${name}: ${states.join(' or ')} did not come in time`);
        const typed = await operator.ask(
          `Phone ${name}: wait until the call is ${states.join(' or ')}${hint}, then type its state`,
          Math.ceil(left),
        );
        const state = callStates.find((each) => each === typed.toLowerCase());
        if (state !== undefined) seen.state = state;
        if (state !== undefined && states.includes(state)) break;
      }
      return reportNow();
    },
    async waitForAudio(_packets, deadline) {
      const heard = await ask('do you hear the other phone? Type yes or no', deadline);
      if (!/^y(es)?$/i.test(heard))
        throw new DeadlineError(`phone ${name}: the person hears nothing of the other phone`);
      await lookAtIdentifiers();
      return reportNow();
    },
    report: async () => reportNow(),
    refusals: none,
    storedFiles: none,
    tlsKeyLog: none,
    keyAgreementLog: none,
    mediaKeys: none,
    stop: () => Promise.resolve(),
  };
};

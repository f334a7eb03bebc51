import { createPhone, type PhoneSettings } from '../../reference/client/phone.ts';
import type { CallView } from '../../reference/client/calls/call.ts';
import type { Part } from './part.ts';
import type { Shown, UserMethod } from './part-protocol.ts';
import { watchShown } from './shown.ts';

const passphrase = 'fuzzed while it runs';

/** A reference phone, of this process or of another. */
export interface LivePhone {
  readonly number: string;
  /** Asks for a certificate, opens the key, registers, and answers calls from then on. */
  enrol(readToken: (number: string) => Promise<string>): Promise<void>;
  register(): Promise<void>;
  dial(number: string): Promise<void>;
  hangUp(): Promise<void>;
  setAutoAnswer(answer: boolean): Promise<void>;
  view(): Promise<CallView>;
  /** The view once the call is in one of the states and, in a call, so many packets came; else the view after so many milliseconds. */
  wait(states: readonly CallView['state'][], packets: number, deadline: number): Promise<CallView>;
  /** What was shown so far. */
  shown(): Promise<Shown>;
  stop(): Promise<void>;
}

type Use = (method: UserMethod, ...args: readonly unknown[]) => Promise<unknown>;

/** What both kinds do in the same way. */
const used = (number: string, use: Use) => ({
  number,
  async enrol(readToken: (number: string) => Promise<string>) {
    await use('requestEnrolment', number, passphrase);
    await use('completeEnrolment', await readToken(number));
    await use('unlock', passphrase);
    await use('setAutoAnswer', true);
    await use('register');
  },
  register: async () => void (await use('register')),
  dial: async (to: string) => void (await use('dial', to)),
  hangUp: async () => void (await use('hangUp')),
  setAutoAnswer: async (answer: boolean) => void (await use('setAutoAnswer', answer)),
  view: async () => (await use('view')) as CallView,
});

/** A phone of this process. */
export const localPhone = (number: string, settings: PhoneSettings): LivePhone => {
  const phone = createPhone(settings, { refusal: () => undefined });
  const shown = watchShown(phone);
  const use: Use = async (method, ...args) =>
    (await Reflect.apply(phone[method], phone, args)) as unknown;
  return {
    ...used(number, use),
    wait: shown.wait,
    shown: async () => shown.soFar(),
    stop: () => phone.stop(),
  };
};

/** A phone in the process of a part, which is to be nothing else. */
export const partPhone = async (
  number: string,
  part: Part,
  settings: PhoneSettings,
  partsFile?: string,
): Promise<LivePhone> => {
  await part.ask({ do: 'phone', settings, ...(partsFile === undefined ? {} : { partsFile }) });
  return {
    ...used(number, (method, ...args) => part.ask({ do: 'user', method, args })),
    wait: async (states, packets, deadline) =>
      (await part.ask({ do: 'wait', states, packets, deadline })) as CallView,
    shown: async () => (await part.ask({ do: 'shown' })) as Shown,
    stop: () => part.stop(),
  };
};

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../../reference/client/web/commands.ts';
import { createHandset, type Handset } from '../../../reference/client/web/handset.ts';
import { screenOf, type Screen } from '../../../reference/client/web/view.ts';
import { languageOf, wordsOf } from '../../../reference/client/web/words.ts';
import type { PhoneLogs, PhoneParts } from '../../../reference/client/parts.ts';
import type { PhoneSettings, ReferencePhone } from '../../../reference/client/phone.ts';
import type {
  ApplicationEnvironment,
  ApplicationFile,
  PhoneApplication,
  RunningApplication,
} from './application.ts';
import { behindNetwork } from './reference-network.ts';
import { nativeScreen, packageName, resourceId } from './reference-screens.ts';
import type { Widget } from './widget.ts';

/** What the reference phone's application is made with. */
export interface ReferenceApplicationOptions {
  readonly settings: PhoneSettings;
  readonly logs: PhoneLogs;
  /** The reference's where absent. */
  readonly parts?: PhoneParts;
  /** 1 unless given. */
  readonly versionCode?: number;
  /** Whether `run-as` reaches its files; true unless given. */
  readonly isDebuggable?: boolean;
}

/** The reference phone as an application of a simulated Android phone. */
export interface ReferenceApplication extends PhoneApplication {
  /** The phone of the process that runs now; null while none does. */
  phone(): ReferencePhone | null;
}

const microphone = 'android.permission.RECORD_AUDIO';

/** What a button asks for; inputs are read from what was typed. */
const commandOf = (
  name: string,
  typed: (name: string) => string,
  screen: Screen,
): Command | null => {
  switch (name) {
    case 'request-token':
      return {
        do: 'request-enrolment',
        number: typed('enrol-number'),
        password: typed('enrol-password'),
      };
    case 'complete-enrolment':
      return { do: 'complete-enrolment', token: typed('enrol-token') };
    case 'enrol-again':
    case 'restart-enrolment':
      return { do: 'restart-enrolment' };
    case 'unlock':
      return { do: 'unlock', password: typed('unlock-password') };
    case 'register':
      return { do: 'register' };
    case 'dial':
      return { do: 'dial', number: typed('dial-number') };
    case 'decline':
      return { do: 'hang-up' };
    case 'answer':
    case 'hang-up':
    case 'open-log':
    case 'close-log':
    case 'close-ended':
      return { do: name };
    case 'mute':
      return { do: 'mute', on: screen.name === 'in-call' && !screen.isMuted };
    case 'hold': {
      const isHeld = screen.name === 'in-call' && ['local', 'both'].includes(screen.held);
      return { do: 'hold', on: !isHeld };
    }
    default:
      return null;
  }
};

const names = [
  'enrol-number',
  'enrol-password',
  'enrol-token',
  'unlock-password',
  'dial-number',
  'request-token',
  'complete-enrolment',
  'enrol-again',
  'restart-enrolment',
  'unlock',
  'register',
  'dial',
  'decline',
  'answer',
  'hang-up',
  'open-log',
  'close-log',
  'close-ended',
  'mute',
  'hold',
] as const;

const nameOf = new Map(names.map((name) => [resourceId(name), name]));

/** What is shown until the process has read its files. */
const splash: Widget = {
  kind: 'column',
  id: resourceId('screen-splash'),
  children: [{ kind: 'text', text: 'Discretio' }],
};

/** A handset under the fingers of a user: drafts, permissions, interruptions. */
const createProcess = (
  handset: Handset,
  environment: ApplicationEnvironment,
): Omit<RunningApplication, 'stop' | 'networkChanged'> => {
  const drafts = new Map<string, string>();
  const words = wordsOf(languageOf([environment.locale]));
  let problem: string | null = null;
  let shown: Screen['name'] | null = null;
  let isHoldingForCall = false;
  const screen = (): Screen => {
    const now = screenOf(handset.state());
    // A password stays no longer than its screen.
    if (now.name !== shown) drafts.clear();
    if (now.name === 'enrol' && shown !== 'enrol') drafts.set('enrol-number', now.number);
    if (now.name === 'enrol' && now.step === 'token') drafts.delete('enrol-password');
    shown = now.name;
    return now;
  };
  const act = async (command: Command): Promise<void> => {
    problem = null;
    const needsMicrophone = command.do === 'dial' || command.do === 'answer';
    if (needsMicrophone && !(await environment.requestPermission(microphone))) {
      problem = 'permission/microphone';
      return environment.changed();
    }
    await handset.act(command);
  };
  return {
    screen: () => nativeScreen(screen(), problem, words, drafts, Date.now()),
    tap(id) {
      const name = nameOf.get(id);
      const command = name && commandOf(name, (input) => drafts.get(input) ?? '', screen());
      if (command) void act(command);
    },
    setText(id, text) {
      screen();
      const name = nameOf.get(id);
      if (name) drafts.set(name, text);
    },
    back() {
      const { name } = screen();
      if (name === 'log') void act({ do: 'close-log' });
      else if (name === 'ended') void act({ do: 'close-ended' });
      else environment.leave();
    },
    interrupted(isInterrupted) {
      const now = screen();
      const isHeld = now.name === 'in-call' && ['local', 'both'].includes(now.held);
      if (isInterrupted && now.name === 'in-call' && !isHeld) {
        isHoldingForCall = true;
        void act({ do: 'hold', on: true });
      } else if (!isInterrupted && isHoldingForCall) {
        isHoldingForCall = false;
        void act({ do: 'hold', on: false });
      }
    },
  };
};

const filesIn = async (folder: string): Promise<readonly ApplicationFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: path.slice(folder.length + 1), bytes: new Uint8Array(await readFile(path)) };
    }),
  );
};

const emptyFolder = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder).catch(() => []))
    await rm(join(folder, name), { recursive: true, force: true });
};

/** Makes the reference phone's application; its process starts and ends with the simulated phone's. */
export const referenceApplication = (
  options: ReferenceApplicationOptions,
): ReferenceApplication => {
  const { settings, logs, parts, versionCode = 1, isDebuggable = true } = options;
  let current: Handset | null = null;
  return {
    packageName,
    activity: '.PhoneActivity',
    versionName: `1.${versionCode}`,
    versionCode,
    permissions: [microphone, 'android.permission.POST_NOTIFICATIONS'],
    isDebuggable,
    phone: () => current?.phone ?? null,
    start(environment) {
      const network = behindNetwork(environment.isOnline, parts);
      let process: ReturnType<typeof createProcess> | null = null;
      const refusal: PhoneLogs['refusal'] = (entry) => {
        environment.log('DiscretioPhone', entry.code);
        logs.refusal(entry);
      };
      const open = async (): Promise<Handset | null> => {
        const handset = await createHandset({
          settings,
          logs: { ...logs, refusal },
          parts: network.parts,
        });
        current = handset;
        handset.events.on('changed', environment.changed);
        process = createProcess(handset, environment);
        environment.changed();
        return handset;
      };
      const opening = open().catch((error: unknown) => {
        environment.log('AndroidRuntime', `FATAL EXCEPTION: ${String(error)}`);
        return null;
      });
      return {
        screen: () => process?.screen() ?? splash,
        tap: (id) => process?.tap(id),
        setText: (id, text) => process?.setText(id, text),
        back: () => process?.back(),
        interrupted: (isInterrupted) => process?.interrupted(isInterrupted),
        networkChanged: network.changed,
        async stop() {
          const handset = await opening;
          process = null;
          if (current === handset) current = null;
          handset?.events.removeAllListeners();
          await handset?.stop();
        },
      };
    },
    storedFiles: () => filesIn(settings.folder),
    clearData: () => emptyFolder(settings.folder),
  };
};

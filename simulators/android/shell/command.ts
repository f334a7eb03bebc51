import type { PhoneApplication } from '../phone/application.ts';
import type { PhoneControls } from '../phone/controls.ts';
import type { ActivityManager } from '../phone/phone.ts';
import type { AndroidState } from '../phone/state.ts';

/** The phone as commands see it. */
export interface ShellPhone {
  readonly state: AndroidState;
  readonly manager: ActivityManager;
  readonly controls: PhoneControls;
  /** Applications whose package files the phone can read. */
  readonly applications: readonly PhoneApplication[];
  /** A picture of the screen, PNG. */
  readonly screenshot: () => Uint8Array;
  /** What the screen shows, as uiautomator writes it. */
  readonly hierarchy: () => string;
  /** Starts an instrumentation; it ends when the signal fires or it is killed. Null where the phone has none of that name. */
  readonly instrument: (component: string, signal: AbortSignal) => Promise<void> | null;
  /** Does what a key does, by Android's key code. */
  readonly key: (code: number) => void;
  /** A tap on the screen, pixels. */
  readonly tap: (x: number, y: number) => void;
  readonly typeText: (text: string) => void;
  /** Lines that no command understood, for tests. */
  readonly unknown: string[];
}

/** One command as it runs. */
export interface CommandRun {
  readonly phone: ShellPhone;
  /** Words after the command's own. */
  readonly words: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Fires when nobody reads any more. */
  readonly signal: AbortSignal;
  /** Application whose identity `run-as` took. */
  readonly user: string | null;
  out(data: string | Uint8Array): void;
  fail(text: string): void;
  /** Runs further words in the same place, such as those after `run-as`. */
  run(words: readonly string[], user: string | null): Promise<number>;
}

/** Does a command's work; its exit status. */
export type ShellCommand = (run: CommandRun) => number | Promise<number>;

export type ShellCommands = Readonly<Record<string, ShellCommand>>;

/** Writes lines, each ended. */
export const lines = (run: CommandRun, ...texts: readonly string[]): number => {
  for (const text of texts) run.out(`${text}\n`);
  return 0;
};

/** What follows a flag, if it is there. */
export const after = (
  words: readonly string[],
  ...flags: readonly string[]
): string | undefined => {
  const at = words.findIndex((word) => flags.includes(word));
  return at === -1 ? undefined : words[at + 1];
};

/** Notes that something was asked which is not simulated, and refuses it as Android would. */
export const unknownUse = (run: CommandRun, command: string, message: string): number => {
  run.phone.unknown.push([command, ...run.words].join(' '));
  run.fail(`${message}\n`);
  return 255;
};

import type { Duplex } from 'node:stream';
import type { Widget } from './widget.ts';

/** What the phone gives to an application that runs on it. */
export interface ApplicationEnvironment {
  /** Language and country that the phone is set to, such as `fr-FR`. */
  readonly locale: string;
  /** Whether the application reaches a network now. */
  readonly isOnline: () => boolean;
  hasPermission(name: string): boolean;
  /** Shows the system's dialog unless the user has decided already; resolves with his decision. */
  requestPermission(name: string): Promise<boolean>;
  /** Something on the screen is different. */
  readonly changed: () => void;
  /** Goes to the background, as after the back button on the first screen. */
  leave(): void;
  /** Lets DevTools look into a web view of this process, or into the browser; the function takes it away again. */
  offerDevTools(kind: 'web-view' | 'chrome', connect: () => Promise<Duplex>): () => void;
  /** Ports of the phone that `adb reverse` leads elsewhere, each with a port of this machine that does the same. */
  reversedPorts(): Promise<readonly { readonly inside: number; readonly outside: number }[]>;
  /** Size of a page in its own pixels. */
  pageSize(): { readonly width: number; readonly height: number };
  /** A line for logcat; never a secret. */
  log(tag: string, message: string): void;
}

/** A process of an application. Gestures return at once; what becomes of them is told by `changed`. */
export interface RunningApplication {
  screen(): Widget;
  /** The user taps the widget with this resource id, which is on the screen and enabled. */
  tap(id: string): void;
  /** The user types into an input: this is its whole text from now on. */
  setText(id: string, text: string): void;
  back(): void;
  networkChanged(isOnline: boolean): void;
  /** A call of the telephone network takes the microphone, or gives it back. */
  interrupted(isInterrupted: boolean): void;
  /** The process ends: sockets close, memory is lost, files stay. */
  stop(): Promise<void>;
}

/** A file in an application's private folder. */
export interface ApplicationFile {
  /** Path relative to that folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An application that can be installed on a simulated phone. */
export interface PhoneApplication {
  readonly packageName: string;
  /** Short class name of the activity to start, such as `.PhoneActivity`. */
  readonly activity: string;
  readonly versionName: string;
  readonly versionCode: number;
  /** Permissions that its manifest asks for, such as `android.permission.RECORD_AUDIO`. */
  readonly permissions: readonly string[];
  /** Whether the build allows `run-as`. */
  readonly isDebuggable: boolean;
  start(environment: ApplicationEnvironment): RunningApplication;
  storedFiles(): Promise<readonly ApplicationFile[]>;
  /** Removes what it has stored, as `pm clear` does. */
  clearData(): Promise<void>;
}

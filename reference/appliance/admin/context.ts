import type { ApplianceStore } from '../store/contract.ts';
import type { Html } from './html.ts';
import type { SignIn } from './sign-in.ts';
import type { Language } from './texts/language.ts';
import type { TextKey, Texts } from './texts/en.ts';

/** A registered phone at this moment; times in milliseconds since 1970. */
export interface LiveRegistration {
  readonly number: string;
  /** Address and port of its connection. */
  readonly address: string;
  readonly since: number;
  readonly expiresAt: number;
}

/** A call at this moment. */
export interface LiveCall {
  readonly caller: string;
  readonly callee: string;
  readonly since: number;
  readonly state: 'ringing' | 'established';
}

/** What goes on in the appliance at this moment. */
export interface LiveState {
  registrations(): readonly LiveRegistration[];
  calls(): readonly LiveCall[];
}

/** Until when an authority's certificate is valid, in milliseconds since 1970. */
export interface AuthorityValidity {
  readonly authority: 'root' | 'client' | 'server';
  readonly notAfter: number;
}

/** A text that the simulated SMS centre took. */
export interface SimulatedText {
  readonly number: string;
  readonly text: string;
}

/** What the pages work with. */
export interface AdminContext {
  readonly store: ApplianceStore;
  readonly live: LiveState;
  readonly configuration: readonly (readonly [name: string, value: string])[];
  readonly authorities: readonly AuthorityValidity[];
  /** Of the page's own certificate, in milliseconds since 1970. */
  readonly pageNotAfter: number;
  /** Under which each backup gets a folder of its own; null when none may be made. */
  readonly backupFolder: string | null;
  /** How long an enrolment's token lives, in milliseconds. */
  readonly tokenLifetime: number;
  /** Only where the SMS centre is simulated; oldest first. */
  readonly outbox: (() => readonly SimulatedText[]) | null;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly signIn: SignIn;
}

/** A request, checked: it comes from this site, under its name, and within the limits. */
export interface Visit {
  readonly at: number;
  readonly language: Language;
  readonly text: Texts;
  /** Path and query. */
  readonly target: string;
  /** The first value of each name. */
  readonly query: ReadonlyMap<string, string>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly form: ReadonlyMap<string, string>;
  /** What every form of the answer carries. */
  readonly formToken: string;
  /** CommonName of the client certificate, where one is required. */
  readonly certificateName: string | null;
  /** Who is signed in. */
  readonly user: SignedIn | null;
}

/** An administrator's session. */
export interface SignedIn {
  readonly name: string;
  readonly sessionToken: string;
  readonly mustChangePassword: boolean;
}

/** A visit of somebody who is signed in. */
export interface SignedVisit extends Visit {
  readonly user: SignedIn;
}

/** What a page answers. */
export type Answer =
  | {
      readonly kind: 'page';
      readonly status: number;
      readonly title: string;
      readonly body: Html;
    }
  | {
      readonly kind: 'redirect';
      readonly to: string;
      /** A session that begins, or null for one that ended. */
      readonly session?: string | null;
      readonly language?: Language;
    }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly type: string;
      readonly lines: Iterable<string>;
    }
  | { readonly kind: 'error'; readonly status: 400 | 403 | 404 | 503 };

/**
 * One method of one path. `open` is for everybody; `signed-in` for administrators whose password is their own; `account` also for
 * those who must change it first.
 */
export type Route = {
  readonly method: 'GET' | 'POST';
  /** May hold `:parameters`. */
  readonly path: string;
} & (
  | { readonly access: 'open'; readonly answer: (visit: Visit) => Answer | Promise<Answer> }
  | {
      readonly access: 'signed-in' | 'account';
      readonly answer: (visit: SignedVisit) => Answer | Promise<Answer>;
    }
);

/** A page with its title. */
export const page = (title: string, body: Html, status = 200): Answer => ({
  kind: 'page',
  status,
  title,
  body,
});

type Done = TextKey extends infer Key ? (Key extends `done.${infer Name}` ? Name : never) : never;

/** The answer to a good POST: the page to see next, with what was done. */
export const doneAt = (path: string, done: Done): Answer => ({
  kind: 'redirect',
  to: `${path}?done=${done}`,
});

/** The answer where the thing of the path does not exist. */
export const notFound: Answer = { kind: 'error', status: 404 };

/** The answer to a form that no page of this service shows. */
export const badForm: Answer = { kind: 'error', status: 400 };

/** The sentence for what a `done` in a query names; undefined when it names nothing. */
export const doneText = (texts: Texts, done: string | undefined): string | undefined => {
  const key = `done.${done ?? ''}`;
  return Object.hasOwn(texts, key) ? texts[key as TextKey] : undefined;
};

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Command } from '../commands.ts';
import type { Screen, ScreenName, Verdict } from '../view.ts';
import type { Language, Words } from '../words.ts';

/** What every screen is drawn with. */
export interface Drawing<Name extends ScreenName = ScreenName> {
  readonly screen: Extract<Screen, { readonly name: Name }>;
  readonly words: Words;
  readonly language: Language;
  readonly send: (command: Command) => void;
  /** Opens the sound: called from the click that makes or answers a call. */
  readonly startSound: () => void;
}

/** The heading of a screen, which has the focus when the screen comes. */
export const Title = ({ text }: { readonly text: string }) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${text} – Discretio`;
  }, [text]);
  // Before anybody sees the screen: a key pressed at once would otherwise lose its field to the heading.
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {text}
    </h1>
  );
};

/** A button that does one thing. */
export const Button = ({
  name,
  kind = 'plain',
  onClick,
  children,
}: {
  readonly name: string;
  readonly kind?: 'plain' | 'go' | 'stop';
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}) => (
  <button type="button" class={kind} data-testid={name} onClick={onClick}>
    {children}
  </button>
);

/** A form whose button, or the Enter key, does one thing. */
export const Form = ({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}) => (
  <form
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
  </form>
);

/** What a field of a form is drawn with. */
interface FieldProperties {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type: 'tel' | 'password' | 'text';
  readonly value: string;
  readonly autoComplete: 'username' | 'new-password' | 'current-password' | 'one-time-code' | 'off';
  readonly onInput: (value: string) => void;
}

const Input = ({ name, hint, type, value, autoComplete, onInput }: FieldProperties) => {
  const common = {
    id: name,
    'data-testid': name,
    value,
    autoComplete,
    autoCapitalize: 'none',
    spellcheck: false,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) =>
      onInput(event.currentTarget.value),
    ...(hint === undefined ? {} : { 'aria-describedby': `${name}-hint` }),
  } as const;
  if (type === 'password') return <input type="password" {...common} />;
  return type === 'tel' ? <input type="tel" {...common} /> : <input type="text" {...common} />;
};

/** A field with its label. */
export const Field = (properties: FieldProperties) => {
  const { name, label, hint } = properties;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <Input {...properties} />
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};

/** The other's number. */
export const Peer = ({ number }: { readonly number: string }) => (
  <p class="peer" data-testid="call-peer">
    {number}
  </p>
);

/** How one check of the peer came out. */
export const VerdictLine = ({
  name,
  label,
  verdict,
  words,
}: {
  readonly name: string;
  readonly label: string;
  readonly verdict: Verdict;
  readonly words: Words;
}) => (
  <div class="verdict">
    <dt>{label}</dt>
    <dd class={verdict} data-testid={name} data-value={verdict}>
      {words[verdict]}
    </dd>
  </div>
);

import { useState } from 'preact/hooks';
import { durationText, type Contact, type LogEntry } from '../view.ts';
import { fill, reasonOf, type Words } from '../words.ts';
import { Button, Field, Form, Title, type Drawing } from './parts.tsx';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '0'] as const;

const DialPad = ({
  words,
  onKey,
  onDelete,
}: {
  readonly words: Words;
  readonly onKey: (key: string) => void;
  readonly onDelete: () => void;
}) => (
  <div class="pad" role="group" aria-label={words['dial pad']}>
    {keys.map((key) => (
      <button
        type="button"
        key={key}
        data-testid={`key-${key}`}
        aria-label={key === '+' ? words.plus : key}
        onClick={() => onKey(key)}
      >
        {key}
      </button>
    ))}
    <button type="button" data-testid="key-delete" aria-label={words.delete} onClick={onDelete}>
      ⌫
    </button>
  </div>
);

const Contacts = ({
  contacts,
  words,
  onCall,
}: {
  readonly contacts: readonly Contact[];
  readonly words: Words;
  readonly onCall: (number: string) => void;
}) => (
  <section>
    <h2>{words.contacts}</h2>
    <ul class="contacts">
      {contacts.map(({ name, number }, index) => (
        <li key={number}>
          <button
            type="button"
            data-testid={`contact-${index + 1}`}
            data-value={number}
            aria-label={fill(words['call contact'], { name, number })}
            onClick={() => onCall(number)}
          >
            <b>{name}</b> <span>{number}</span>
          </button>
        </li>
      ))}
    </ul>
  </section>
);

/** Whom to call. */
export const DialScreen = ({ screen, words, send, startSound }: Drawing<'dial'>) => {
  const [number, setNumber] = useState('');
  const { registration, contacts } = screen;
  const dial = (to: string): void => {
    if (registration === 'registered') startSound();
    send({ do: 'dial', number: to.trim() });
  };
  return (
    <>
      <Title text={words['dial title']} />
      <p data-testid="own-number" data-value={screen.number}>
        {fill(words['own number'], { number: screen.number })}
      </p>
      <p
        class={`state ${registration}`}
        role="status"
        data-testid="registration-state"
        data-value={registration}
      >
        {words[registration]}
      </p>
      {registration === 'registered' ? null : (
        <Button name="register" onClick={() => send({ do: 'register' })}>
          {words.connect}
        </Button>
      )}
      <Form onSubmit={() => dial(number)}>
        <Field
          name="dial-number"
          type="tel"
          autoComplete="off"
          label={words['dial number']}
          value={number}
          onInput={setNumber}
        />
        <DialPad
          words={words}
          onKey={(key) => setNumber((before) => before + key)}
          onDelete={() => setNumber((before) => before.slice(0, -1))}
        />
        <button type="submit" class="go" data-testid="dial">
          {words.dial}
        </button>
      </Form>
      {contacts.length === 0 ? null : <Contacts contacts={contacts} words={words} onCall={dial} />}
      <Button name="open-log" onClick={() => send({ do: 'open-log' })}>
        {words['open log']}
      </Button>
    </>
  );
};

const Entry = ({
  entry,
  words,
  language,
}: Pick<Drawing, 'words' | 'language'> & { readonly entry: LogEntry }) => (
  <li data-testid="log-entry" data-value={entry.reason}>
    <b>
      {words[entry.role === 'caller' ? 'log outgoing' : 'log incoming']} {entry.peer}
    </b>
    <span>
      <time dateTime={new Date(entry.at).toISOString()}>
        {new Date(entry.at).toLocaleString(language)}
      </time>
      {entry.duration === null ? null : <span> · {durationText(entry.duration)}</span>}
    </span>
    <span>{reasonOf(entry.reason, words)}</span>
  </li>
);

/** Calls so far. */
export const LogScreen = ({ screen, words, language, send }: Drawing<'log'>) => (
  <>
    <Title text={words['log title']} />
    {screen.entries.length === 0 ? <p>{words['log empty']}</p> : null}
    <ul class="log" data-testid="call-log">
      {screen.entries.map((entry) => (
        <Entry key={`${entry.at} ${entry.peer}`} entry={entry} words={words} language={language} />
      ))}
    </ul>
    <Button name="close-log" onClick={() => send({ do: 'close-log' })}>
      {words['close log']}
    </Button>
  </>
);

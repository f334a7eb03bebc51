import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ScreenMessage } from '../view.ts';
import { reasonOf, wordsOf, type Language, type Words } from '../words.ts';
import { CallingScreen, EndedScreen, InCallScreen, IncomingScreen } from './call-screens.tsx';
import { DialScreen, LogScreen } from './dial-screens.tsx';
import { chosenLanguage, keepLanguage } from './language.ts';
import { openLink, type Link, type LinkState } from './link.ts';
import { Button, Title, type Drawing } from './parts.tsx';
import { EnrolScreen, RevokedScreen, UnlockScreen } from './setup-screens.tsx';
import { createSound, type Sound, type SoundNote } from './sound.ts';

/** A message, and how far this page's clock is ahead of the phone's when it came, in milliseconds. */
interface Received extends ScreenMessage {
  readonly clockOffset: number;
}

/** The phone behind the page. */
interface PhoneLink {
  readonly received: Received | null;
  readonly state: LinkState;
  readonly note: SoundNote;
  readonly link: Link;
  readonly sound: Sound;
}

/** Screens on which the sound is open. */
const withSound = new Set(['calling', 'incoming', 'in-call']);

const usePhone = (): PhoneLink => {
  const [received, setReceived] = useState<Received | null>(null);
  const [state, setState] = useState<LinkState>('opening');
  const [note, setNote] = useState<SoundNote>('on');
  const { link, sound } = useMemo(() => {
    const opened: Link = openLink({
      onState: setState,
      onMessage: (message) => setReceived({ ...message, clockOffset: Date.now() - message.at }),
      onFrame: (frame) => made.play(frame),
    });
    const made = createSound((frame) => opened.sendFrame(frame), setNote);
    return { link: opened, sound: made };
  }, []);
  const name = received?.screen.name;
  useEffect(() => {
    // A call whose dialling was refused never leaves the dial screen: its sound goes with the error.
    if (name !== undefined && !withSound.has(name)) sound.stop();
  }, [name, received?.screen.error]);
  useEffect(() => {
    // Whoever answers next may be another: nobody is heard until the phone is known again.
    if (state !== 'open') sound.stop();
  }, [state]);
  return { received, state, note, link, sound };
};

const Body = ({
  drawing,
  phone,
  received,
}: {
  readonly drawing: Omit<Drawing, 'screen'>;
  readonly phone: PhoneLink;
  readonly received: Received;
}) => {
  const { screen, clockOffset } = received;
  switch (screen.name) {
    case 'enrol':
      return <EnrolScreen {...drawing} screen={screen} />;
    case 'unlock':
      return <UnlockScreen {...drawing} screen={screen} />;
    case 'dial':
      return <DialScreen {...drawing} screen={screen} />;
    case 'calling':
      return <CallingScreen {...drawing} screen={screen} />;
    case 'incoming':
      return <IncomingScreen {...drawing} screen={screen} />;
    case 'in-call':
      return (
        <InCallScreen
          {...drawing}
          screen={screen}
          clockOffset={clockOffset}
          note={phone.note}
          retrySound={() => phone.sound.retry()}
        />
      );
    case 'ended':
      return <EndedScreen {...drawing} screen={screen} />;
    case 'log':
      return <LogScreen {...drawing} screen={screen} />;
    case 'revoked':
      return <RevokedScreen {...drawing} screen={screen} />;
  }
};

const Problem = ({ code, words }: { readonly code: string | null; readonly words: Words }) => (
  <div role="alert">
    {code === null ? null : (
      <p class="note bad" data-testid="error-message" data-code={code} data-value={code}>
        <b>{words.error}.</b> {reasonOf(code, words)}
      </p>
    )}
  </div>
);

/** What stands there while the phone is not shown here. */
const Apart = ({ phone, words }: { readonly phone: PhoneLink; readonly words: Words }) => {
  const { state } = phone;
  if (state === 'taken-over')
    return (
      <main key="taken-over" data-testid="screen-taken-over">
        <Title text={words['taken over title']} />
        <p>{words['taken over']}</p>
        <Button name="use-here" kind="go" onClick={() => phone.link.reopen()}>
          {words['use here']}
        </Button>
      </main>
    );
  if (state === 'closed')
    return (
      <main key="closed" data-testid="screen-closed">
        <Title text={words['closed title']} />
        <p role="status">{words.closed}</p>
      </main>
    );
  return (
    <main key="gone" data-testid="screen-gone">
      <Title text={words[state === 'gone' ? 'gone title' : 'product']} />
      <p role="status">{words[state === 'gone' ? 'gone' : 'working']}</p>
    </main>
  );
};

const Shown = ({
  phone,
  words,
  language,
}: {
  readonly phone: PhoneLink;
  readonly words: Words;
  readonly language: Language;
}) => {
  const { received, state, link, sound } = phone;
  if (received === null || state !== 'open') return <Apart phone={phone} words={words} />;
  const { screen } = received;
  const drawing = {
    words,
    language,
    send: (command: Parameters<Link['send']>[0]) => link.send(command),
    startSound: () => sound.start(),
  };
  return (
    <main key={screen.name} data-testid={`screen-${screen.name}`} aria-busy={screen.isBusy}>
      <Body drawing={drawing} phone={phone} received={received} />
      <Problem code={screen.error} words={words} />
      <p class="working" role="status">
        {screen.isBusy ? words.working : ''}
      </p>
    </main>
  );
};

/** The whole page. */
export const App = () => {
  const [language, setLanguage] = useState<Language>(chosenLanguage);
  const phone = usePhone();
  const words = wordsOf(language);
  const other: Language = language === 'en' ? 'fr' : 'en';
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <>
      <header>
        <span class="product">{words.product}</span>
        <button
          type="button"
          lang={other}
          data-testid="language"
          data-value={language}
          onClick={() => {
            keepLanguage(other);
            setLanguage(other);
          }}
        >
          {words.language}
        </button>
      </header>
      <Shown phone={phone} words={words} language={language} />
    </>
  );
};

import { useEffect, useState } from 'preact/hooks';
import { durationText, spelled } from '../view.ts';
import { fill, reasonOf } from '../words.ts';
import { Button, Peer, Title, VerdictLine, type Drawing } from './parts.tsx';
import type { SoundNote } from './sound.ts';

/** A call that this phone makes. */
export const CallingScreen = ({ screen, words, send }: Drawing<'calling'>) => (
  <>
    <Title text={words['calling title']} />
    <Peer number={screen.peer} />
    <p role="status">{words[screen.isRinging ? 'peer rings' : 'calling']}</p>
    <Button name="hang-up" kind="stop" onClick={() => send({ do: 'hang-up' })}>
      {words['hang up']}
    </Button>
  </>
);

/** A call that rings here. */
export const IncomingScreen = ({ screen, words, send, startSound }: Drawing<'incoming'>) => (
  <>
    <Title text={words['incoming title']} />
    <Peer number={screen.peer} />
    <p role="status">{words.incoming}</p>
    <div class="pair">
      <Button
        name="answer"
        kind="go"
        onClick={() => {
          startSound();
          send({ do: 'answer' });
        }}
      >
        {words.answer}
      </Button>
      <Button name="decline" kind="stop" onClick={() => send({ do: 'hang-up' })}>
        {words.decline}
      </Button>
    </div>
  </>
);

/** Milliseconds since a moment of the phone's clock, by the second. */
const useElapsed = (since: number, clockOffset: number): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  return now - clockOffset - since;
};

const Identifier = ({
  name,
  label,
  value,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}) => (
  <div class="identifier">
    <dt>{label}</dt>
    <dd>
      <span role="img" aria-label={`${label}: ${spelled(value)}`} data-testid={name}>
        {value}
      </span>
    </dd>
  </div>
);

const Toggle = ({
  name,
  label,
  isOn,
  onChange,
}: {
  readonly name: string;
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (on: boolean) => void;
}) => (
  <button type="button" data-testid={name} aria-pressed={isOn} onClick={() => onChange(!isOn)}>
    {label}
  </button>
);

const Notes = ({
  screen,
  words,
  note,
  retrySound,
}: Pick<InCallDrawing, 'screen' | 'words' | 'note' | 'retrySound'>) => (
  <>
    <p class="state" role="status" data-testid="call-held" data-value={screen.held}>
      {words[`held ${screen.held}`]}
    </p>
    <p class="state" role="status">
      {screen.isMuted ? words.muted : ''}
    </p>
    {screen.hasCodec ? null : <p class="note bad">{words['no codec']}</p>}
    <div role="status" data-testid="sound-note" data-value={note}>
      {note === 'on' ? null : (
        <>
          <p class="note bad">{words[note]}</p>
          <Button name="turn-sound-on" onClick={retrySound}>
            {words['turn sound on']}
          </Button>
        </>
      )}
    </div>
  </>
);

/** What the call's screen is drawn with besides. */
export interface InCallDrawing extends Drawing<'in-call'> {
  readonly clockOffset: number;
  readonly note: SoundNote;
  readonly retrySound: () => void;
}

const isHolding = (held: 'none' | 'local' | 'remote' | 'both'): boolean =>
  held === 'local' || held === 'both';

/** A call under way. */
export const InCallScreen = (drawing: InCallDrawing) => {
  const { screen, words, send, startSound, clockOffset } = drawing;
  const elapsed = useElapsed(screen.since, clockOffset);
  useEffect(startSound, []);
  return (
    <>
      <Title text={words['in-call title']} />
      <Peer number={screen.peer} />
      <p class="duration" role="timer" aria-label={words.duration}>
        <span data-testid="call-duration">{durationText(elapsed)}</span>
      </p>
      <section aria-labelledby="identifiers">
        <h2 id="identifiers">{words.identifiers}</h2>
        <dl class="identifiers">
          <Identifier name="local-identifier" label={words.local} value={screen.local} />
          <Identifier name="peer-identifier" label={words.peer} value={screen.peerIdentifier} />
        </dl>
        <p class="hint">{words['identifiers hint']}</p>
        <dl class="verdicts">
          <VerdictLine
            name="chain-verdict"
            label={words.chain}
            verdict={screen.chain}
            words={words}
          />
          <VerdictLine
            name="name-verdict"
            label={words['common name']}
            verdict={screen.commonName}
            words={words}
          />
        </dl>
      </section>
      <Notes {...drawing} />
      <div class="pair">
        <Toggle
          name="mute"
          label={words.mute}
          isOn={screen.isMuted}
          onChange={(on) => send({ do: 'mute', on })}
        />
        <Toggle
          name="hold"
          label={words.hold}
          isOn={isHolding(screen.held)}
          onChange={(on) => send({ do: 'hold', on })}
        />
      </div>
      <Button name="hang-up" kind="stop" onClick={() => send({ do: 'hang-up' })}>
        {words['hang up']}
      </Button>
    </>
  );
};

/** Why a call is over. */
export const EndedScreen = ({ screen, words, send }: Drawing<'ended'>) => (
  <>
    <Title text={words['ended title']} />
    <p>{fill(words['ended with'], { peer: screen.peer })}</p>
    <p
      class={screen.reason === 'hung-up' ? 'note' : 'note bad'}
      role="status"
      data-testid="end-reason"
      data-code={screen.reason}
      data-value={screen.reason}
    >
      {reasonOf(screen.reason, words)}
    </p>
    {screen.refused === null ? null : (
      <p class="note bad">{words[screen.refused === 'chain' ? 'chain refused' : 'name refused']}</p>
    )}
    <Button name="close-ended" kind="go" onClick={() => send({ do: 'close-ended' })}>
      {words.close}
    </Button>
  </>
);

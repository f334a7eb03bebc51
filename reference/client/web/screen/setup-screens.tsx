import { useState } from 'preact/hooks';
import { passwordStrength } from '../password.ts';
import { fill } from '../words.ts';
import { Button, Field, Form, Title, type Drawing } from './parts.tsx';

const NumberStep = ({ screen, words, send }: Drawing<'enrol'>) => {
  const [number, setNumber] = useState(screen.number);
  const [password, setPassword] = useState('');
  const strength = passwordStrength(password);
  return (
    <Form onSubmit={() => send({ do: 'request-enrolment', number: number.trim(), password })}>
      <Field
        name="enrol-number"
        type="tel"
        autoComplete="username"
        label={words['enrol number']}
        hint={words['enrol number hint']}
        value={number}
        onInput={setNumber}
      />
      <Field
        name="enrol-password"
        type="password"
        autoComplete="new-password"
        label={words['enrol password']}
        hint={words['enrol password hint']}
        value={password}
        onInput={setPassword}
      />
      <p
        class={`strength ${strength}`}
        role="status"
        data-testid="password-strength"
        data-value={strength}
      >
        {password === '' ? '' : words[`strength ${strength}`]}
      </p>
      <button type="submit" class="go" data-testid="request-token">
        {words['enrol request']}
      </button>
    </Form>
  );
};

const TokenStep = ({ screen, words, send }: Drawing<'enrol'>) => {
  const [token, setToken] = useState('');
  return (
    <Form onSubmit={() => send({ do: 'complete-enrolment', token })}>
      <p>{fill(words['token sent'], { number: screen.number })}</p>
      <Field
        name="enrol-token"
        type="text"
        autoComplete="one-time-code"
        label={words.token}
        value={token}
        onInput={setToken}
      />
      <button type="submit" class="go" data-testid="complete-enrolment">
        {words['token complete']}
      </button>
      <Button name="restart-enrolment" onClick={() => send({ do: 'restart-enrolment' })}>
        {words['token restart']}
      </Button>
    </Form>
  );
};

/** Number and password, then the token. */
export const EnrolScreen = (drawing: Drawing<'enrol'>) => {
  const { screen, words } = drawing;
  return screen.step === 'number' ? (
    <>
      <Title key="number" text={words['enrol title']} />
      <NumberStep key="number-step" {...drawing} />
    </>
  ) : (
    <>
      <Title key="token" text={words['token title']} />
      <TokenStep key="token-step" {...drawing} />
    </>
  );
};

/** The password of the stored key. */
export const UnlockScreen = ({ screen, words, send }: Drawing<'unlock'>) => {
  const [password, setPassword] = useState('');
  return (
    <>
      <Title text={words['unlock title']} />
      <p>{fill(words['unlock for'], { number: screen.number })}</p>
      <Form onSubmit={() => send({ do: 'unlock', password })}>
        <input type="text" autoComplete="username" value={screen.number} hidden readOnly />
        <Field
          name="unlock-password"
          type="password"
          autoComplete="current-password"
          label={words.password}
          value={password}
          onInput={setPassword}
        />
        <button type="submit" class="go" data-testid="unlock">
          {words.unlock}
        </button>
      </Form>
    </>
  );
};

/** What is left to do with a certificate that the administrator has revoked. */
export const RevokedScreen = ({ screen, words, send }: Drawing<'revoked'>) => (
  <>
    <Title text={words['revoked title']} />
    <p class="note bad" role="alert" data-testid="revoked-message">
      {fill(words.revoked, { number: screen.number })}
    </p>
    <Button name="enrol-again" onClick={() => send({ do: 'restart-enrolment' })}>
      {words['enrol again']}
    </Button>
  </>
);

import { describe, expect, it } from 'vitest';
import { DeadlineError } from '../contract.ts';
import { partProblem } from '../honesty.ts';
import { phoneCapabilities } from './capabilities.ts';
import { screenPhone } from './phone.ts';
import { identifierIn, secondsIn } from './screens/in-call.ts';
import { reasonIn } from './screens/error.ts';
import type { ElementName } from './selectors/names.ts';
import { readSelectors } from './selectors/read.ts';
import { fakeScreen, type FakeApplication } from './testing/fake-screen.ts';

const capabilities = phoneCapabilities({
  place: 'elsewhere',
  selectors: readSelectors('reference-application', '.'),
  storedFiles: 'no',
  logsKeys: false,
});

const setUp = (without: readonly ElementName[] = []) => {
  const { application, screen } = fakeScreen(without);
  const steps: string[] = [];
  const phone = screenPhone({
    name: 'alice',
    screen,
    capabilities,
    done: async (step) => void steps.push(step),
    stop: async () => void steps.push('stopped'),
  });
  return { application, phone, steps };
};

const inCall = (more: FakeApplication['shown'] = {}): FakeApplication['shown'] => ({
  'screen-in-call': '',
  'call-peer': '+33639982902',
  'call-duration': '00:03',
  'local-identifier': '0011 2233',
  'peer-identifier': '4455 6677',
  'call-held': 'none',
  hold: '',
  'hang-up': '',
  ...more,
});

describe('a phone on its screen', () => {
  it('claims nothing that it has no method for', () => {
    expect(partProblem('phone', setUp().phone, 'phone')).toBeNull();
  });

  it('enrols as its user would', async () => {
    const { application, phone } = setUp();
    application.shown = {
      'screen-enrol': '',
      'enrol-number': '',
      'enrol-password': '',
      'request-token': '',
    };
    application.onTap = (name) => {
      application.shown =
        name === 'request-token'
          ? { 'screen-enrol': '', 'enrol-token': '', 'complete-enrolment': '' }
          : { 'screen-dial': '', 'registration-state': 'registered' };
    };
    await phone.requestEnrolment('+33639982901', 'secret');
    await phone.completeEnrolment('123456');
    await phone.unlock('secret');
    await phone.register();
    expect(application.typed).toEqual({
      'enrol-number': '+33639982901',
      'enrol-password': 'secret',
      'enrol-token': '123456',
    });
  });

  it('rejects with the code that the screen shows, and never with what was typed', async () => {
    const { application, phone } = setUp();
    application.shown = { 'screen-unlock': '', 'unlock-password': '', unlock: '' };
    application.onTap = () => {
      application.shown = { ...application.shown, 'error-message': 'storage/passphrase' };
    };
    await expect(phone.unlock('secret')).rejects.toThrow(
      'phone alice: unlocking: the screen says storage/passphrase',
    );
    application.shown = { 'screen-revoked': '' };
    await expect(phone.unlock('secret')).rejects.toThrow('the screen says revoked');
  });

  it('tells what is shown of a call: identifiers and peer, and neither Call-ID nor packets', async () => {
    const { application, phone } = setUp();
    application.shown = inCall();
    expect(await phone.waitForCall(['in-call'], 100)).toEqual({
      state: 'in-call',
      callId: '',
      peerNumber: '+33639982902',
      identifiers: { local: '0011 2233', peer: '4455 6677' },
      held: 'none',
      endedBy: null,
      packetsSent: 0,
      packetsReceived: 0,
      packetsRefused: 0,
    });
  });

  it('forgets no identifier when the call ends, and tells why it did', async () => {
    const { application, phone } = setUp();
    application.shown = inCall();
    await phone.report();
    application.shown = { 'screen-ended': '', 'end-reason': 'csl/identity', 'close-ended': '' };
    application.onTap = () => {
      application.shown = { 'screen-dial': '' };
    };
    expect(await phone.waitForCall(['ended'], 100)).toMatchObject({
      state: 'ended',
      endedBy: 'csl/identity',
      identifiers: { peer: '4455 6677' },
    });
    expect(application.tapped).toEqual(['close-ended']);
    application.shown = { 'screen-incoming': '', 'call-peer': '+33639982903' };
    expect(await phone.report()).toMatchObject({
      state: 'ringing',
      identifiers: null,
      endedBy: null,
    });
  });

  it('knows that a call is over where the application has no screen for that', async () => {
    const { application, phone } = setUp(['screen-ended']);
    application.shown = inCall();
    await phone.report();
    application.shown = { 'screen-dial': '' };
    expect(await phone.report()).toMatchObject({ state: 'ended', endedBy: null });
  });

  it('waits for as long a call as so many packets last', async () => {
    const { application, phone } = setUp();
    application.shown = inCall();
    await expect(phone.waitForAudio(50, 200)).rejects.toThrow(DeadlineError);
    const waiting = phone.waitForAudio(50, 5_000);
    await phone.report();
    application.shown = inCall({ 'call-duration': '00:04' });
    expect(await waiting).toMatchObject({ state: 'in-call' });
  });

  it('answers what rings while it is told to', async () => {
    const { application, phone } = setUp();
    const answered = new Promise<void>((resolve) => {
      application.onTap = (name) => {
        application.shown = inCall();
        if (name === 'answer') resolve();
      };
    });
    await phone.setAutoAnswer(true);
    application.shown = { 'screen-incoming': '', answer: '', decline: '' };
    await answered;
    await phone.setAutoAnswer(false);
    application.tapped.length = 0;
    application.shown = { 'screen-incoming': '', answer: '', decline: '' };
    await phone.hangUp();
    expect(application.tapped).toEqual(['decline']);
  });

  it('holds and resumes', async () => {
    const { application, phone } = setUp();
    application.shown = inCall();
    application.onTap = () => {
      const held = application.shown['call-held'] === 'none' ? 'local' : 'none';
      application.shown = inCall({ 'call-held': held });
    };
    await phone.hold?.();
    expect(await phone.report()).toMatchObject({ held: 'local' });
    await phone.resume?.();
    expect(await phone.report()).toMatchObject({ held: 'none' });
  });

  it('says which state the screen shows when time is over', async () => {
    const { application, phone } = setUp();
    application.shown = { 'screen-calling': '', 'call-peer': 'x' };
    await expect(phone.waitForCall(['in-call'], 50)).rejects.toThrow(
      'phone alice: in-call did not come within 0.05 s; the screen shows a call that is calling',
    );
  });

  it('is pictured after steps, and stops its session', async () => {
    const { application, phone, steps } = setUp();
    application.shown = inCall();
    await phone.waitForCall(['in-call'], 100);
    await phone.stop();
    expect(steps).toEqual(['call in-call', 'stopped']);
  });
});

describe('a step that fails', () => {
  it('is not pictured: what was typed may still stand on the screen', async () => {
    const { application, phone, steps } = setUp();
    application.shown = { 'screen-unlock': '', 'unlock-password': '', unlock: '' };
    application.onTap = () => {
      application.shown = { ...application.shown, 'error-message': 'storage/passphrase' };
    };
    await expect(phone.unlock('secret')).rejects.toThrow('storage/passphrase');
    await expect(phone.register()).rejects.toThrow(/screen-dial was not shown/);
    expect(steps).toEqual([]);
  });
});

describe('what stands on a screen', () => {
  it('is an identifier only where it is one', () => {
    expect(identifierIn('00AA bb11')).toBe('00aa bb11');
    expect(identifierIn('00:aa:bb:11')).toBe('00aa bb11');
    expect(identifierIn('verified')).toBeNull();
    expect(identifierIn(null)).toBeNull();
  });

  it('is a duration, or none', () => {
    expect(secondsIn('01:07')).toBe(67);
    expect(secondsIn('1:00:01')).toBe(3601);
    expect(secondsIn('soon')).toBeNull();
  });

  it('is a reason only where it is a code', () => {
    expect(reasonIn('csl/identity')).toBe('csl/identity');
    expect(reasonIn('hung-up')).toBeNull();
    expect(reasonIn('The passphrase hunter2 is wrong')).toBe('an error without a code');
  });
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { CallView } from '../calls/call.ts';
import { closeEnded, follow, noHistory, type History } from './history.ts';
import { durationText, screenOf, spelled, type PhoneState } from './view.ts';

const [own, peer] = ['+33639985001', '+33639985002'];

const call = (change: Partial<CallView> = {}): CallView => ({
  state: 'idle',
  callId: '',
  peerNumber: '',
  identifiers: null,
  held: 'none',
  endedBy: null,
  packetsSent: 0,
  packetsReceived: 0,
  packetsRefused: 0,
  ...change,
});

const of = (state: CallView['state'], change: Partial<CallView> = {}): CallView =>
  call({ state, callId: 'a', peerNumber: peer, ...change });

const state = (change: Partial<PhoneState> = {}): PhoneState => ({
  stage: { kind: 'unlocked', number: own },
  registration: 'registered',
  call: call(),
  notes: null,
  isMuted: false,
  isBusy: false,
  log: [],
  showsLog: false,
  contacts: [],
  hasCodec: true,
  error: null,
  ...change,
});

/** What is shown after the views, one a second from 1,000 ms on. */
const after = (
  ...views: readonly CallView[]
): { readonly history: History; readonly shown: PhoneState } => {
  const history = views.reduce(
    (before, view, index) => follow(before, view, 1_000 * (index + 1)),
    noHistory,
  );
  return {
    history,
    shown: state({ call: views.at(-1) ?? call(), notes: history.notes, log: history.log }),
  };
};

const identifiers = { local: '0011 aabb', peer: 'ccdd 2233' };

describe('the screen', () => {
  it.each([
    [
      { kind: 'new', number: own },
      { name: 'enrol', step: 'number', number: own },
    ],
    [
      { kind: 'token', number: own },
      { name: 'enrol', step: 'token', number: own },
    ],
    [
      { kind: 'locked', number: own },
      { name: 'unlock', number: own },
    ],
    [
      { kind: 'revoked', number: own },
      { name: 'revoked', number: own },
    ],
    [
      { kind: 'unlocked', number: own },
      { name: 'dial', number: own, registration: 'registered' },
    ],
  ] as const)('at the stage %o', (stage, expected) => {
    expect(screenOf(state({ stage }))).toMatchObject({ ...expected, isBusy: false, error: null });
  });

  it('of a call that this phone makes', () => {
    const [calling, ringing] = [of('calling'), of('ringing')];
    expect(screenOf(after(calling).shown)).toMatchObject({
      name: 'calling',
      peer,
      isRinging: false,
    });
    expect(screenOf(after(calling, ringing).shown)).toMatchObject({
      name: 'calling',
      isRinging: true,
    });
  });

  it('of a call that rings here', () => {
    expect(screenOf(after(of('ringing')).shown)).toMatchObject({ name: 'incoming', peer });
  });

  it('of a conversation: identifiers, verdicts and when it began', () => {
    const view = of('in-call', { identifiers, held: 'remote' });
    const { shown } = after(of('ringing'), view, view);
    expect(screenOf({ ...shown, isMuted: true })).toMatchObject({
      name: 'in-call',
      since: 2_000,
      local: '0011 aabb',
      peerIdentifier: 'ccdd 2233',
      chain: 'verified',
      commonName: 'verified',
      held: 'remote',
      isMuted: true,
    });
  });

  it('never says verified where nothing is', () => {
    expect(screenOf(after(of('in-call')).shown)).toMatchObject({
      chain: 'refused',
      commonName: 'refused',
      local: '',
    });
  });

  it.each([
    [null, 'hung-up', null],
    ['csl/identity', 'csl/identity', 'common-name'],
    ['csl/from-chain', 'csl/from-chain', 'chain'],
    ['csl/revoked', 'csl/revoked', 'chain'],
    ['sip/486', 'sip/486', null],
  ] as const)('of a call that ended by %s', (endedBy, reason, refused) => {
    const { shown, history } = after(of('calling'), of('ended', { endedBy }));
    expect(screenOf(shown)).toMatchObject({ name: 'ended', peer, reason, refused });
    expect(screenOf({ ...shown, notes: closeEnded(history).notes }).name).toBe('dial');
  });

  it('of the log, which a call covers', () => {
    expect(screenOf(state({ showsLog: true })).name).toBe('log');
    expect(screenOf({ ...after(of('ringing')).shown, showsLog: true }).name).toBe('incoming');
  });

  it('of a revoked phone covers its last call', () => {
    const { shown } = after(of('calling'), of('ended'));
    expect(screenOf({ ...shown, stage: { kind: 'revoked', number: own } }).name).toBe('revoked');
  });
});

describe('the log', () => {
  it('has each call once, with its side, length and reason, newest first', () => {
    const ended = of('ended');
    const refused = of('ended', { callId: 'b', endedBy: 'csl/identity' });
    const { history } = after(
      of('ringing'),
      of('in-call', { identifiers }),
      ended,
      ended,
      of('calling', { callId: 'b' }),
      refused,
      refused,
    );
    expect(history.log).toEqual([
      { role: 'caller', peer, at: 5_000, duration: null, reason: 'csl/identity' },
      { role: 'callee', peer, at: 1_000, duration: 1_000, reason: 'hung-up' },
    ]);
  });

  it('keeps a hundred', () => {
    const views = Array.from({ length: 120 }, (_, index) => of('ended', { callId: `${index}` }));
    expect(after(...views).history.log).toHaveLength(100);
  });

  it('is the same object while nothing changes', () => {
    const { history } = after(of('in-call', { identifiers }));
    expect(follow(history, of('in-call', { identifiers, packetsSent: 9 }), 9_000)).toBe(history);
    expect(follow(history, call(), 9_000)).toBe(history);
  });
});

describe('texts', () => {
  it.each([
    [-5, '00:00'],
    [999, '00:00'],
    [61_000, '01:01'],
    [6_000_000, '100:00'],
  ])('%i ms is %s', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text));

  it('an identifier is read digit by digit', () => {
    expect(spelled('00a1 ffe2')).toBe('0 0 a 1, f f e 2');
  });

  test.prop([fc.stringMatching(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/)])(
    'spelling loses nothing',
    (identifier) => {
      const groups = spelled(identifier).split(', ');
      expect(groups.map((group) => group.replaceAll(' ', '')).join(' ')).toBe(identifier);
    },
  );
});

import { describe, expect, it, vi } from 'vitest';
import { csl1, cslChecks } from './key-agreement.ts';
import { isWiped, wipeSessionKeys, type SessionKeys } from './key-schedule.ts';
import { readMessage, type ReceivedMessage } from './message.ts';
import {
  answerContext,
  callee,
  caller,
  callId,
  filled,
  now,
  offerContext,
  offerMessage,
} from './testing/exchange-support.ts';
import { must } from './testing/vector-support.ts';

vi.mock(import('./key-schedule.ts'), async (original) => {
  const actual = await original();
  return { ...actual, wipeSessionKeys: vi.fn<typeof wipeSessionKeys>(actual.wipeSessionKeys) };
});

const agreement = csl1.create(cslChecks);
const media = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';

const fresh = (seed: number) => ({
  exponent: filled(64, seed),
  nonce: filled(32, seed),
  time: now,
  media,
});

const offered = () =>
  must(agreement.createOffer({ ...fresh(31), own: caller, dialled: callee.number, callId }));

const carried = (headers: ReceivedMessage['headers']): ReceivedMessage => ({
  ...offerMessage(),
  headers,
});

const exchanged = () => {
  const offer = offered();
  const accepted = must(agreement.verifyOffer(carried(offer.headers), offerContext()));
  const answer = must(accepted.createAnswer(fresh(32)));
  return { offer, accepted, answer };
};

const octets = ({ callerToCallee, calleeToCaller }: SessionKeys) =>
  [callerToCallee, calleeToCaller].flatMap((key) => [key.masterKey, key.masterSalt]);

const lastWiped = (): readonly Uint8Array[] => {
  const [keys] = vi.mocked(wipeSessionKeys).mock.lastCall ?? [];
  if (!keys) throw new Error('no session keys were overwritten');
  return octets(keys);
};

describe('csl1', () => {
  it('gives both sides the same keys and hash, and who the other is', () => {
    const { offer, accepted, answer } = exchanged();
    const atCaller = must(offer.verifyAnswer(carried(answer.headers), answerContext()));
    const atCallee = must(answer.verifyConfirmation(atCaller.ackHeaders));
    expect(atCallee.keys).toEqual(atCaller.keys);
    expect(atCallee.answerHash).toEqual(atCaller.answerHash);
    expect([accepted.peer.number, atCaller.peer.number]).toEqual([caller.number, callee.number]);
    expect(accepted.displayed.local).toBe(atCaller.displayed.peer);
    expect(octets(atCallee.keys).some(isWiped)).toBe(false);
    answer.abandon();
    expect(octets(atCallee.keys).some(isWiped)).toBe(false);
  });

  it('keeps the callee’s keys inside until the ACK has verified', () => {
    const { answer } = exchanged();
    expect(Object.keys(answer).toSorted()).toEqual([
      'abandon',
      'headers',
      'underWay',
      'verifyConfirmation',
    ]);
  });

  it('overwrites them where the ACK does not verify, and the first ACK decides', () => {
    const { offer, answer } = exchanged();
    const { ackHeaders } = must(offer.verifyAnswer(carried(answer.headers), answerContext()));
    vi.mocked(wipeSessionKeys).mockClear();
    expect(answer.verifyConfirmation([])).toMatchObject({ error: { code: 'headers-absent' } });
    expect(lastWiped().every(isWiped)).toBe(true);
    expect(answer.verifyConfirmation(ackHeaders)).toMatchObject({
      error: { code: 'exchange-over' },
    });
  });

  it('overwrites them where the call ends before its ACK', () => {
    const { answer } = exchanged();
    vi.mocked(wipeSessionKeys).mockClear();
    answer.abandon();
    expect(lastWiped().every(isWiped)).toBe(true);
    expect(answer.verifyConfirmation([])).toMatchObject({ error: { code: 'exchange-over' } });
  });

  it('keeps the keys of a call whose ACK has verified, whatever comes after it', () => {
    const { offer, answer } = exchanged();
    const { ackHeaders } = must(offer.verifyAnswer(carried(answer.headers), answerContext()));
    const { keys } = must(answer.verifyConfirmation(ackHeaders));
    expect(answer.verifyConfirmation(ackHeaders)).toMatchObject({
      error: { code: 'exchange-over' },
    });
    expect(octets(keys).some(isWiped)).toBe(false);
  });

  it('refuses to dial itself, and to answer with values that are none', () => {
    const input = { ...fresh(31), own: caller, dialled: caller.number, callId };
    expect(agreement.createOffer(input)).toMatchObject({ error: { code: 'dials-itself' } });
    const accepted = must(agreement.verifyOffer(carried(offered().headers), offerContext()));
    const exponent = new Uint8Array(64);
    expect(accepted.createAnswer({ ...fresh(32), exponent })).toMatchObject({
      error: { code: 'exponent' },
    });
  });

  it('names what each side has sent, which must not come back to it', () => {
    const { offer, answer } = exchanged();
    const sent = (headers: ReceivedMessage['headers'], kind: 'offer' | 'answer') => {
      const { publicValue, nonce } = readMessage(headers, kind).info1 ?? {};
      return { publicValue, nonce };
    };
    expect(offer.underWay).toMatchObject(sent(offer.headers, 'offer'));
    expect(answer.underWay).toEqual(sent(answer.headers, 'answer'));
  });

  it('takes no 200 after the INVITE was given up', () => {
    const { offer, answer } = exchanged();
    offer.abandon();
    expect(offer.verifyAnswer(carried(answer.headers), answerContext())).toMatchObject({
      error: { code: 'exchange-over' },
    });
  });

  it('refuses its own message back while it is under way', () => {
    const offer = offered();
    const context = offerContext({ underWay: [offer.underWay] });
    expect(agreement.verifyOffer(carried(offer.headers), context)).toMatchObject({
      error: { code: 'reflection' },
    });
  });

  it('applies the checks that it is given', () => {
    const lenient = csl1.create({ ...cslChecks, offerChecks: [] });
    const received = { ...offerMessage(), fromUser: 'anybody' };
    expect(agreement.verifyOffer(received, offerContext())).toMatchObject({
      error: { code: 'identity' },
    });
    expect(lenient.verifyOffer(received, offerContext()).ok).toBe(true);
  });
});

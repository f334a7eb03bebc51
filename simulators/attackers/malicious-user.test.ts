import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFault } from './call-faults.ts';
import { freshKey } from './certificate-forger.ts';
import type { AnswerOutcome } from './malicious-callee.ts';
import type { CallOutcome } from './malicious-caller.ts';
import { createMaliciousUser, type MaliciousUser } from './malicious-user.ts';
import { createTestAuthorities, issueClient } from './testing/authorities.ts';
import { startRegistration, type TestRegistration } from './testing/registration.ts';
import { startSipSwitch } from './testing/sip-switch.ts';
import { closedEndpoint, startTcpServer, type TestServer } from './testing/tcp-server.ts';

const authorities = createTestAuthorities();
const { trust } = authorities;
const [numberA, numberB, numberC] = ['+33600000001', '+33600000002', '+33600000003'];
const deadlineMs = 5_000;
const listenMs = 150;

let registration: TestRegistration;
let sip: TestServer;
let caller: MaliciousUser;
let callee: MaliciousUser;

beforeAll(async () => {
  registration = await startRegistration(authorities);
  sip = await startSipSwitch(authorities);
  const options = { sip: sip.endpoint, registration: registration.endpoint, trust };
  caller = createMaliciousUser(options);
  callee = createMaliciousUser(options);
  for (const [user, number] of [
    [caller, numberA],
    [callee, numberB],
    [caller, numberC],
    [callee, numberC],
  ] as const)
    expect(await user.enrol(number, registration.readToken, deadlineMs)).toEqual({
      kind: 'enrolled',
    });
  expect(await caller.register(numberA, deadlineMs)).toEqual({ kind: 'registered' });
  expect(await callee.register(numberB, deadlineMs)).toEqual({ kind: 'registered' });
});
afterAll(async () => {
  caller.close();
  callee.close();
  await sip.stop();
  await registration.stop();
});

const call = async (
  callerFault: CallFault,
  calleeFault: CallFault,
): Promise<readonly [CallOutcome, AnswerOutcome]> => {
  const common = { deadlineMs, listenMs, other: numberC };
  const answering = callee.answer({ ...common, number: numberB, fault: calleeFault });
  const calling = caller.call(numberB, { ...common, number: numberA, fault: callerFault });
  return Promise.all([calling, answering]);
};

describe('two malicious users without a fault', () => {
  it('reach a verified ACK and hear each other', async () => {
    const [called, answered] = await call('none', 'none');
    expect(called).toMatchObject({
      kind: 'answered',
      provisional: [180],
      cslHeaders: 4,
      answer: 'verified',
    });
    expect(answered).toMatchObject({ kind: 'reacted', caller: numberA, ack: 'verified' });
    for (const { media } of [called, answered] as {
      media: { packets: number; verified: number };
    }[]) {
      expect(media.verified).toBeGreaterThan(0);
      expect(media.verified).toBe(media.packets);
    }
  });
});

describe('the end of a call', () => {
  it.each([
    { ends: 'caller', callerMs: 20, calleeMs: deadlineMs },
    { ends: 'callee', callerMs: deadlineMs, calleeMs: 20 },
  ])('is reported as BYE to the other when the $ends hangs up', async (each) => {
    const common = { deadlineMs, fault: 'none' } as const;
    const answering = callee.answer({ ...common, number: numberB, listenMs: each.calleeMs });
    const called = await caller.call(numberB, {
      ...common,
      number: numberA,
      listenMs: each.callerMs,
    });
    expect(called).toMatchObject({ kind: 'answered', bye: each.ends === 'callee' });
    expect(await answering).toMatchObject({ kind: 'reacted', bye: each.ends === 'caller' });
  });
});

describe('faults of the caller, as this callee sees them', () => {
  it.each<[CallFault, string]>([
    ['certificate-of-another-number', 'csl-signature'],
    ['altered-signature', 'csl-signature'],
    ['missing-signature', 'csl-info2'],
    ['no-headers', 'csl-headers'],
  ])('%s', async (fault, code) => {
    const [called, answered] = await call(fault, 'none');
    expect(answered).toEqual({ kind: 'offer-unreadable', code });
    expect(called).toMatchObject({ kind: 'refused', status: 488, reason: 'Not Acceptable Here' });
  });
  it.each<[CallFault, string]>([
    ['altered-tag', 'wrong'],
    ['missing-tag', 'absent'],
  ])('%s', async (fault, ack) => {
    const [called, answered] = await call(fault, 'none');
    expect(answered).toMatchObject({ kind: 'reacted', ack });
    expect(called).toMatchObject({ kind: 'answered', answer: 'verified' });
  });
  // This callee does not check issuers: what these faults break is for a phone to find; everything else must be right.
  it.each<CallFault>(['rogue-authority', 'rogue-chain', 'altered-certificate'])(
    '%s',
    async (fault) => {
      const [called, answered] = await call(fault, 'none');
      expect(answered).toMatchObject({ kind: 'reacted', caller: numberA, ack: 'verified' });
      expect(called).toMatchObject({ kind: 'answered', answer: 'verified' });
    },
  );
});

describe('faults of the callee, as this caller sees them', () => {
  it.each<[CallFault, string, number]>([
    ['altered-signature', 'csl-signature', 4],
    ['missing-signature', 'csl-info2', 4],
    ['altered-tag', 'csl-tag', 4],
    ['missing-tag', 'csl-info2', 4],
    ['no-headers', 'csl-headers', 0],
  ])('%s', async (fault, answer, cslHeaders) => {
    const [called, answered] = await call('none', fault);
    expect(called).toMatchObject({ kind: 'answered', answer, cslHeaders });
    expect(answered).toMatchObject({ kind: 'reacted', ack: 'absent' });
  });
  it.each<CallFault>([
    'certificate-of-another-number',
    'rogue-authority',
    'rogue-chain',
    'altered-certificate',
  ])('%s', async (fault) => {
    const [called, answered] = await call('none', fault);
    expect(called).toMatchObject({ kind: 'answered', answer: 'verified' });
    expect(answered).toMatchObject({ kind: 'reacted', ack: 'verified' });
  });
});

describe('a malicious user whose target does not play along', () => {
  const userOf = (endpoint: TestServer['endpoint']): MaliciousUser => {
    const user = createMaliciousUser({ sip: endpoint, registration: registration.endpoint, trust });
    const key = freshKey();
    user.adopt({ number: numberA, key, certificate: issueClient(authorities, numberA, key) });
    return user;
  };
  it('reports a call that nobody answers', async () => {
    const quick = { number: numberA, fault: 'none', deadlineMs: 50 } as const;
    expect(await caller.call('+33699999999', quick)).toEqual({
      kind: 'deadline',
      provisional: [],
      media: { packets: 0, verified: 0 },
    });
    expect(await caller.answer(quick)).toEqual({ kind: 'no-invite', by: 'deadline' });
  });
  it('reports a refused registration, a closed port, a TLS refusal and silence', async () => {
    const refusing = await startSipSwitch(authorities, 403);
    const user = userOf(refusing.endpoint);
    expect(await user.register(numberA, deadlineMs)).toEqual({
      kind: 'refused',
      status: 403,
      reason: 'Registered or not',
    });
    user.close();
    await refusing.stop();
    expect(await userOf(await closedEndpoint()).register(numberA, deadlineMs)).toEqual({
      kind: 'unreachable',
      reason: 'ECONNREFUSED',
    });
    const others = await startSipSwitch(createTestAuthorities());
    expect(await userOf(others.endpoint).register(numberA, deadlineMs)).toMatchObject({
      kind: 'tls-refused',
    });
    await others.stop();
    const silent = await startTcpServer(() => undefined);
    expect(await userOf(silent.endpoint).register(numberA, 100)).toEqual({ kind: 'deadline' });
    await silent.stop();
  });
  it('reports an enrolment whose token is wrong or never read', async () => {
    const user = userOf(sip.endpoint);
    expect(await user.enrol(numberB, async () => '000000', deadlineMs)).toEqual({
      kind: 'refused',
      step: 'certificate',
      status: 403,
    });
    const lost = (): Promise<string> => Promise.reject(new Error('no message came'));
    expect(await user.enrol(numberB, lost, deadlineMs)).toEqual({
      kind: 'failed',
      reason: 'no message came',
    });
  });
  it('throws on misuse, naming what is missing', async () => {
    const user = userOf(sip.endpoint);
    await expect(user.register(numberB, deadlineMs)).rejects.toThrow('enrol it first');
    await expect(
      user.call(numberB, { number: numberA, fault: 'none', deadlineMs }),
    ).rejects.toThrow('register it first');
    await expect(
      caller.call(numberB, { number: numberA, fault: 'altered-certificate', deadlineMs }),
    ).rejects.toThrow('needs the certificate of another number');
  });
});

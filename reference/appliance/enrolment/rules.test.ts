import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { createRequest } from '../../core/pki/request.ts';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import {
  createEnrolment,
  enrolmentLimits,
  type Enrolment,
  type EnrolmentOptions,
} from './enrolment.ts';
import { closePrimesKey, rocaKey } from './testing/weak-keys.ts';

const number = '+33612345678';
const other = '+33687654321';
const year = 31_536_000_000;

describe('rules of enrolment (I-6) and revocation (I-7)', () => {
  const keys: TestKey[] = [];
  let now: number;
  let elapsed: number;
  let sent: { readonly number: string; readonly token: string }[];
  let store: ApplianceStore;
  let enrolment: Enrolment;
  let issues: number;
  let delivery: (number: string) => Promise<void>;

  const key = (index: number): TestKey => keys[index] ?? newTestKey();
  beforeAll(() => {
    for (let count = 0; count < 4; count += 1) keys.push(newTestKey());
  });
  const create = (changes: Partial<EnrolmentOptions> = {}): Enrolment =>
    createEnrolment({
      store,
      now: () => now,
      elapsed: () => elapsed,
      randomBytes,
      sendToken: (to, token) => {
        sent.push({ number: to, token });
        return delivery(to);
      },
      issue: (to, publicKey) => {
        issues += 1;
        const der = sha256(new TextEncoder().encode(`${to} ${issues}`));
        return Promise.resolve({
          serial: toHex(der.subarray(0, 16)),
          der,
          publicKey,
          notAfter: now + year,
        });
      },
      ...changes,
    });
  beforeEach(() => {
    now = 1_795_435_200_000;
    elapsed = 0;
    sent = [];
    issues = 0;
    delivery = () => Promise.resolve();
    store = createMemoryStore();
    enrolment = create();
  });
  afterEach(() => store.close());

  const requestFor = (from: TestKey, commonName = number): Promise<string> =>
    createRequest({ commonName, publicKey: from.spki, sign: from.sign });
  const begin = async (from: TestKey, to = number): Promise<{ id: string; token: string }> => {
    const outcome = await enrolment.request(to, await requestFor(from, to));
    if (!outcome.ok) throw new Error(outcome.error.code);
    return { id: outcome.value.id, token: sent.at(-1)?.token ?? '' };
  };
  const codeOf = async (
    outcome: Promise<{ readonly ok: boolean; readonly error?: { readonly code: string } }>,
  ) => {
    const result = await outcome;
    return result.ok ? 'ok' : result.error?.code;
  };
  const enrol = async (from: TestKey, to = number): Promise<string> => {
    const { id, token } = await begin(from, to);
    const outcome = await enrolment.certificate(id, token);
    if (!outcome.ok) throw new Error(outcome.error.code);
    return toHex(outcome.value.subarray(0, 16));
  };
  const revoke = (): void =>
    void store.numbers.revokeNumber({ number, by: 'alice', reason: 'keyCompromise', at: now });

  it('takes a number in any international spelling, the certificate’s name in the one of E.164', async () => {
    const asked = (commonName: string) => requestFor(key(0), commonName);
    expect(await codeOf(enrolment.request('+330612345678', await asked(number)))).toBe('ok');
    expect(sent).toMatchObject([{ number }]);
    expect(await codeOf(enrolment.request('+330612345678', await asked('+330612345678')))).toBe(
      'enrolment/common-name',
    );
    expect(await codeOf(enrolment.request('+33899123456', await asked('+33899123456')))).toBe(
      'enrolment/number',
    );
  });

  it('refuses keys that can be factored, or are on the list of weak ones', async () => {
    expect(await codeOf(enrolment.request(number, await requestFor(rocaKey())))).toBe(
      'enrolment/key-weak',
    );
    expect(await codeOf(enrolment.request(number, await requestFor(closePrimesKey())))).toBe(
      'enrolment/key-weak',
    );
    enrolment = create({ weakKeys: { has: () => true, size: 1 } });
    expect(await codeOf(enrolment.request(number, await requestFor(key(0))))).toBe(
      'enrolment/key-weak',
    );
    expect(sent).toEqual([]);
  });

  it('refuses a key certified for anyone, also when both requests came before', async () => {
    const first = await begin(key(0));
    const second = await begin(key(0), other);
    expect(await codeOf(enrolment.certificate(first.id, first.token))).toBe('ok');
    expect(await codeOf(enrolment.certificate(second.id, second.token))).toBe(
      'enrolment/key-known',
    );
    expect(await codeOf(enrolment.request(other, await requestFor(key(0), other)))).toBe(
      'enrolment/key-known',
    );
    expect(await codeOf(enrolment.request(number, await requestFor(key(0))))).toBe(
      'enrolment/key-known',
    );
    revoke();
    expect(await codeOf(enrolment.request(other, await requestFor(key(0), other)))).toBe(
      'enrolment/key-known',
    );
  });

  it('lets a token die by the clock that no one sets, though the wall clock stands still', async () => {
    const { id, token } = await begin(key(0));
    elapsed = enrolmentLimits.tokenLifetime;
    expect(await codeOf(enrolment.certificate(id, token))).toBe('enrolment/token-expired');
    elapsed = 0;
    expect(await codeOf(enrolment.certificate(id, token))).toBe('enrolment/token-expired');
  });

  it('limits what one address asks, whatever it asks for', async () => {
    enrolment = create({ perAddress: [{ count: 2, per: 60_000 }] });
    const unknown = (address?: string) =>
      codeOf(enrolment.certificate('0'.repeat(32), '123456', address));
    expect([
      await unknown('192.0.2.1'),
      await unknown('::ffff:192.0.2.1'),
      await unknown('192.0.2.1'),
    ]).toEqual(['enrolment/unknown', 'enrolment/unknown', 'enrolment/too-many-requests']);
    expect(await codeOf(enrolment.request(number, '', '192.0.2.1'))).toBe(
      'enrolment/too-many-requests',
    );
    expect(await codeOf(enrolment.renew({ serial: '00', number }, '', '192.0.2.1'))).toBe(
      'enrolment/too-many-requests',
    );
    expect(await unknown('192.0.2.2')).toBe('enrolment/unknown');
    elapsed = 30_000;
    expect(await unknown('192.0.2.1')).toBe('enrolment/unknown');
  });

  it('revokes the earlier certificate when a number enrols again, and tells its owner', async () => {
    const first = await enrol(key(0));
    const pending = await begin(key(1));
    expect(store.certificates.statusOf(first)).toBe('valid');
    expect(store.messages.due(now, 10)).toEqual([]);
    await enrolment.certificate(pending.id, pending.token);
    expect(store.certificates.get(first)).toMatchObject({ state: 'revoked', reason: 'superseded' });
    expect(store.messages.due(now, 10)).toMatchObject([
      { number, text: expect.stringContaining('earlier one revoked') },
    ]);
  });

  it('does not repeat a certificate that was revoked since', async () => {
    const first = await begin(key(0));
    await enrolment.certificate(first.id, first.token);
    await enrol(key(1));
    expect(await codeOf(enrolment.certificate(first.id, first.token))).toBe('enrolment/token-dead');
  });

  it('answers for a blocked number as for any other, sends nothing and issues nothing', async () => {
    const before = await begin(key(0));
    revoke();
    expect(await codeOf(enrolment.certificate(before.id, before.token))).toBe(
      'enrolment/token-wrong',
    );
    const during = await enrolment.request(number, await requestFor(key(1)));
    expect(during).toEqual({ ok: true, value: { id: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    expect(sent).toHaveLength(1);
    for (let request = 2; request < enrolmentLimits.requestsPerDay; request += 1) {
      expect(await codeOf(enrolment.request(number, await requestFor(key(1))))).toBe('ok');
    }
    expect(await codeOf(enrolment.request(number, await requestFor(key(1))))).toBe(
      'enrolment/too-many-requests',
    );
    expect(store.audit.count({ action: 'enrolment/refused-blocked', subject: number })).toBe(4);
    store.numbers.releaseNumber({ number, by: 'alice', at: now });
    now += 86_400_001;
    await enrol(key(2));
    expect(issues).toBe(1);
  });

  it('answers for a blocked number as late as for the last other one, and fails with it', async () => {
    revoke();
    delivery = () => {
      elapsed += 40;
      return Promise.resolve();
    };
    await begin(key(0), other);
    const started = performance.now();
    expect(await codeOf(enrolment.request(number, await requestFor(key(1))))).toBe('ok');
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
    delivery = () => Promise.reject(new Error('centre down'));
    expect(await codeOf(enrolment.request(other, await requestFor(key(0), other)))).toBe(
      'enrolment/message-not-sent',
    );
    expect(await codeOf(enrolment.request(number, await requestFor(key(1))))).toBe(
      'enrolment/message-not-sent',
    );
    expect(store.enrolments.countSince(number, 0)).toBe(1);
  });

  it('issues nothing when the number is revoked while the authority signs', async () => {
    let sign = (): void => undefined;
    const signing = new Promise<void>((resolve) => (sign = resolve));
    enrolment = create({
      issue: async (_, publicKey) => {
        await signing;
        return { serial: 'aa', der: Uint8Array.of(1), publicKey, notAfter: now + year };
      },
    });
    const { id, token } = await begin(key(0));
    const asked = enrolment.certificate(id, token);
    revoke();
    sign();
    expect(await codeOf(asked)).toBe('enrolment/token-dead');
    expect(store.certificates.statusOf('aa')).toBe('unknown');
  });

  it('renews with a new key, revokes the old certificate, and repeats a lost answer', async () => {
    const serial = await enrol(key(0));
    const csr = await requestFor(key(1));
    const renewed = await enrolment.renew({ serial, number }, csr);
    expect(store.certificates.get(serial)).toMatchObject({ reason: 'superseded' });
    expect(await enrolment.renew({ serial, number }, csr)).toEqual(renewed);
    expect(issues).toBe(2);
    const anotherKey = enrolment.renew({ serial, number }, await requestFor(key(2)));
    expect(await codeOf(anotherKey)).toBe('renewal/refused');
    now += enrolmentLimits.tokenLifetime;
    expect(await codeOf(enrolment.renew({ serial, number }, csr))).toBe('renewal/refused');
    expect(store.messages.due(now, 10)).toMatchObject([
      { text: expect.stringContaining('renewed') },
    ]);
  });

  it('lets one of two renewals with different keys win, and both repetitions of one', async () => {
    const serial = await enrol(key(0));
    const [one, two] = [await requestFor(key(1)), await requestFor(key(2))];
    const outcomes = await Promise.all(
      [one, one, two].map((csr) => enrolment.renew({ serial, number }, csr)),
    );
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it('renews nothing for another name, a known key, or a revoked certificate', async () => {
    const serial = await enrol(key(0));
    const renew = async (from: TestKey, name = number) =>
      codeOf(enrolment.renew({ serial, number }, await requestFor(from, name)));
    expect(await renew(key(1), other)).toBe('enrolment/common-name');
    expect(await renew(key(0))).toBe('enrolment/key-known');
    expect(await renew(rocaKey())).toBe('enrolment/key-weak');
    revoke();
    expect(await renew(key(1))).toBe('renewal/refused');
  });

  it('logs what happened to whom, and never a token', async () => {
    // 888888, which is part of no time or number here.
    const draw = Uint8Array.of(0, 0x0d, 0x90, 0x38);
    enrolment = create({ randomBytes: (length) => (length === 4 ? draw : randomBytes(length)) });
    const { id, token } = await begin(key(0));
    expect(token).toBe('888888');
    await enrolment.certificate(id, '000000');
    await enrolment.certificate(id, token);
    const entries = [...store.audit.all()];
    expect(entries.map(({ action, subject }) => [action, subject])).toEqual([
      ['enrolment/requested', number],
      ['enrolment/token-wrong', number],
      ['certificate/issued', number],
    ]);
    const text = [...store.exportLines()]
      .join('')
      .replaceAll(
        /"(?:der|public_key|id|hash|serial|request_hash|modulus_hash)":"[^"]*"|[0-9a-f]{32,}/g,
        '',
      );
    expect(text).not.toContain(token);
  });
});

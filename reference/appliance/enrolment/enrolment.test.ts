import { fc, test } from '@fast-check/vitest';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequest } from '../../core/pki/request.ts';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import { createEnrolment, enrolmentLimits, type Enrolment } from './enrolment.ts';
import { toHex } from '../../core/bytes.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';

const number = '+33612345678';
const day = 86_400_000;

/** Randomness whose draws of 4 bytes are these numbers in turn. */
const drawing =
  (...values: number[]) =>
  (length: number): Uint8Array => {
    if (length !== 4) return randomBytes(length);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, values.shift() ?? 0);
    return bytes;
  };

describe('enrolment (I-6)', () => {
  let key: TestKey;
  let csr: string;
  let now: number;
  let sent: { readonly number: string; readonly token: string }[];
  let issued: { readonly number: string; readonly publicKey: Uint8Array }[];
  let enrolment: Enrolment;
  let store: ApplianceStore;
  let sendFails: boolean;

  beforeAll(async () => {
    key = newTestKey();
    csr = await createRequest({ commonName: number, publicKey: key.spki, sign: key.sign });
  });
  const requestFor = (from: TestKey, to = number): Promise<string> =>
    createRequest({ commonName: to, publicKey: from.spki, sign: from.sign });
  const create = (random: (length: number) => Uint8Array = randomBytes): Enrolment =>
    createEnrolment({
      store,
      now: () => now,
      randomBytes: random,
      sendToken: (to, token) => {
        if (sendFails) return Promise.reject(new Error('centre down'));
        sent.push({ number: to, token });
        return Promise.resolve();
      },
      issue: (to, publicKey) => {
        issued.push({ number: to, publicKey });
        const der = Uint8Array.of(issued.length);
        return Promise.resolve({ serial: toHex(der), der, publicKey, notAfter: now + 700 * day });
      },
    });
  beforeEach(() => {
    now = 1_700_000_000_000;
    sent = [];
    issued = [];
    sendFails = false;
    store = createMemoryStore();
    enrolment = create();
  });

  const begin = async (request = csr, to = number): Promise<{ id: string; token: string }> => {
    const outcome = await enrolment.request(to, request);
    if (!outcome.ok) throw new Error(outcome.error.code);
    return { id: outcome.value.id, token: sent.at(-1)?.token ?? '' };
  };
  const codeOf = async (
    outcome: ReturnType<Enrolment['request' | 'certificate']>,
  ): Promise<string> => {
    const result = await outcome;
    return result.ok ? 'ok' : result.error.code;
  };
  const other = (token: string): string => (token === '000000' ? '000001' : '000000');

  it('sends a token of six digits and gives one certificate for it, for the key of the request', async () => {
    const { id, token } = await begin();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(sent).toEqual([{ number, token: expect.stringMatching(/^[0-9]{6}$/) }]);
    const first = await enrolment.certificate(id, token);
    now += enrolmentLimits.tokenLifetime - 1;
    expect(await enrolment.certificate(id, token)).toEqual(first);
    expect(issued).toEqual([{ number, publicKey: key.spki }]);
  });

  it('issues once even when asked twice at the same time', async () => {
    const { id, token } = await begin();
    const both = await Promise.all([
      enrolment.certificate(id, token),
      enrolment.certificate(id, token),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(issued).toHaveLength(1);
  });

  it('lets a token die after ten minutes, and when the clock went back', async () => {
    const { id, token } = await begin();
    now += enrolmentLimits.tokenLifetime;
    expect(await codeOf(enrolment.certificate(id, token))).toBe('enrolment/token-expired');
    now -= enrolmentLimits.tokenLifetime + 1;
    expect(await codeOf(enrolment.certificate(id, token))).toBe('enrolment/token-expired');
    expect(issued).toEqual([]);
  });

  it('lets a token die after five wrong tries', async () => {
    const { id, token } = await begin();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await codeOf(enrolment.certificate(id, other(token)))).toBe('enrolment/token-wrong');
    }
    expect(await codeOf(enrolment.certificate(id, token))).toBe('enrolment/token-dead');
    expect(issued).toEqual([]);
  });

  it('still takes the right token after four wrong tries', async () => {
    const { id, token } = await begin();
    for (let attempt = 0; attempt < 4; attempt += 1) await enrolment.certificate(id, other(token));
    expect(await codeOf(enrolment.certificate(id, token))).toBe('ok');
  });

  it('binds the token to its request, and ends the number’s other requests with its certificate', async () => {
    enrolment = create(drawing(111_111, 222_222));
    const first = await begin(await requestFor(newTestKey()));
    const second = await begin();
    expect([first.token, second.token]).toEqual(['111111', '222222']);
    expect(await codeOf(enrolment.certificate(second.id, first.token))).toBe(
      'enrolment/token-wrong',
    );
    expect(await codeOf(enrolment.certificate(second.id, second.token))).toBe('ok');
    expect(await codeOf(enrolment.certificate(first.id, first.token))).toBe('enrolment/token-dead');
  });

  it('does not know identifiers it did not give', async () => {
    expect(await codeOf(enrolment.certificate('0'.repeat(32), '123456'))).toBe('enrolment/unknown');
  });

  it('limits the requests for a number and day, not those for another number', async () => {
    for (let count = 0; count < enrolmentLimits.requestsPerDay; count += 1) await begin();
    expect(await codeOf(enrolment.request(number, csr))).toBe('enrolment/too-many-requests');
    expect(sent).toHaveLength(enrolmentLimits.requestsPerDay);
    const elsewhere = await createRequest({
      commonName: '+4915112345678',
      publicKey: key.spki,
      sign: key.sign,
    });
    expect(await codeOf(enrolment.request('+4915112345678', elsewhere))).toBe('ok');
    now += day;
    expect(await codeOf(enrolment.request(number, csr))).toBe('ok');
  });

  it('answers alike for a number that is enrolled already', async () => {
    const { id, token } = await begin();
    await enrolment.certificate(id, token);
    const again = await enrolment.request(number, await requestFor(newTestKey()));
    expect(again).toEqual({ ok: true, value: { id: expect.stringMatching(/^[0-9a-f]{32}$/) } });
  });

  it('says so when the token cannot be sent, and does not count it', async () => {
    sendFails = true;
    for (let count = 0; count < 6; count += 1) {
      expect(await codeOf(enrolment.request(number, csr))).toBe('enrolment/message-not-sent');
    }
    sendFails = false;
    expect(await codeOf(enrolment.request(number, csr))).toBe('ok');
  });

  it.each(['0612345678', '33612345678', '+33 612345678', '+0', ''])(
    'refuses the number %j',
    async (text) => {
      expect(await codeOf(enrolment.request(text, csr))).toBe('enrolment/number');
    },
  );

  it('refuses requests that are not for this number, this kind of key or their own key', async () => {
    const make = (signer: TestKey, from: TestKey, commonName = number): Promise<string> =>
      createRequest({ commonName, publicKey: from.spki, sign: signer.sign });
    const [small, cubic] = [newTestKey(1024), newTestKey(2048, 3)];
    const ask = (request: string): Promise<string> => codeOf(enrolment.request(number, request));
    expect(await ask(await make(small, key))).toBe('enrolment/proof-of-possession');
    expect(await ask(await make(small, small))).toBe('enrolment/request-key');
    expect(await ask(await make(cubic, cubic))).toBe('enrolment/request-key');
    expect(await ask(await make(key, key, '+33612345679'))).toBe('enrolment/common-name');
    expect(await ask(await make(key, key, `${number} `))).toBe('enrolment/common-name');
    expect(await ask('nonsense')).toBe('enrolment/request');
    const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const elliptic = await createRequest({
      commonName: number,
      publicKey: new Uint8Array(ec.publicKey.export({ type: 'spki', format: 'der' })),
      sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, ec.privateKey))),
    });
    expect(await ask(elliptic)).toBe('enrolment/request');
    expect(sent).toEqual([]);
  });

  test.prop([fc.nat(0xffff_ffff)])(
    'draws tokens evenly: each value below the limit by its remainder',
    async (draw) => {
      now = 1_700_000_000_000;
      sent = [];
      store = createMemoryStore();
      enrolment = create(drawing(draw, 42));
      const { token } = await begin();
      const expected = draw < 4_294_000_000 ? draw % 1_000_000 : 42;
      expect(Number(token)).toBe(expected);
      expect(token).toHaveLength(6);
    },
  );
});

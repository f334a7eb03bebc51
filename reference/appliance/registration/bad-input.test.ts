import { fc, test } from '@fast-check/vitest';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRequest } from '../../core/pki/request.ts';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { createAuthorities, type Authorities } from '../authorities/authorities.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import { storeError } from '../store/store-error.ts';
import {
  startRegistrationService,
  type RegistrationRefusal,
  type RegistrationService,
} from './service.ts';
import { exactTls, refusalOf, send, type Answer } from './testing/client.ts';

const number = '+33612345678';
const at = '/v1/enrolments';

describe('bad input at the registration port', () => {
  let authorities: Authorities;
  let service: RegistrationService;
  let memory: ApplianceStore;
  let csr: string;
  let isDiskFull = false;
  const refusals: RegistrationRefusal[] = [];

  beforeAll(async () => {
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    memory = createMemoryStore();
    const key = newTestKey();
    csr = await createRequest({ commonName: number, publicKey: key.spki, sign: key.sign });
    const enrolments: ApplianceStore['enrolments'] = {
      ...memory.enrolments,
      begin: (enrolment) => {
        if (isDiskFull) throw storeError('/state', 'store/full');
        return memory.enrolments.begin(enrolment);
      },
    };
    service = await startRegistrationService({
      host: '127.0.0.1',
      port: 0,
      credentials: await authorities.issueServerCertificate(['127.0.0.1']),
      authorities,
      store: { ...memory, enrolments },
      sms: { send: () => Promise.resolve() },
      now: Date.now,
      randomBytes,
      perAddress: [{ count: 100_000, per: 1000 }],
      requestTimeout: 500,
      onRefusal: (refusal) => refusals.push(refusal),
    });
  });
  beforeEach(() => {
    refusals.length = 0;
  });
  afterAll(async () => {
    await service.close();
    memory.close();
  });
  const tls = () => exactTls(service.endpoint, authorities.trust);
  const post = (body: unknown): Promise<Answer> => send(tls(), at, JSON.stringify(body));
  /** Writes raw text over TLS and reads all that comes until the service closes. */
  const raw = async (text: string): Promise<string> => {
    const socket = connect(tls());
    await once(socket, 'secureConnect');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.write(text);
    await closed;
    return answer;
  };

  it.each<[string, unknown]>([
    ['a number', { number: 33_612_345_678, csr: 'x' }],
    ['null', null],
    ['an array', []],
    ['arrays for texts', { number: [number], csr: ['x'] }],
    ['objects for texts', { number: { $gt: '' }, csr: 'x' }],
    ['a prototype', JSON.parse('{"__proto__":{"number":"+33612345678"},"csr":"x"}')],
    ['a length that is no number', { number: { length: { toString: number } }, csr: 'x' }],
    ['a long number', { number: `+${'1'.repeat(32)}`, csr: 'x' }],
    ['a long request', { number, csr: 'x'.repeat(8193) }],
  ])('refuses %s as malformed', async (_, body) => {
    expect(refusalOf(await post(body))).toEqual([400, 'http/bad-request']);
  });

  it.each([
    `${number}' OR '1'='1`,
    `${number};DROP TABLE audit`,
    `${number}\u0000`,
    `${number}\r\nX: y`,
    '<script>alert(1)</script>',
    '../../etc/passwd',
    '+33612345678%00',
    '\uFF0B33612345678',
  ])('refuses the number %j', async (text) => {
    expect(refusalOf(await post({ number: text, csr }))).toEqual([400, 'enrolment/number']);
    const [refusal] = refusals;
    expect(refusal?.detail).toBe(JSON.stringify(text));
    expect(refusal?.detail).not.toMatch(/\p{Cc}/u);
  });

  it.each([
    `+33612345678,CN=+33687654321`,
    '+33612345678\u0000',
    '*',
    '+33612345678/emailAddress=a@b',
  ])('refuses the CommonName %j', async (commonName) => {
    const key = newTestKey();
    const request = await createRequest({ commonName, publicKey: key.spki, sign: key.sign });
    expect(refusalOf(await post({ number, csr: request }))).toEqual([400, 'enrolment/common-name']);
  });

  it('refuses bombs of PEM and DER at once', async () => {
    const block = csr.replace(/\s*$/, '\n');
    const deep = Buffer.alloc(4000, 0x30);
    const pem = (der: Uint8Array): string =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE REQUEST-----\n`;
    const started = performance.now();
    for (const bomb of [
      block.repeat(7),
      `${block}${'-----BEGIN CERTIFICATE REQUEST-----\n'.repeat(150)}`,
      pem(deep),
      pem(Buffer.from('3084ffffffff', 'hex')),
      '\n'.repeat(4000),
      '-----BEGIN '.repeat(700),
    ]) {
      expect(refusalOf(await post({ number, csr: bomb.slice(0, 8192) }))).toEqual([
        400,
        'enrolment/request',
      ]);
    }
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test.prop([fc.jsonValue()], { numRuns: 25 })('answers any JSON with a refusal', async (body) => {
    expect((await post(body)).status).toBe(400);
  });

  it('refuses a head that is too large, a lying length, and what is no HTTP, in the form of all refusals', async () => {
    const start = `POST ${at} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const large = await raw(`${start}X-Large: ${'x'.repeat(10_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1.1 431 .*\r\n[^]*"error":"http\/head-too-large"/);
    const lying = await raw(`${start}Content-Length: 99999999\r\n\r\n{}`);
    expect(lying).toMatch(/^HTTP\/1.1 413 [^]*"error":"http\/too-large"/);
    const both = await raw(
      `${start}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    );
    expect(both).toMatch(/^HTTP\/1.1 400 [^]*"error":"http\/bad-request"/);
    expect(await raw('INVITE sip:a@b SIP/2.0\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(refusals.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['http/head-too-large', 'http/too-large', 'http/bad-request']),
    );
  });

  it('ends a request that comes too slowly, and its connection', async () => {
    const started = performance.now();
    const answer = await raw(
      `POST ${at} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 [^]*"error":"http\/too-slow"/);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('says that it cannot work while the disk is full, and works when there is room', async () => {
    isDiskFull = true;
    const answer = await post({ number, csr });
    expect(refusalOf(answer)).toEqual([503, 'service/unavailable']);
    expect(answer.text).not.toContain('/state');
    expect(refusals).toContainEqual(
      expect.objectContaining({
        code: 'service/unavailable',
        detail: expect.stringContaining('disk is full'),
      }),
    );
    isDiskFull = false;
    expect((await post({ number, csr })).status).toBe(202);
  });
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthorities, type Authorities } from '../../appliance/authorities/authorities.ts';
import {
  startRegistrationService,
  type RegistrationService,
} from '../../appliance/registration/service.ts';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { openStoredKey } from '../storage/storage.ts';
import {
  beginEnrolment,
  type PendingPhoneEnrolment,
  type PhoneEnrolmentOptions,
} from './enrolment.ts';

const number = '+33612345678';
const passphrase = 'correct horse';

describe('enrolment of a phone over HTTPS', () => {
  let authorities: Authorities;
  let stranger: Authorities;
  let service: RegistrationService;
  let folder: string;
  const texts: string[] = [];
  const keyLog: string[] = [];

  const start = async (
    issuing: Partial<Authorities> = {},
    hosts: readonly [string] = ['127.0.0.1'],
    from: Authorities = authorities,
  ): Promise<void> => {
    service = await startRegistrationService({
      host: '127.0.0.1',
      port: 0,
      credentials: await from.issueServerCertificate(hosts),
      authorities: { ...authorities, ...issuing },
      sms: { send: (_, text) => Promise.resolve(void texts.push(text)) },
      now: Date.now,
      randomBytes,
    });
  };
  const options = (): PhoneEnrolmentOptions => ({
    endpoint: service.endpoint,
    trust: authorities.trust,
    folder,
    now: Date.now,
    keyLog: (line) => keyLog.push(line),
    deadline: 10_000,
  });
  const begin = (): Promise<PendingPhoneEnrolment> => beginEnrolment(options(), number, passphrase);
  const token = (): string => /\b[0-9]{6}\b/.exec(texts.at(-1) ?? '')?.[0] ?? '';

  beforeAll(async () => {
    [authorities, stranger] = await Promise.all([
      createAuthorities({ now: Date.now, randomBytes }),
      createAuthorities({ now: Date.now, randomBytes }),
    ]);
  });
  beforeEach(async () => {
    texts.length = 0;
    keyLog.length = 0;
    folder = await mkdtemp(join(tmpdir(), 'discretio-enrolment-'));
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true });
  });
  afterAll(() => {
    texts.length = 0;
  });

  it('ends with a stored key that opens, for the number and of the client authority', async () => {
    await start();
    const pending = await begin();
    expect(await readdir(folder)).toEqual([]);
    await pending.complete(token());
    const opened = await openStoredKey(folder, passphrase, Date.now());
    expect(opened.number).toBe(number);
    expect(opened.certificate.publicKey).toMatchObject({ modulusBits: 2048, exponent: 65_537n });
    expect(keyLog).toHaveLength(2);
  });

  it('survives a mistyped token and a lost answer', async () => {
    await start();
    const pending = await begin();
    const wrong = token() === '000000' ? '000001' : '000000';
    await expect(pending.complete(wrong)).rejects.toMatchObject({ code: 'enrolment/token-wrong' });
    await pending.complete(token());
    const first = await openStoredKey(folder, passphrase, Date.now());
    await pending.complete(token());
    const second = await openStoredKey(folder, passphrase, Date.now());
    expect(second.certificate.der).toEqual(first.certificate.der);
  });

  it('stores nothing once five wrong tokens have killed the right one', async () => {
    await start();
    const pending = await begin();
    const right = token();
    const wrong = right === '000000' ? '000001' : '000000';
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(pending.complete(wrong)).rejects.toMatchObject({
        code: 'enrolment/token-wrong',
      });
    }
    await expect(pending.complete(right)).rejects.toMatchObject({ code: 'enrolment/token-dead' });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, (number: string, publicKey: Uint8Array) => Promise<Uint8Array>]>([
    ['another number', (_, key) => authorities.issueClientCertificate('+33612345679', key)],
    ['another key', (to) => authorities.issueClientCertificate(to, newTestKey().spki)],
    ['an authority of a stranger', (to, key) => stranger.issueClientCertificate(to, key)],
  ])('refuses to store a certificate for %s', async (_, issueClientCertificate) => {
    await start({ issueClientCertificate });
    const pending = await begin();
    const failed = pending.complete(token());
    await expect(failed).rejects.toMatchObject({ code: 'enrolment/answer' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('sends nothing to a service of a stranger, or on another host', async () => {
    await start({}, ['127.0.0.1'], stranger);
    await expect(begin()).rejects.toMatchObject({ code: 'tls/issuer' });
    await service.close();
    await start({}, ['127.0.0.2']);
    await expect(begin()).rejects.toMatchObject({ code: 'tls/host' });
    expect(texts).toEqual([]);
  });

  it('refuses a passphrase or number unfit before it connects', async () => {
    await start();
    const enrol = (to: string, word: string): Promise<unknown> =>
      beginEnrolment(options(), to, word);
    await expect(enrol(number, '')).rejects.toMatchObject({ code: 'storage/passphrase-empty' });
    await expect(enrol(number, 'short')).rejects.toMatchObject({
      code: 'storage/passphrase-short',
    });
    await expect(enrol('0612345678', passphrase)).rejects.toMatchObject({
      code: 'enrolment/number',
    });
    expect(keyLog).toEqual([]);
  });

  it('reports a service that does not let it enrol, in one line', async () => {
    await start();
    for (let count = 0; count < 5; count += 1) await begin();
    await expect(begin()).rejects.toMatchObject({
      code: 'enrolment/too-many-requests',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+: HTTP 429 [^\n]+$/),
    });
  });
});

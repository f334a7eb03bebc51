import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities, type Authorities } from '../../appliance/authorities/authorities.ts';
import {
  startRegistrationService,
  type RegistrationService,
} from '../../appliance/registration/service.ts';
import type { ApplianceStore } from '../../appliance/store/contract.ts';
import { createMemoryStore } from '../../appliance/store/open.ts';
import { serialText } from '../../core/pki/serial.ts';
import { openStoredKey } from '../storage/storage.ts';
import { beginEnrolment, type PhoneEnrolmentOptions } from './enrolment.ts';
import { beginRenewal } from './renewal.ts';

const number = '+33612345678';
const passphrase = 'correct horse';

describe('renewal of a phone’s certificate over mutual TLS', () => {
  let authorities: Authorities;
  let service: RegistrationService;
  let store: ApplianceStore;
  let folder: string;
  const texts: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'discretio-renewal-'));
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    store = createMemoryStore();
    service = await startRegistrationService({
      host: '127.0.0.1',
      port: 0,
      credentials: await authorities.issueServerCertificate(['127.0.0.1']),
      authorities,
      store,
      sms: { send: (_, text) => Promise.resolve(void texts.push(text)) },
      now: Date.now,
      randomBytes,
    });
  });
  afterAll(async () => {
    await service.close();
    store.close();
    await rm(folder, { recursive: true });
  });
  const options = (): PhoneEnrolmentOptions => ({
    endpoint: service.endpoint,
    trust: authorities.trust,
    folder,
    now: Date.now,
    deadline: 10_000,
  });
  const open = () => openStoredKey(folder, passphrase, Date.now());

  it('ends with a new key and certificate, also when the answer came twice; the old certificate is revoked', async () => {
    const pending = await beginEnrolment(options(), number, passphrase);
    await pending.complete(/\b[0-9]{6}\b/.exec(texts.at(-1) ?? '')?.[0] ?? '');
    const old = await open();
    const renewal = await beginRenewal(options(), old, passphrase);
    await renewal.complete();
    const renewed = await open();
    expect(renewed.number).toBe(number);
    expect(renewed.certificate.publicKey.spki).not.toEqual(old.certificate.publicKey.spki);
    expect(store.certificates.statusOf(serialText(old.certificate.serial))).toBe('revoked');
    expect(store.certificates.statusOf(serialText(renewed.certificate.serial))).toBe('valid');
    await renewal.complete();
    expect((await open()).certificate.der).toEqual(renewed.certificate.der);
    const stale = await beginRenewal(options(), old, passphrase);
    await expect(stale.complete()).rejects.toMatchObject({ code: 'renewal/refused' });
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'keyCompromise', at: Date.now() });
    const revoked = await beginRenewal(options(), renewed, passphrase);
    await expect(revoked.complete()).rejects.toMatchObject({ code: 'certificate/revoked' });
    expect((await open()).certificate.der).toEqual(renewed.certificate.der);
  });
});

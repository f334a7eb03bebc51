import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplianceStore, NewCertificate } from '../contract.ts';

/** A time for tests, milliseconds since 1970. */
export const start = 1_795_435_200_000;
export const year = 31_536_000_000;

/** A new folder for a store; whoever asks removes it. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'discretio-store-'));

/** A certificate whose parts follow from its name; the store does not read what it keeps. */
export const certificateOf = (name: string, notAfter = start + year): NewCertificate => {
  const bytes = new Uint8Array(createHash('sha256').update(name).digest());
  return {
    serial: Buffer.from(bytes.subarray(0, 16)).toString('hex'),
    der: bytes,
    publicKey: new TextEncoder().encode(`key of ${name}`),
    notAfter,
  };
};

/** Begins an enrolment whose id is 32 times a digit. */
export const begin = (
  store: ApplianceStore,
  digit: string,
  { number = '+33612345678', token = '123456', at = start } = {},
): string => {
  const id = digit.repeat(32);
  const publicKey = certificateOf(`enrolment ${digit}`).publicKey;
  store.enrolments.begin({ id, number, publicKey, requestHash: 'ab', token, at });
  return id;
};

/** Enrols a number to its end; gives the certificate's serial. */
export const enrol = (
  store: ApplianceStore,
  digit: string,
  { number = '+33612345678', at = start } = {},
): string => {
  const id = begin(store, digit, { number, at });
  const certificate = certificateOf(`enrolment ${digit}`, at + year);
  const outcome = store.enrolments.issue({ id, certificate, at, notice: 'revoked' });
  if (outcome.kind !== 'issued') throw new Error(outcome.kind);
  return certificate.serial;
};

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { equal } from '../../../core/bytes.ts';
import { parseCertificate } from '../../../core/pki/certificate.ts';
import { serialText } from '../../../core/pki/serial.ts';
import { databaseFileName } from '../backup.ts';
import type { ApplianceStore } from '../contract.ts';
import type { Acknowledged } from './kill-client.ts';

/** Milliseconds: longer than any trial, so that the end of tokens hides nothing. */
const lifetime = 86_400_000;

const serialOf = (der: Uint8Array): string => {
  const parsed = parseCertificate(der);
  return parsed.ok ? serialText(parsed.value.serial) : 'unreadable';
};

/** What is wrong with a token whose use was cut off: it must still give one certificate, or none where its number was revoked. */
const cutOffOf = (
  store: ApplianceStore,
  { number, id = '', token = '', isRevoking }: Acknowledged,
): readonly string[] => {
  const attempt = { id, token, at: Date.now(), lifetime, tries: 5 };
  const tried = store.enrolments.tryToken(attempt);
  if (tried.kind !== 'right') return isRevoking ? [] : [`${number}: token ${tried.kind}`];
  if (tried.certificate !== null) return [];
  const issue = (serial: string) => {
    const { publicKey } = tried.enrolment;
    const certificate = { serial, der: new Uint8Array(1), publicKey, notAfter: Date.now() + 1000 };
    const outcome = store.enrolments.issue({ id, certificate, at: Date.now(), notice: '' });
    return outcome.kind === 'issued' ? outcome.certificate.serial : outcome.kind;
  };
  const first = issue(id);
  return first === id && issue(`${id}00`) === id
    ? []
    : [`${number}: two certificates after the kill`];
};

/** What of an acknowledged enrolment the store has lost; nothing when all is there. */
const lostOf = (store: ApplianceStore, enrolment: Acknowledged): readonly string[] => {
  const { number, id, token = '', certificates, isRevoking, isRevoked } = enrolment;
  const lost: string[] = [];
  const [first] = certificates;
  if (id !== undefined && store.enrolments.get(id) === undefined) lost.push(`${number}: enrolment`);
  if (isRevoked && !store.numbers.isBlocked(number)) lost.push(`${number}: block`);
  if (certificates.some((der) => first !== undefined && !equal(der, first))) {
    lost.push(`${number}: two certificates for one token`);
  }
  if (first === undefined) {
    return id === undefined || token === '' ? lost : [...lost, ...cutOffOf(store, enrolment)];
  }
  const serial = serialOf(first);
  const stored = store.certificates.get(serial);
  if (stored === undefined || !equal(stored.der, first)) lost.push(`${number}: certificate`);
  const status = store.certificates.statusOf(serial);
  if (isRevoked && status !== 'revoked') lost.push(`${number}: revocation`);
  if (!isRevoking && status !== 'valid') lost.push(`${number}: ${status} without being revoked`);
  const attempt = { id: id ?? '', token, at: Date.now(), lifetime, tries: 5 };
  const again = store.enrolments.tryToken(attempt);
  const isSame = again.kind === 'right' && again.certificate?.serial === serial;
  const isDead = isRevoking && again.kind === 'dead';
  if (!isSame && !isDead) lost.push(`${number}: token usable again (${again.kind})`);
  return lost;
};

/** Enrolments with more than one certificate in the log. */
const usedTwice = (store: ApplianceStore): readonly string[] => {
  const seen = new Set<unknown>();
  const twice: string[] = [];
  for (const { action, detail } of store.audit.all()) {
    if (action !== 'certificate/issued') continue;
    if (seen.has(detail['enrolment']))
      twice.push(`${String(detail['enrolment'])}: two certificates`);
    seen.add(detail['enrolment']);
  }
  return twice;
};

const pragma = (folder: string, name: string): readonly unknown[] => {
  const database = new DatabaseSync(join(folder, databaseFileName), { readOnly: true });
  const rows = database.prepare(`PRAGMA ${name}`).all();
  database.close();
  return rows.map((row) => Object.values(row)[0]);
};

/** Everything that is not as it must be in a store whose service was killed. */
export const findingsOf = (
  store: ApplianceStore,
  folder: string,
  enrolments: readonly Acknowledged[],
): readonly string[] => {
  const log = store.audit.verify();
  const integrity = pragma(folder, 'integrity_check');
  return [
    ...enrolments.flatMap((enrolment) => lostOf(store, enrolment)),
    ...usedTwice(store),
    ...(log.ok ? [] : [`log: entry ${log.sequence}: ${log.reason}`]),
    ...(integrity.length === 1 && integrity[0] === 'ok'
      ? []
      : [`integrity_check: ${integrity.join(', ')}`]),
    ...(pragma(folder, 'foreign_key_check').length === 0 ? [] : ['foreign_key_check']),
  ];
};

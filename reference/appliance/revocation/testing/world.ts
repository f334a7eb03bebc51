import { randomBytes } from 'node:crypto';
import { toHex } from '../../../core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../core/pki/certificate.ts';
import { newTestKey } from '../../../core/pki/testing/hierarchy.ts';
import { createAuthorities } from '../../authorities/authorities.ts';
import { issueList } from '../../authorities/online.ts';
import { describeCertificate } from '../../registration/routes.ts';
import { createMemoryStore } from '../../store/open.ts';
import { startRevocation, type RevocationOptions } from '../revocation.ts';

/** A certificate read, that must be one. */
const read = (der: Uint8Array): Certificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
};

/** Authorities in memory, and stores with clients whose certificates are in them. */
export const createRevocationWorld = async () => {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const authorities = await createAuthorities({ now: () => Date.now(), randomBytes: random });
  const clientKey = newTestKey().spki;
  const root = read(authorities.root.certificate);

  const create = () => {
    const store = createMemoryStore();
    const alarms: string[] = [];
    const refusals: string[] = [];
    const ended: string[] = [];
    /** A certificate for a number as the enrolment makes it, with the store's rules. */
    const enrol = async (number: string): Promise<Certificate> => {
      const der = await authorities.issueClientCertificate(number, clientKey);
      const id = toHex(random(16));
      const [at, token, requestHash] = [Date.now(), '123456', id.repeat(2)];
      // A key is certified once; this store is told another each time.
      const publicKey = newTestKey(512).spki;
      store.enrolments.begin({ id, number, publicKey, requestHash, token, at });
      store.enrolments.tryToken({ id, token, at, lifetime: 600_000, tries: 5 });
      const certificate = { ...describeCertificate(der), publicKey };
      const outcome = store.enrolments.issue({ id, certificate, at, notice: 'a new certificate' });
      if (outcome.kind !== 'issued') throw new Error(`${number} was not enrolled: ${outcome.kind}`);
      return read(der);
    };
    const options: RevocationOptions = {
      store,
      authorities,
      now: Date.now,
      endSessions: (number) => void ended.push(number),
      onRefusal: (code) => void refusals.push(code),
      onAlarm: (code) => void alarms.push(code),
    };
    const start = (change: Partial<RevocationOptions> = {}) =>
      startRevocation({ ...options, ...change });
    return { store, alarms, refusals, ended, enrol, start };
  };
  return {
    authorities,
    root,
    clientAuthority: read(authorities.clientAuthority.certificate),
    serverAuthority: read(authorities.serverAuthority.certificate),
    /** A list of the root that ends so many milliseconds from now, DER. */
    rootListFor: async (left: number): Promise<Uint8Array> => {
      const issue = { number: 1n, now: Date.now(), lifetime: left };
      return (await issueList(root, authorities.root.sign, issue, [])).der;
    },
    create,
  };
};

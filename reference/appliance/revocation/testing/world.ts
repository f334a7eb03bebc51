import { randomBytes } from 'node:crypto';
import { toHex } from '../../../core/bytes.ts';
import { parseCertificate, type Certificate } from '../../../core/pki/certificate.ts';
import { clientAuthorityProfile, serverAuthorityProfile } from '../../../core/pki/profiles.ts';
import { serialText } from '../../../core/pki/serial.ts';
import { createTestHierarchy } from '../../../core/pki/testing/hierarchy.ts';
import type { NewCertificate } from '../../store/contract.ts';
import { createMemoryStore } from '../../store/open.ts';
import { startRevocation, type RevocationOptions } from '../revocation.ts';

/** A certificate read, that must be one. */
const read = (der: Uint8Array): Certificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
};

/** Authorities valid now, a store in memory, and clients whose certificates are in it. */
export const createRevocationWorld = async () => {
  const hierarchy = await createTestHierarchy();
  const begun = Date.now();
  const validity = { notBefore: begun - 3_600_000, notAfter: begun + 86_400_000 };
  const [clientSigner, serverSigner] = await Promise.all([
    hierarchy.issueAuthority(clientAuthorityProfile, { ...validity, serial: Uint8Array.of(2) }),
    hierarchy.issueAuthority(serverAuthorityProfile, { ...validity, serial: Uint8Array.of(3) }),
  ]);
  const authorities = { client: clientSigner, server: serverSigner };

  const create = () => {
    const store = createMemoryStore();
    const alarms: string[] = [];
    const refusals: string[] = [];
    const ended: string[] = [];
    /** A certificate for a number as the enrolment makes it, with the store's rules. */
    const enrol = async (number: string): Promise<Certificate> => {
      const id = toHex(new Uint8Array(randomBytes(16)));
      const serial = new Uint8Array([0x41, ...randomBytes(15)]);
      const order = { subject: { commonName: number }, issuer: clientSigner, serial, ...validity };
      const der = await hierarchy.issueClient(order);
      const at = Date.now();
      // A key is certified once; this store takes any bytes for one.
      const publicKey = new Uint8Array(randomBytes(32));
      const token = '123456';
      store.enrolments.begin({ id, number, publicKey, requestHash: id.repeat(2), token, at });
      store.enrolments.tryToken({ id, token, at, lifetime: 600_000, tries: 5 });
      const { notAfter } = validity;
      const certificate: NewCertificate = { serial: serialText(serial), der, publicKey, notAfter };
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
    return { store, alarms, refusals, ended, enrol, options, start };
  };
  return {
    hierarchy,
    authorities,
    clientAuthority: read(clientSigner.certificate),
    serverAuthority: read(serverSigner.certificate),
    root: read(hierarchy.root.certificate),
    create,
  };
};

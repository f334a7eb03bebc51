import { join } from 'node:path';
import { equal, toHex } from '../../core/bytes.ts';
import { parsePem } from '../../core/keystore/pem.ts';
import { issuedBy } from '../../core/pki/certificate.ts';
import { parseCrl } from '../../core/pki/crl.ts';
import { signerOf, spkiOf } from './authority-keys.ts';
import { openPrivateKey } from './encrypted-key.ts';
import { authorityFiles, readRequired, replaceFile } from './folder.ts';
import { issueList, readAuthority } from './online.ts';
import { readRootList } from './open.ts';
import { authoritiesProblem } from './problem.ts';
import type { IssuedCrl, RevokedSerial } from './types.ts';
import { lifetimes } from './validity.ts';

/** What a new list of the root is made from. */
export interface RootListOrder {
  readonly rootFolder: string;
  readonly passphrase: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Authorities (PEM) to be revoked from now on, beside those of the list before. */
  readonly revoke?: readonly string[];
}

const revocationOf = (
  root: ReturnType<typeof readAuthority>,
  pem: string,
  now: number,
): RevokedSerial => {
  const der = parsePem(pem, 'CERTIFICATE');
  const thing = 'certificate to revoke';
  if (!der.ok) {
    throw authoritiesProblem('authorities/file', thing, `not one in PEM (${der.error.code})`);
  }
  const certificate = readAuthority(der.value, thing);
  if (equal(certificate.der, root.der) || !issuedBy(certificate, root)) {
    const reason = 'this root has not issued it; name the file of an authority';
    throw authoritiesProblem('authorities/file', thing, reason);
  }
  return { serial: toHex(certificate.serial), revokedAt: now, reason: 'cACompromise' };
};

/** Issues the root's next list, writes it into the root's folder and gives it, to be copied to the appliance. Rejects with an AuthoritiesProblem. */
export const renewRootList = async (order: RootListOrder): Promise<IssuedCrl> => {
  const { rootFolder, passphrase, now } = order;
  const [pem, list, key] = await Promise.all([
    readRequired(rootFolder, authorityFiles.root),
    readRequired(rootFolder, authorityFiles.rootList),
    readRequired(rootFolder, authorityFiles.rootKey),
  ]);
  const thing = join(rootFolder, authorityFiles.root);
  const der = parsePem(pem, 'CERTIFICATE');
  if (!der.ok) throw authoritiesProblem('authorities/file', thing, 'it is not one certificate');
  const root = readAuthority(der.value, thing);
  const old = parseCrl(readRootList(list, root, join(rootFolder, authorityFiles.rootList)).der);
  if (!old.ok) throw authoritiesProblem('authorities/root-list', thing, old.error.code);
  const privateKey = await openPrivateKey(
    key,
    passphrase,
    join(rootFolder, authorityFiles.rootKey),
  );
  if (!equal(spkiOf(privateKey), root.publicKey.spki)) {
    throw authoritiesProblem(
      'authorities/key-mismatch',
      thing,
      'it is not the certificate of root.key',
    );
  }
  const revoked = new Map<string, RevokedSerial>(
    (order.revoke ?? []).map((one) => revocationOf(root, one, now)).map((one) => [one.serial, one]),
  );
  for (const [serial, { at, reason }] of old.value.revoked)
    revoked.set(serial, { serial, revokedAt: at, reason });
  const issue = { number: old.value.number + 1n, now, lifetime: lifetimes.rootList };
  const next = await issueList(root, signerOf(privateKey), issue, [...revoked.values()]);
  replaceFile(rootFolder, authorityFiles.rootList, next.pem);
  return next;
};

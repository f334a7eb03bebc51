import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { equal, utf8 } from '../../core/bytes.ts';
import { parsePem } from '../../core/keystore/pem.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import { verifyAuthority } from '../../core/pki/chain.ts';
import { findRevoked, parseCrl, verifyCrl } from '../../core/pki/crl.ts';
import type { LeafKind } from '../../core/pki/profiles.ts';
import { verifyRsaSha256 } from '../../core/primitives/rsa.ts';
import { signerOf, spkiOf } from './authority-keys.ts';
import { openPrivateKey } from './encrypted-key.ts';
import { authorityFiles, readOptional, readRequired, type AuthorityFile } from './folder.ts';
import type { SigningKey } from './hierarchy.ts';
import { onlineAuthorities, readAuthority } from './online.ts';
import { openToken, type Token } from './pkcs11/token.ts';
import { authoritiesProblem } from './problem.ts';
import { readTokenFile, tokenKeyLabels } from './token-file.ts';
import type {
  AuthoritiesWorld,
  Authority,
  AuthorityCertificate,
  IssuedCrl,
  OnlineAuthorities,
} from './types.ts';

/** Where the authorities of a ceremony lie, and what opens them. */
export interface OpenAuthoritiesOptions extends AuthoritiesWorld {
  readonly folder: string;
  /** Of the key files, or the PIN of the token; UTF-8. */
  readonly passphrase: Uint8Array;
}

const readCertificate = async (
  folder: string,
  name: AuthorityFile,
): Promise<AuthorityCertificate> => {
  const pem = await readRequired(folder, name);
  const der = parsePem(pem, 'CERTIFICATE');
  if (der.ok) return { certificate: der.value, pem };
  const reason = `it is not one certificate in PEM (${der.error.code}); restore it`;
  throw authoritiesProblem('authorities/file', join(folder, name), reason);
};

/** Reads a list and verifies who issued it. An expired one is given: an alarm speaks of it, and verifiers refuse it. */
export const readRootList = (pem: string, root: Certificate, thing: string): IssuedCrl => {
  const der = parsePem(pem, 'X509 CRL');
  const parsed = der.ok ? parseCrl(der.value) : der;
  const refuse = (code: string) =>
    authoritiesProblem('authorities/root-list', thing, `it is not the root's list (${code})`);
  if (!parsed.ok) throw refuse(parsed.error.code);
  const { thisUpdate, nextUpdate } = parsed.value;
  const verified = verifyCrl(parsed.value, root, thisUpdate);
  if (!verified.ok) throw refuse(verified.error.code);
  return { der: parsed.value.der, pem, thisUpdate, nextUpdate };
};

interface Public {
  readonly root: AuthorityCertificate;
  readonly clientAuthority: AuthorityCertificate;
  readonly serverAuthority: AuthorityCertificate;
  readonly rootList: IssuedCrl;
}

const requireAuthority = (folder: string, kind: LeafKind, found: Public, now: number): void => {
  const thing = join(folder, authorityFiles[`${kind}Authority`]);
  const own = found[`${kind}Authority`].certificate;
  const verified = verifyAuthority({ kind, authority: own, root: found.root.certificate }, now);
  if (!verified.ok) {
    const reason = `it does not verify (${verified.error.code}); look at the clock and the ceremony's folder`;
    throw authoritiesProblem('authorities/chain', thing, reason);
  }
  const list = parseCrl(found.rootList.der);
  if (!list.ok || findRevoked(list.value, verified.value.serial) !== undefined) {
    const reason = 'the root has revoked it; hold a new ceremony';
    throw authoritiesProblem('authorities/revoked', thing, reason);
  }
};

const readPublic = async (folder: string, now: number): Promise<Public> => {
  const [root, clientAuthority, serverAuthority, list] = await Promise.all([
    readCertificate(folder, authorityFiles.root),
    readCertificate(folder, authorityFiles.clientAuthority),
    readCertificate(folder, authorityFiles.serverAuthority),
    readRequired(folder, authorityFiles.rootList),
  ]);
  const issuer = readAuthority(root.certificate, join(folder, authorityFiles.root));
  const rootList = readRootList(list, issuer, join(folder, authorityFiles.rootList));
  const found = { root, clientAuthority, serverAuthority, rootList };
  for (const kind of ['client', 'server'] as const) requireAuthority(folder, kind, found, now);
  return found;
};

interface OpenKeys {
  readonly client: SigningKey;
  readonly server: SigningKey;
  readonly close: () => Promise<void>;
}

const openKeyFile = async (
  folder: string,
  name: AuthorityFile,
  passphrase: Uint8Array,
): Promise<SigningKey> => {
  const pem = await readRequired(folder, name);
  const key = await openPrivateKey(pem, passphrase, join(folder, name));
  return { spki: spkiOf(key), sign: signerOf(key) };
};

const openTokenKeys = async (token: Token): Promise<OpenKeys> => ({
  client: await token.openKey(tokenKeyLabels.clientAuthority),
  server: await token.openKey(tokenKeyLabels.serverAuthority),
  close: () => token.close(),
});

const openKeys = async (folder: string, passphrase: Uint8Array): Promise<OpenKeys> => {
  const text = await readOptional(folder, authorityFiles.token);
  if (text === undefined) {
    const [client, server] = await Promise.all([
      openKeyFile(folder, authorityFiles.clientKey, passphrase),
      openKeyFile(folder, authorityFiles.serverKey, passphrase),
    ]);
    return { client, server, close: () => Promise.resolve() };
  }
  const place = readTokenFile(text, join(folder, authorityFiles.token));
  const token = await openToken({ ...place, pin: passphrase });
  try {
    return await openTokenKeys(token);
  } catch (error) {
    await token.close();
    throw error;
  }
};

/** Never the beginning of anything else that is signed (I-3). */
const challenge = utf8('discretio: does this key belong to its certificate?');

const withKey = async (
  thing: string,
  own: AuthorityCertificate,
  { spki, sign }: SigningKey,
): Promise<Authority> => {
  const { publicKey } = readAuthority(own.certificate, thing);
  const belongs =
    equal(publicKey.spki, spki) && verifyRsaSha256({ spki }, challenge, await sign(challenge));
  if (belongs) return { ...own, sign };
  const reason = 'key and certificate do not belong together; restore the folder of the ceremony';
  throw authoritiesProblem('authorities/key-mismatch', thing, reason);
};

/**
 * Opens the authorities that a ceremony made: verifies the chain and the root's list, opens the keys or the token and requires
 * them to belong to the certificates. The root's key must not be in the folder. Rejects with an AuthoritiesProblem.
 */
export const openAuthorities = async (
  options: OpenAuthoritiesOptions,
): Promise<OnlineAuthorities> => {
  const { folder, passphrase } = options;
  const rootKey = join(folder, authorityFiles.rootKey);
  if (existsSync(rootKey)) {
    const reason = "the root's key must not be on the appliance; move it to the place kept apart";
    throw authoritiesProblem('authorities/root-key-present', rootKey, reason);
  }
  const found = await readPublic(folder, options.now());
  const keys = await openKeys(folder, passphrase);
  const { close } = keys;
  try {
    const client = join(folder, authorityFiles.clientAuthority);
    const server = join(folder, authorityFiles.serverAuthority);
    const clientAuthority = await withKey(client, found.clientAuthority, keys.client);
    const serverAuthority = await withKey(server, found.serverAuthority, keys.server);
    return onlineAuthorities({ ...found, clientAuthority, serverAuthority, close }, options);
  } catch (error) {
    await close();
    throw error;
  }
};

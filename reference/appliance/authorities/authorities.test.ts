import { createPublicKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { parsePemChain, toPem } from '../../core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../core/pki/certificate.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { findRevoked, parseCrl, verifyCrl } from '../../core/pki/crl.ts';
import { createOcspRequest, type OcspQuestion } from '../../core/pki/ocsp-request.ts';
import { derSequence } from '../../core/pki/der-write.ts';
import { verifyOcspResponse } from '../../core/pki/ocsp-verify.ts';
import { certificateIdOf } from '../../core/pki/ocsp-certificate-id.ts';
import { openssl, openSslTitle, runOpenSsl } from '../../core/pki/testing/openssl.ts';
import { createAuthorities } from './authorities.ts';
import { newKeyPair } from './authority-keys.ts';
import { holdCeremony } from './ceremony.ts';
import { openAuthorities } from './open.ts';
import { ceremonyOrder } from './testing/ceremony.ts';
import type { OnlineAuthorities, StatusOf } from './types.ts';

const order = ceremonyOrder();
const { place, folder, passphrase } = order;
const number = '+33612345678';
const parsed = (der: Uint8Array): Certificate => {
  const result = parseCertificate(der);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

let authorities: OnlineAuthorities;
let client: Certificate;
let server: Certificate;
const open = (): Promise<OnlineAuthorities> => openAuthorities({ ...order, folder });

beforeAll(async () => {
  await holdCeremony(order);
  authorities = await open();
  const { spki } = await newKeyPair();
  client = parsed(await authorities.issueClientCertificate(number, spki));
  const { certificateChain } = await authorities.issueServerCertificate([
    '127.0.0.1',
    'sip.example',
  ]);
  const chain = parsePemChain(certificateChain, 'CERTIFICATE');
  if (!chain.ok) throw new Error(chain.error.code);
  server = parsed(chain.value[0]);
});
afterAll(() => rmSync(place, { recursive: true }));

describe('opened authorities', () => {
  it('issue what our verifier takes, each for its own kind', () => {
    const { root, clientAuthority, serverAuthority } = authorities;
    const chain = { root: root.certificate };
    const now = Date.now();
    const verify = (kind: 'client' | 'server', leaf: Uint8Array, authority: Uint8Array): string => {
      const result = verifyChain({ ...chain, kind, leaf, authority }, now);
      return result.ok ? 'ok' : result.error.code;
    };
    expect(verify('client', client.der, clientAuthority.certificate)).toBe('ok');
    expect(verify('server', server.der, serverAuthority.certificate)).toBe('ok');
    expect(verify('server', server.der, clientAuthority.certificate)).toBe('chain-authority-kind');
    expect(client.serial.length).toBe(16);
    expect(toHex(client.serial)).not.toBe(toHex(server.serial));
  });

  it('name only hosts that the ceremony was given', async () => {
    await expect(authorities.issueServerCertificate(['other.example'])).rejects.toMatchObject({
      code: 'authorities/host',
    });
    await expect(authorities.issueServerCertificate(['127.0.0.2'])).rejects.toThrow(
      'its authority may not name it',
    );
  });

  it('give no certificate a longer life than their own, and none after it', async () => {
    const year = 365 * 86_400_000;
    const { spki } = await newKeyPair();
    const at = async (now: number): Promise<OnlineAuthorities> => {
      const opened = await createAuthorities({ now: () => clock, randomBytes });
      clock += now;
      return opened;
    };
    let clock = Date.now();
    const late = await at(9.5 * year);
    const { notAfter } = parsed(late.clientAuthority.certificate);
    const leaf = parsed(await late.issueClientCertificate(number, spki));
    expect(leaf.notAfter).toBe(notAfter);
    clock += year;
    await expect(late.issueClientCertificate(number, spki)).rejects.toMatchObject({
      code: 'authorities/expired',
    });
  });

  it('issue lists that hold what was revoked', async () => {
    const revokedAt = Date.now() - 1000;
    const serial = toHex(client.serial);
    const list = await authorities.crl('client', 5, [
      { serial, revokedAt, reason: 'keyCompromise' },
    ]);
    const crl = parseCrl(list.der);
    if (!crl.ok) throw new Error(crl.error.code);
    const issuer = parsed(authorities.clientAuthority.certificate);
    expect(verifyCrl(crl.value, issuer, Date.now())).toMatchObject({ value: { number: 5n } });
    expect(findRevoked(crl.value, client.serial)).toMatchObject({ reason: 'keyCompromise' });
    expect(list.nextUpdate - Date.now()).toBeGreaterThan(86_000_000);
    await expect(
      authorities.crl('client', 6, [{ serial: 'xyz', revokedAt, reason: 'superseded' }]),
    ).rejects.toThrow('not hexadecimal');
  });

  it('are silent at first, and speak of what expires', () => {
    const now = Date.now();
    expect(authorities.alarms(now)).toEqual([]);
    const sip = { name: 'sip', expiresAt: now };
    expect(authorities.alarms(now, [sip])).toMatchObject([{ what: 'server-certificate' }]);
    const day = 86_400_000;
    expect(authorities.alarms(now + 380 * day)).toMatchObject([
      { what: 'root-list', severity: 'critical' },
    ]);
  });
});

describe('OCSP by opened authorities', () => {
  const revokedAt = Math.floor(Date.now() / 1000) * 1000;
  const asked: string[] = [];
  const statusOf: StatusOf = (kind, serial) => {
    asked.push(`${kind} ${serial}`);
    if (kind === 'client' && serial === toHex(client.serial))
      return { kind: 'revoked', at: revokedAt, reason: 'superseded' };
    return { kind: kind === 'server' && serial === toHex(server.serial) ? 'good' : 'unknown' };
  };
  const question = (authority: Uint8Array, serial: Uint8Array): OcspQuestion => ({
    issuer: parsed(authority),
    serial,
    nonce: new Uint8Array(randomBytes(32)),
  });
  const ask = async (about: OcspQuestion) =>
    verifyOcspResponse(
      await authorities.ocsp(createOcspRequest(about), statusOf),
      about,
      Date.now(),
    );

  it('tells of both kinds', async () => {
    const { clientAuthority, serverAuthority } = authorities;
    expect(await ask(question(clientAuthority.certificate, client.serial))).toEqual({
      ok: true,
      value: { kind: 'revoked', at: revokedAt, reason: 'superseded' },
    });
    expect(await ask(question(serverAuthority.certificate, server.serial))).toMatchObject({
      value: { kind: 'good' },
    });
    expect(await ask(question(clientAuthority.certificate, server.serial))).toMatchObject({
      value: { kind: 'unknown' },
    });
    expect(asked).toContain(`server ${toHex(server.serial)}`);
  });

  it('answers errors to what is malformed or not its own', async () => {
    const { root, clientAuthority, serverAuthority } = authorities;
    expect(await ask(question(root.certificate, client.serial))).toMatchObject({
      error: { code: 'ocsp-error', detail: 'unauthorized' },
    });
    const both = [clientAuthority, serverAuthority].map(({ certificate }) =>
      derSequence(certificateIdOf(parsed(certificate), client.serial, 'sha1')),
    );
    const mixed = derSequence(derSequence(derSequence(...both)));
    expect(toHex(await authorities.ocsp(mixed, statusOf))).toBe('30030a0106');
    expect(toHex(await authorities.ocsp(new Uint8Array(3), statusOf))).toBe('30030a0101');
  });
});

describe('the folders of a ceremony', () => {
  it('are readable by their owner only, and the appliance’s holds no key of the root', () => {
    const modes = (path: string): readonly string[] =>
      [path, ...readdirSync(path).map((name) => join(path, name))].map((one) =>
        (statSync(one).mode & 0o777).toString(8),
      );
    expect(new Set(modes(folder).slice(1))).toEqual(new Set(['600']));
    expect(new Set(modes(order.rootFolder).slice(1))).toEqual(new Set(['600']));
    expect([modes(folder)[0], modes(order.rootFolder)[0]]).toEqual(['700', '700']);
    expect(readdirSync(folder).toSorted()).toEqual([
      'client-authority.key',
      'client-authority.pem',
      'root.crl',
      'root.pem',
      'server-authority.key',
      'server-authority.pem',
    ]);
    const rootKey = readFileSync(join(order.rootFolder, 'root.key'), 'utf8');
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text).not.toContain(rootKey.split('\n')[4]);
      expect(text).not.toContain('BEGIN PRIVATE KEY');
    }
    expect(Object.keys(authorities.root)).toEqual(['certificate', 'pem']);
  });

  it('leave nothing beside them', () => {
    expect(readdirSync(place).toSorted()).toEqual(['appliance', 'root']);
  });
});

describe.skipIf(!openssl)(`openssl agrees on everything${openSslTitle}`, () => {
  const file = (name: string, text: string): string => {
    const path = join(place, name);
    writeFileSync(path, text);
    return path;
  };
  const clean = (): void => {
    for (const name of readdirSync(place)) if (name.endsWith('.tmp.pem')) rmSync(join(place, name));
  };
  const verify = async (
    leaf: Certificate,
    kind: 'client' | 'server',
    revoked: readonly Certificate[],
  ): Promise<string> => {
    const entries = revoked.map(({ serial }) => ({
      serial: toHex(serial),
      revokedAt: Date.now(),
      reason: 'keyCompromise' as const,
    }));
    const list = await authorities.crl(kind, 1, entries);
    const lists = file('lists.tmp.pem', list.pem + authorities.rootList.pem);
    const root = file('root.tmp.pem', authorities.trust.root);
    const authority = file('authority.tmp.pem', authorities.trust[`${kind}Authority`]);
    const own = file('leaf.tmp.pem', toPem('CERTIFICATE', leaf.der));
    const { text } = await runOpenSsl(
      ['verify', '-x509_strict', '-crl_check_all', '-CRLfile', lists],
      ['-purpose', kind === 'client' ? 'sslclient' : 'sslserver'],
      ['-CAfile', root, '-untrusted', authority, own],
    );
    clean();
    return text;
  };

  it('verifies both kinds with every list', async () => {
    expect(await verify(client, 'client', [])).toContain('leaf.tmp.pem: OK');
    expect(await verify(server, 'server', [])).toContain('leaf.tmp.pem: OK');
  });

  it('refuses what is revoked, and what is of the other kind', async () => {
    expect(await verify(client, 'client', [client])).toContain('certificate revoked');
    expect(await verify(server, 'server', [server])).toContain('certificate revoked');
    expect(await verify(client, 'server', [])).not.toContain(': OK');
  });

  it('opens the keys with the passphrases', async () => {
    const key = join(folder, 'client-authority.key');
    const word = file('word.tmp.pem', new TextDecoder().decode(passphrase));
    const { text } = await runOpenSsl('pkey', '-in', key, '-passin', `file:${word}`, '-pubout');
    clean();
    const spki = createPublicKey(text).export({ type: 'spki', format: 'der' });
    expect(new Uint8Array(spki)).toEqual(
      parsed(authorities.clientAuthority.certificate).publicKey.spki,
    );
  });
});

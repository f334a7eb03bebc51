import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPem } from '../keystore/pem.ts';
import { parseCertificate } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { derElement, derSequence } from './der-write.ts';
import { parseDer } from './der.ts';
import { issueCertificate } from './issue.ts';
import {
  allowsNames,
  onlyHosts,
  readNameConstraints,
  type NameConstraints,
} from './name-constraints.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  serverAuthorityProfile,
  serverProfile,
  type LeafKind,
} from './profiles.ts';
import {
  createTestHierarchy,
  testNow,
  testValidity,
  type TestHierarchy,
} from './testing/hierarchy.ts';
import { openssl, openSslTitle, runOpenSsl } from './testing/openssl.ts';

const address = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const read = (der: Uint8Array): NameConstraints | undefined => {
  const node = parseDer(der);
  return node.ok ? readNameConstraints(node.value) : undefined;
};
const constraintsOf = (...hosts: string[]): NameConstraints => {
  const constraints = read(onlyHosts(hosts));
  if (constraints === undefined) throw new Error('not read back');
  return constraints;
};
const allows = (hosts: readonly string[], dnsNames: string[], ipAddresses: Uint8Array[]): boolean =>
  allowsNames(constraintsOf(...hosts), { dnsNames, ipAddresses });

describe('onlyHosts and allowsNames', () => {
  it('permit the hosts, names below them, and nothing else', () => {
    const hosts = ['sip.example', '192.0.2.1'];
    expect(allows(hosts, ['sip.example', 'A.SIP.example'], [address(192, 0, 2, 1)])).toBe(true);
    for (const name of ['example', 'xsip.example', 'sip.example.org', '*.example'])
      expect(allows(hosts, [name], [])).toBe(false);
    expect(allows(hosts, [], [address(192, 0, 2, 2)])).toBe(false);
    expect(allows(hosts, [], [new Uint8Array(16)])).toBe(false);
  });

  it('exclude a form of which no host is permitted', () => {
    expect(allows(['sip.example'], [], [address(192, 0, 2, 1)])).toBe(false);
    expect(allows(['sip.example'], [], [new Uint8Array(16)])).toBe(false);
    expect(allows(['192.0.2.1'], ['sip.example'], [])).toBe(false);
    expect(allows([], ['sip.example'], [])).toBe(false);
    expect(allows([], [], [address(0, 0, 0, 0)])).toBe(false);
    expect(allows([], [], [])).toBe(true);
  });

  it('take a leading dot as names below only', () => {
    const der = derSequence(
      derElement(0xa0, derSequence(derElement(0x82, new TextEncoder().encode('.example')))),
    );
    const constraints = read(der) ?? constraintsOf();
    expect(allowsNames(constraints, { dnsNames: ['a.example'], ipAddresses: [] })).toBe(true);
    expect(allowsNames(constraints, { dnsNames: ['example'], ipAddresses: [] })).toBe(false);
  });

  it('say that another form is constrained, and refuse what is malformed', () => {
    const base = (...parts: Uint8Array[]): Uint8Array =>
      derSequence(derElement(0xa0, derSequence(...parts)));
    const mail = derElement(0x81, new TextEncoder().encode('example'));
    const name = derElement(0x82, new TextEncoder().encode('example'));
    expect(read(base(mail))).toMatchObject({ hasOtherForms: true });
    expect(read(base(name))).toMatchObject({ hasOtherForms: false });
    expect(read(base(name, derElement(0x80, address(0))))).toBeUndefined();
    expect(read(base(derElement(0x87, new Uint8Array(5))))).toBeUndefined();
    expect(read(derSequence())).toBeUndefined();
    expect(read(derSequence(derElement(0xa0)))).toBeUndefined();
    expect(
      read(derSequence(derElement(0xa1, derSequence(name)), derElement(0xa0, derSequence(name)))),
    ).toBeUndefined();
  });

  test.prop([fc.uniqueArray(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), { maxLength: 5 })])(
    'permit each host that they were made from',
    (hosts) => {
      expect(read(onlyHosts(hosts))).toMatchObject({ hasOtherForms: false });
    },
  );
});

describe('an authority for some hosts only', () => {
  let hierarchy: TestHierarchy;
  const folder = mkdtempSync(join(tmpdir(), 'discretio-constraints-'));
  const file = (name: string, der: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, toPem('CERTIFICATE', der));
    return path;
  };
  beforeAll(async () => {
    hierarchy = await createTestHierarchy();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Leaf and authority, and what our verifier and openssl say of them. */
  const judged = async (
    kind: LeafKind,
    onlyHosts: readonly string[],
    commonName: string,
    hosts?: readonly string[],
  ) => {
    const profile = kind === 'client' ? clientAuthorityProfile : serverAuthorityProfile;
    const authority = await hierarchy.issueAuthority(profile, { onlyHosts });
    const leaf = await issueCertificate({
      profile: kind === 'client' ? clientProfile : serverProfile,
      subject: hosts === undefined ? { commonName } : { commonName, hosts },
      publicKey: hierarchy.leafKey.spki,
      issuer: authority,
      serial: Uint8Array.of(9),
      ...testValidity,
    });
    const root = hierarchy.root.certificate;
    const ours = verifyChain({ kind, leaf, authority: authority.certificate, root }, testNow);
    const theirs = openssl
      ? await runOpenSsl(
          ['verify', '-x509_strict', '-attime', String(Math.ceil(testNow / 1000))],
          ['-purpose', kind === 'client' ? 'sslclient' : 'sslserver'],
          [
            '-CAfile',
            file('root.pem', root),
            '-untrusted',
            file('authority.pem', authority.certificate),
          ],
          file('leaf.pem', leaf),
        )
      : undefined;
    return { ours: ours.ok ? 'ok' : ours.error.code, theirs: theirs?.text };
  };

  it.each([
    ['a number, no host', 'client', [], '+33612345678', undefined, true],
    ['a client with a host', 'client', [], '+33612345678', ['sip.example'], false],
    ['a client with an address', 'client', [], '+33612345678', ['192.0.2.1'], false],
    [
      'the host',
      'server',
      ['sip.example', '192.0.2.1'],
      'sip.example',
      ['sip.example', '192.0.2.1'],
      true,
    ],
    ['another host', 'server', ['sip.example'], 'other.example', ['other.example'], false],
    [
      'an address where a host is permitted',
      'server',
      ['sip.example'],
      'server 192.0.2.1',
      ['192.0.2.1'],
      false,
    ],
    ['the address', 'server', ['192.0.2.1'], 'server 192.0.2.1', ['192.0.2.1'], true],
    ['another address', 'server', ['192.0.2.1'], 'server 192.0.2.2', ['192.0.2.2'], false],
    ['an IPv6 address', 'server', ['2001:db8::1'], 'server 2001:db8::1', ['2001:db8::1'], true],
    [
      'a host where an address is permitted',
      'server',
      ['192.0.2.1'],
      'sip.example',
      ['sip.example'],
      false,
    ],
  ] as const)(
    `%s: openssl agrees${openSslTitle}`,
    async (_, kind, only, commonName, hosts, passes) => {
      const { ours, theirs } = await judged(kind, only, commonName, hosts);
      expect(ours).toBe(passes ? 'ok' : 'chain-leaf-name');
      const expected = passes ? /leaf\.pem: OK/ : /subtree violation/;
      expect(theirs === undefined || expected.test(theirs), theirs).toBe(true);
    },
  );

  it('is read back, critical', async () => {
    const { certificate } = await hierarchy.issueAuthority(serverAuthorityProfile, {
      onlyHosts: ['a.example'],
    });
    const parsed = parseCertificate(certificate);
    expect(parsed).toMatchObject({
      value: {
        extensions: {
          unknownCritical: [],
          nameConstraints: { permitted: { dnsNames: ['a.example'] } },
        },
      },
    });
  });
});

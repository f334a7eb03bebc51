import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyAuthority, verifyChain, type ChainFaultCode } from './chain.ts';
import { issueCertificate } from './issue.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  extendedKeyUsage,
  rootProfile,
  serverProfile,
} from './profiles.ts';
import {
  createTestHierarchy,
  newTestKey,
  testNow,
  testValidity,
  type TestHierarchy,
} from './testing/hierarchy.ts';

describe('verifyChain', () => {
  let hierarchy: TestHierarchy;
  let client: Uint8Array;
  const result = (
    leaf: Uint8Array,
    changes: { authority?: Uint8Array; root?: Uint8Array; kind?: 'client' | 'server' } = {},
    now = testNow,
  ): string => {
    const { root, clientAuthority } = hierarchy;
    const base = { kind: 'client', authority: clientAuthority.certificate, root: root.certificate };
    const verified = verifyChain({ ...base, kind: 'client', ...changes, leaf }, now);
    return verified.ok ? 'ok' : verified.error.code;
  };
  beforeAll(async () => {
    hierarchy = await createTestHierarchy();
    client = await hierarchy.issueClient();
  });

  it('accepts a client chain from the first to the last second of its validity', () => {
    const first = Math.floor(testValidity.notBefore / 1000) * 1000;
    const last = Math.floor(testValidity.notAfter / 1000) * 1000 + 999;
    expect(result(client)).toBe('ok');
    expect(result(client, {}, first)).toBe('ok');
    expect(result(client, {}, last)).toBe('ok');
    expect(result(client, {}, first - 1)).toBe('chain-root-not-yet-valid');
    expect(result(client, {}, last + 1)).toBe('chain-root-expired');
  });

  it('accepts an authority by itself', () => {
    const { root, serverAuthority, clientAuthority } = hierarchy;
    const chain = { kind: 'server', root: root.certificate } as const;
    expect(verifyAuthority({ ...chain, authority: serverAuthority.certificate }, testNow).ok).toBe(
      true,
    );
    expect(
      verifyAuthority({ ...chain, authority: clientAuthority.certificate }, testNow),
    ).toMatchObject({ error: { code: 'chain-authority-kind' } });
  });

  it('refuses a leaf of the other authority, or of the other kind', async () => {
    const { serverAuthority, clientAuthority, issueClient } = hierarchy;
    const other = await issueClient({ issuer: serverAuthority });
    expect(result(other)).toBe('chain-leaf-issuer');
    expect(result(other, { authority: serverAuthority.certificate })).toBe('chain-authority-kind');
    const server = await issueClient({ profile: serverProfile });
    expect(result(server)).toBe('chain-leaf-kind');
    const wrongKind = { kind: 'server', authority: clientAuthority.certificate } as const;
    expect(result(server, wrongKind)).toBe('chain-authority-kind');
  });

  it.each<[ChainFaultCode, Parameters<TestHierarchy['issueClient']>[0]]>([
    ['chain-leaf-expired', { notAfter: testNow - 1000 }],
    ['chain-leaf-not-yet-valid', { notBefore: testNow + 1000 }],
    ['chain-leaf-is-authority', { profile: { ...clientProfile, pathLength: 0 } }],
    ['chain-leaf-usage', { profile: { ...clientProfile, keyUsage: ['cRLSign'] } }],
    ['chain-leaf-kind', { profile: { ...clientProfile, extendedKeyUsage: [] } }],
  ])('refuses with %s', async (code, changes) => {
    expect(result(await hierarchy.issueClient(changes))).toBe(code);
  });

  it.each([
    ['1024 bits', 1024, 65_537],
    ['exponent 3', 2048, 3],
  ])('refuses a key of %s', async (_, bits, exponent) => {
    const { spki } = newTestKey(bits, exponent);
    expect(result(await hierarchy.issueClient({ publicKey: spki }))).toBe('chain-leaf-key');
  });

  it('refuses a certificate signed by a key that only borrows the authority’s name', async () => {
    const { issueClient, clientAuthority, leafKey } = hierarchy;
    const forged = await issueClient({ issuer: { ...clientAuthority, sign: leafKey.sign } });
    expect(result(forged)).toBe('chain-leaf-issuer');
  });

  it('refuses a user as an authority', async () => {
    const { issueClient, leafKey } = hierarchy;
    const below = await issueClient({ issuer: { certificate: client, sign: leafKey.sign } });
    expect(result(below)).toBe('chain-leaf-issuer');
    expect(result(below, { authority: client })).toBe('chain-authority-constraints');
  });

  it.each<[ChainFaultCode, Parameters<TestHierarchy['issueAuthority']>[1]]>([
    ['chain-authority-constraints', { profile: { ...clientAuthorityProfile, pathLength: null } }],
    ['chain-authority-usage', { profile: { ...clientAuthorityProfile, keyUsage: ['cRLSign'] } }],
    ['chain-authority-expired', { notAfter: testNow - 1000 }],
    [
      'chain-authority-kind',
      { profile: { ...clientAuthorityProfile, extendedKeyUsage: [extendedKeyUsage.serverAuth] } },
    ],
  ])('refuses an authority with %s', async (code, changes) => {
    const { issueAuthority, issueClient } = hierarchy;
    const authority = await issueAuthority(clientAuthorityProfile, changes);
    const leaf = await issueClient({ issuer: authority });
    expect(result(leaf, { authority: authority.certificate })).toBe(code);
  });

  it('refuses another root, a root in the place of the authority, and a root not allowed two levels', async () => {
    const { root, leafKey, issueClient, issueAuthority } = hierarchy;
    const makeRoot = (pathLength: number): Promise<Uint8Array> =>
      issueCertificate({
        profile: { ...rootProfile, pathLength },
        subject: { commonName: 'Test Root' },
        publicKey: leafKey.spki,
        issuer: { sign: leafKey.sign },
        serial: Uint8Array.of(1),
        ...testValidity,
      });
    expect(result(client, { root: await makeRoot(1) })).toBe('chain-authority-issuer');
    expect(result(client, { root: await makeRoot(0) })).toBe('chain-root-constraints');
    const direct = await issueClient({ issuer: root });
    expect(result(direct, { authority: root.certificate })).toBe('chain-authority-issuer');
    const borrowed = await issueAuthority(rootProfile, { subject: { commonName: 'Test Root' } });
    expect(result(client, { root: borrowed.certificate })).toBe('chain-root-issuer');
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 200 })(
    'never throws, and no changed byte of the leaf passes',
    (position, change) => {
      const mutated = Uint8Array.from(client);
      const index = position % mutated.length;
      mutated[index] = (mutated[index] ?? 0) ^ change;
      expect(result(mutated)).toMatch(/^chain-leaf-/);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 40 })])('refuses anything else as malformed', (bytes) => {
    expect(result(bytes)).toBe('chain-leaf-form');
    expect(result(client, { authority: bytes })).toBe('chain-authority-form');
    expect(result(client, { root: bytes })).toBe('chain-root-form');
  });
});

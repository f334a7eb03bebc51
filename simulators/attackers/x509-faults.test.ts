import { beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../reference/core/pki/certificate.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { certificatesInPem, keyIdentifierOf } from './certificate-forger.ts';
import { chainFaults } from './x509-chain-faults.ts';
import { serverContentFaults, userContentFaults } from './x509-content-faults.ts';
import { makeKeys, rightCertificate, type CertificateFault, type Workshop } from './x509-faults.ts';
import { createOpenHierarchy } from './x509-hierarchy.ts';

const shops = new Map<'client' | 'server', Workshop>();

beforeAll(async () => {
  const [hierarchy, keys] = await Promise.all([createOpenHierarchy('127.0.0.1'), makeKeys()]);
  shops.set('client', { hierarchy, keys, role: 'client', name: '+33639980213' });
  shops.set('server', { hierarchy, keys, role: 'server', name: '127.0.0.1' });
});

const shopOf = (role: 'client' | 'server'): Workshop => {
  const shop = shops.get(role);
  if (!shop) throw new Error('no workshop was made');
  return shop;
};

/** What a verifier of the chain alone says of a leaf. */
const verdictOn = (role: 'client' | 'server', leaf: Uint8Array): string => {
  const { trust } = shopOf(role).hierarchy;
  const texts = [trust.root, role === 'client' ? trust.clientAuthority : trust.serverAuthority];
  const [root = leaf, authority = leaf] = texts.flatMap((text) => certificatesInPem(text));
  const verified = verifyChain({ kind: role, leaf, authority, root }, Date.now());
  return verified.ok ? 'good' : verified.error.code;
};

/** Faults of what is in the name only: chains do not tell them. */
const ofNamesOnly = ({ row, name }: CertificateFault): boolean =>
  ['X4', 'X5', 'X6'].includes(row) && name !== 'bmp-string';

const all = [
  ...[...chainFaults, ...userContentFaults].map((each) => ({ role: 'client', ...each }) as const),
  ...[...chainFaults, ...serverContentFaults].map((each) => ({ role: 'server', ...each }) as const),
];

describe('certificates with faults', () => {
  it.each(['client', 'server'] as const)('a right %s certificate verifies', (role) => {
    const shop = shopOf(role);
    const { certificate, chain, key } = rightCertificate(shop);
    expect(verdictOn(role, certificate)).toBe('good');
    const parsed = parseCertificate(certificate);
    expect(parsed.ok && parsed.value.extensions.subjectKeyIdentifier).toEqual(keyIdentifierOf(key));
    expect(chain).toHaveLength(1);
  });

  it('have names of their own in each row and role', () => {
    const ids = all.map(({ role, row, name }) => `${role} ${row} ${name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(all.filter((each) => !each.tolerable && !ofNamesOnly(each)))(
    '$row/$name of a $role does not verify',
    ({ role, make }) => {
      expect(verdictOn(role, make(shopOf(role)).certificate)).not.toBe('good');
    },
  );

  it.each(all.filter((each) => !each.tolerable && ofNamesOnly(each)))(
    '$row/$name of a $role is canonical, but for its names',
    ({ role, make }) => {
      expect(['good', 'chain-leaf-common-name']).toContain(
        verdictOn(role, make(shopOf(role)).certificate),
      );
    },
  );
});

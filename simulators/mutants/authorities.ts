import { generateKeyPairSync } from 'node:crypto';
import {
  signerOf,
  newSerial,
  spkiOf,
} from '../../reference/appliance/authorities/authority-keys.ts';
import {
  defaultNames,
  issueHierarchy,
  type SigningKey,
} from '../../reference/appliance/authorities/hierarchy.ts';
import { onlineAuthorities } from '../../reference/appliance/authorities/online.ts';
import type {
  Authorities,
  AuthoritiesWorld,
  ServerCredentials,
} from '../../reference/appliance/authorities/types.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import { issueCertificate } from '../../reference/core/pki/issue.ts';
import { clientProfile, serverProfile } from '../../reference/core/pki/profiles.ts';
import type { Mutant } from './mutant.ts';

type Create = ApplianceParts['createAuthorities'];

/** A key pair of any size and exponent. */
const keyOf = (
  modulusLength: number,
  publicExponent: number,
): SigningKey & { readonly pem: string } => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { spki: spkiOf(privateKey), sign: signerOf(privateKey), pem };
};

const day = 86_400_000;

/** A server's certificate for these hosts, by whom and with which key one likes. */
export const serverBy = async (
  world: AuthoritiesWorld,
  issuer: Authorities['clientAuthority'],
  hosts: readonly [string, ...string[]],
  key = keyOf(2048, 65_537),
): Promise<ServerCredentials> => {
  const certificate = await issueCertificate({
    profile: serverProfile,
    subject: { commonName: hosts[0], hosts },
    publicKey: key.spki,
    issuer,
    serial: newSerial(world.randomBytes),
    notBefore: world.now() - 60_000,
    notAfter: world.now() + day,
  });
  return {
    privateKey: key.pem,
    certificateChain: toPem('CERTIFICATE', certificate) + issuer.pem,
  };
};

/** Authorities that issue otherwise. */
export const issuing =
  (change: (right: Authorities, world: AuthoritiesWorld) => Partial<Authorities>): Create =>
  async (options) => {
    const right = await applianceParts.createAuthorities(options);
    return { ...right, ...change(right, options) };
  };

/** Servers' certificates for keys of another size or exponent. */
export const serverKey = (modulusLength: number, publicExponent: number): Create =>
  issuing(({ serverAuthority }, world) => ({
    issueServerCertificate: (hosts) =>
      serverBy(world, serverAuthority, hosts, keyOf(modulusLength, publicExponent)),
  }));

/** Authorities one of which has another key. */
const authorityKey =
  (which: 'root' | 'clientAuthority' | 'serverAuthority', bits: number, exponent: number): Create =>
  async (world) => {
    const [root, clientAuthority, serverAuthority] = [0, 1, 2].map(() => keyOf(2048, 65_537));
    if (!root || !clientAuthority || !serverAuthority) throw new Error('no keys');
    const keys = { root, clientAuthority, serverAuthority, [which]: keyOf(bits, exponent) };
    const hierarchy = await issueHierarchy({ names: defaultNames, keys }, world);
    const close = (): Promise<void> => Promise.resolve();
    return { ...onlineAuthorities({ ...hierarchy, close }, world), root: hierarchy.root };
  };

const userBy = (
  world: AuthoritiesWorld,
  {
    issuer,
    commonName,
    publicKey,
  }: {
    readonly issuer: Authorities['clientAuthority'];
    readonly commonName: string;
    readonly publicKey: Uint8Array;
  },
): Promise<Uint8Array> =>
  issueCertificate({
    profile: clientProfile,
    subject: { commonName },
    publicKey,
    issuer,
    serial: newSerial(world.randomBytes),
    notBefore: world.now() - 60_000,
    notAfter: world.now() + day,
  });

const rows: readonly (readonly [string, string, readonly string[], RegExp, Create])[] = [
  [
    'server-key-3072',
    'the servers’ keys have 3072 bits',
    ['6.1.a'],
    /RSA 3072, exponent 65537/,
    serverKey(3072, 65_537),
  ],
  [
    'server-key-exponent-3',
    'the servers’ keys have the exponent 3',
    ['6.1.a'],
    /RSA 2048, exponent 3/,
    serverKey(2048, 3),
  ],
  [
    'client-authority-key-3072',
    'the client authority’s key has 3072 bits',
    ['6.1.a'],
    /RSA 3072, exponent 65537/,
    authorityKey('clientAuthority', 3072, 65_537),
  ],
  [
    'root-key-exponent-3',
    'the root’s key has the exponent 3',
    ['6.1.a'],
    /RSA 2048, exponent 3/,
    authorityKey('root', 2048, 3),
  ],
  [
    'server-certified-by-client-authority',
    'the servers’ certificates come from the client authority',
    ['2.1.g', '5.2.g'],
    /foreign or unfit certificate/,
    issuing(({ clientAuthority }, world) => ({
      issueServerCertificate: (hosts) => serverBy(world, clientAuthority, hosts),
    })),
  ],
  [
    'server-certified-for-another-host',
    'the servers’ certificates name another host',
    ['2.1.g'],
    /does not name its host/,
    issuing(({ serverAuthority }, world) => ({
      issueServerCertificate: () => serverBy(world, serverAuthority, ['other.example']),
    })),
  ],
  [
    'user-certified-without-plus',
    'users are certified under their number without its +',
    ['4.b'],
    /a certificate for another key or number/,
    issuing(({ clientAuthority }, world) => ({
      issueClientCertificate: (number, publicKey) =>
        userBy(world, { issuer: clientAuthority, commonName: number.slice(1), publicKey }),
    })),
  ],
];

/** Authorities that certify otherwise than they should. */
export const authorityMutants: readonly Mutant[] = rows.map(
  ([id, fault, claims, because, createAuthorities]) => ({
    id,
    fault,
    claims,
    because,
    parts: { appliance: { createAuthorities } },
  }),
);

import { getDiffieHellman } from 'node:crypto';
import {
  exactTlsProfile,
  type TlsProfile,
  type TlsSuite,
} from '../../reference/core/tls/profile.ts';
import { prime1024 } from '../attackers/tls-server/groups.ts';

const also = (suites: readonly TlsSuite[], more: Partial<TlsProfile> = {}): TlsProfile => ({
  ...exactTlsProfile,
  ...more,
  suites: [...exactTlsProfile.suites, ...suites],
});

/** OpenSSL takes its level of security among the names of suites: none refuses what is old or small. */
const anyStrength: TlsSuite = { name: '@SECLEVEL=0', code: 0x0000 };

const aes128 = { name: 'DHE-RSA-AES128-GCM-SHA256', code: 0x009e } as const;

/** The exact profile and one suite more. */
export const alsoAes128: TlsProfile = also([aes128]);
export const alsoEcdhe: TlsProfile = also([{ name: 'ECDHE-RSA-AES256-GCM-SHA384', code: 0xc030 }]);
export const alsoChaCha: TlsProfile = also([{ name: 'DHE-RSA-CHACHA20-POLY1305', code: 0xccaa }]);
export const alsoCbc: TlsProfile = also([{ name: 'DHE-RSA-AES256-SHA256', code: 0x006b }]);
/** RSA key exchange, which Bleichenbacher's oracle needs. */
export const alsoRsa: TlsProfile = also([{ name: 'AES256-GCM-SHA384', code: 0x009d }]);

/** Another suite in place of the right one. */
export const onlyAes128: TlsProfile = { ...exactTlsProfile, suites: [aes128] };

/** A version more, with a suite that it has. */
export const alsoTls13: TlsProfile = also([{ name: 'TLS_AES_256_GCM_SHA384', code: 0x1302 }], {
  maximumVersion: 'TLSv1.3',
});
export const alsoTls11: TlsProfile = also(
  [{ name: 'DHE-RSA-AES256-SHA', code: 0x0039 }, anyStrength],
  { minimumVersion: 'TLSv1.1' },
);

/** An old version in place of the right one. */
export const onlyTls11: TlsProfile = {
  ...exactTlsProfile,
  minimumVersion: 'TLSv1.1',
  maximumVersion: 'TLSv1.1',
  suites: [{ name: 'DHE-RSA-AES256-SHA', code: 0x0039 }, anyStrength],
};

const withGroup = (name: string, prime: string): Partial<TlsProfile> => ({
  groups: [{ name, prime, generator: 2 }],
});

/** The exact profile with a published modulus of another size. */
export const modulus1024: TlsProfile = also([anyStrength], withGroup('modp2', prime1024));
export const modulus3072: TlsProfile = also(
  [],
  withGroup('modp15', getDiffieHellman('modp15').getPrime('hex')),
);

/** The exact profile with what it is without. */
export const withTickets: TlsProfile = also([], { tickets: true });
export const withRenegotiation: TlsProfile = also([], { renegotiation: true });

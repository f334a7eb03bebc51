import { exactTlsProfile, type TlsProfile } from '../../reference/core/tls/profile.ts';

const aes128 = { name: 'DHE-RSA-AES128-GCM-SHA256', code: 0x009e } as const;

/** The exact profile and one suite more. */
export const alsoAes128: TlsProfile = {
  ...exactTlsProfile,
  suites: [...exactTlsProfile.suites, aes128],
};

/** Another suite in place of the right one. */
export const onlyAes128: TlsProfile = { ...exactTlsProfile, suites: [aes128] };

import type { Mutant } from './mutant.ts';
import { alsoAes128, onlyAes128 } from './profiles.ts';
import { connectToAnyone } from './trusts-any-server.ts';

/** Faults of who may connect to whom, and with which suite. */
export const tlsMutants: readonly Mutant[] = [
  {
    id: 'sip-also-aes128',
    fault: 'the SIP port also accepts DHE-RSA-AES128-GCM-SHA256',
    claims: ['5.1.k'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { sipProfile: alsoAes128 } },
  },
  {
    id: 'sip-only-aes128',
    fault: 'the SIP port has DHE-RSA-AES128-GCM-SHA256 in place of the right suite',
    claims: ['5.1.b', '5.1.k'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { sipProfile: onlyAes128 } },
  },
  {
    id: 'registration-also-aes128',
    fault: 'the registration port also accepts DHE-RSA-AES128-GCM-SHA256',
    claims: ['5.1.l'],
    because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
    parts: { appliance: { registrationProfile: alsoAes128 } },
  },
  {
    id: 'sip-without-client-certificate',
    fault: 'the SIP port asks for no client certificate',
    claims: ['2.1.b', '5.2.a'],
    because: /registered without a certificate/,
    parts: { appliance: { requireClientCertificate: false, identityRule: () => undefined } },
  },
  {
    id: 'phone-trusts-any-server',
    fault: 'the phone checks nothing of the signalling server',
    claims: ['2.1.g'],
    because: /accepted the certificate "rogue-authority"/,
    parts: { phone: { connectTls: connectToAnyone } },
  },
];

import type { TlsProfile } from '../../reference/core/tls/profile.ts';
import { serviceClaims, services, type TlsService } from './tls-services.ts';
import type { Mutant } from './mutant.ts';
import * as profiles from './profiles.ts';
import { connectToAnyone } from './trusts-any-server.ts';

const speaking = (service: TlsService, profile: TlsProfile): Mutant['parts'] => ({
  appliance: service === 'sip' ? { sipProfile: profile } : { registrationProfile: profile },
});

/** Ports that accept one thing more. */
const acceptsMore = (service: TlsService): readonly Mutant[] =>
  (
    [
      ['aes128', 'DHE-RSA-AES128-GCM-SHA256', profiles.alsoAes128, /DHE_RSA_WITH_AES_128_GCM/],
      ['ecdhe', 'ECDHE-RSA-AES256-GCM-SHA384', profiles.alsoEcdhe, /ECDHE_RSA_WITH_AES_256_GCM/],
      ['chacha20', 'DHE-RSA-CHACHA20-POLY1305', profiles.alsoChaCha, /DHE_RSA_WITH_CHACHA20/],
      ['cbc', 'DHE-RSA-AES256-SHA256', profiles.alsoCbc, /DHE_RSA_WITH_AES_256_CBC_SHA256/],
      ['tls-1.3', 'TLS 1.3', profiles.alsoTls13, /TLSv1\.3 TLS_AES_256_GCM_SHA384/],
      ['tls-1.1', 'TLS 1.1', profiles.alsoTls11, /TLSv1\.1 TLS_DHE_RSA_WITH_AES_256_CBC_SHA/],
    ] as const
  ).map(([name, what, profile, because]) => ({
    id: `${service}-also-${name}`,
    fault: `the ${service} port also accepts ${what}`,
    claims: [serviceClaims[service].only],
    because,
    parts: speaking(service, profile),
  }));

/** Ports whose suite, group or session is another. */
const differently = (service: TlsService): readonly Mutant[] => {
  const { suite, modulus, only, channel, resumption } = serviceClaims[service];
  const size = (bits: number, profile: TlsProfile): Mutant => ({
    id: `${service}-modulus-${bits}`,
    fault: `the ${service} port uses a modulus of ${bits} bits`,
    claims: [modulus],
    because: new RegExp(`${bits} bits`),
    parts: speaking(service, profile),
  });
  return [
    {
      id: `${service}-only-aes128`,
      fault: `the ${service} port has DHE-RSA-AES128-GCM-SHA256 in place of the right suite`,
      claims: [suite, only],
      because: /TLSv1\.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
      parts: speaking(service, profiles.onlyAes128),
    },
    {
      id: `${service}-also-rsa`,
      fault: `the ${service} port also accepts RSA key exchange`,
      claims: [only, '4.a'],
      because: /TLS_RSA_WITH_AES_256_GCM_SHA384/,
      parts: speaking(service, profiles.alsoRsa),
    },
    size(1024, profiles.modulus1024),
    size(3072, profiles.modulus3072),
    {
      id: `${service}-with-tickets`,
      fault: `the ${service} port resumes sessions by ticket`,
      claims: [resumption],
      because: /^T10\/resumption: .*\(by .*ticket\)/,
      judged: 'observation',
      parts: speaking(service, profiles.withTickets),
    },
    {
      id: `${service}-renegotiates`,
      fault: `the ${service} port lets clients renegotiate, bound to the handshake before`,
      claims: channel,
      because: /^T9\/client-renegotiation: /,
      judged: 'observation',
      parts: speaking(service, profiles.withRenegotiation),
    },
  ];
};

/** Faults of who may connect to whom, and with which suite. */
export const tlsMutants: readonly Mutant[] = [
  ...services.flatMap((service) => [...acceptsMore(service), ...differently(service)]),
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

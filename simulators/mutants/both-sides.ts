import type { TlsProfile } from '../../reference/core/tls/profile.ts';
import { answerChecks } from '../../reference/core/csl/answer.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import { parsePemChain, toPem } from '../../reference/core/keystore/pem.ts';
import type { Authorities } from '../../reference/appliance/authorities/types.ts';
import { applianceParts } from '../../reference/appliance/parts.ts';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { issuing, serverBy, serverKey } from './authorities.ts';
import { keepingFiles, rightFiles } from './key-files.ts';
import type { Mutant } from './mutant.ts';
import { connectWith, lax } from './phone-tls.ts';
import * as profiles from './profiles.ts';
import { anyStatus } from './revocation.ts';
import { serviceClaims, services, type TlsService } from './tls-services.ts';
import { connectToAnyone } from './trusts-any-server.ts';

type Connect = PhoneParts['connectTls'];

/** A port with another profile, and phones that take it. */
const agreed = (service: TlsService, profile: TlsProfile, connect: Connect): Mutant['parts'] =>
  service === 'sip'
    ? { appliance: { sipProfile: profile }, phone: { connectTls: connect } }
    : { appliance: { registrationProfile: profile }, phone: { connectRegistration: connect } };

/** Where both ends of a service have the same wrong profile: sessions come about, and everything works. */
const wrongSessions = (service: TlsService): readonly Mutant[] => {
  const { version, suite, modulus, only } = serviceClaims[service];
  return [
    {
      id: `${service}-and-phones-aes128`,
      fault: `the ${service} port and phones agree on DHE-RSA-AES128-GCM-SHA256`,
      claims: [suite, only],
      because: /differs; expected DHE-.*; observed 0x009e|TLS_DHE_RSA_WITH_AES_128_GCM_SHA256/,
      parts: agreed(
        service,
        profiles.onlyAes128,
        connectWith({ ciphers: 'DHE-RSA-AES128-GCM-SHA256' }),
      ),
    },
    {
      id: `${service}-and-phones-tls-1.1`,
      fault: `the ${service} port and phones speak TLS 1.1`,
      claims: [...version, suite, only],
      because:
        /differs; expected (?:TLS 1\.2; observed TLS 1\.1|DHE-.*; observed 0x0039)|accepts more.* TLSv1\.1 /,
      parts: agreed(
        service,
        profiles.onlyTls11,
        connectWith({
          minVersion: 'TLSv1.1',
          maxVersion: 'TLSv1.1',
          ciphers: `DHE-RSA-AES256-SHA:${lax}`,
        }),
      ),
    },
    {
      id: `${service}-and-phones-modulus-3072`,
      fault: `the ${service} port uses a modulus of 3072 bits, and phones take it`,
      claims: [modulus],
      because: /differs; expected 2048 bits; observed 3072 bits|a modulus of another size/,
      parts: agreed(service, profiles.modulus3072, connectWith({ minDHSize: 2048 })),
    },
  ];
};

/** Users' certificates come from a hierarchy that nobody declared; everybody who should mind does not. */
const undeclaredAuthority = (): Mutant['parts'] => {
  let shadow: Promise<Authorities> | null = null;
  return {
    appliance: {
      createAuthorities: async (world) => {
        const right = await applianceParts.createAuthorities(world);
        const other = await (shadow ??= applianceParts.createAuthorities(world));
        return {
          ...right,
          issueClientCertificate: (...given) => other.issueClientCertificate(...given),
        };
      },
      startSignalling: async (options) => {
        const other = await shadow;
        const trust = other?.trust ?? options.trust;
        return applianceParts.startSignalling({ ...options, trust });
      },
    },
    phone: {
      ...keepingFiles(rightFiles),
      checkCertificate: ({ body }) => {
        const chain = parsePemChain(body, 'CERTIFICATE');
        if (!chain.ok) throw new Error('the certificate is not PEM');
        return toPem('CERTIFICATE', chain.value[0]);
      },
      offerChecks: offerChecks.filter(({ code }) => code !== 'issuer'),
      answerChecks: answerChecks.filter(({ code }) => code !== 'issuer'),
      revocation: anyStatus,
    },
  };
};

/** Systems both sides of which have the same fault, so that it shows in calls that come about. */
export const bothSidesMutants: readonly Mutant[] = [
  ...services.flatMap(wrongSessions),
  {
    id: 'users-of-an-undeclared-authority',
    fault: 'users are certified by an authority other than the declared one',
    claims: ['2.1.a'],
    because: /is not its own or from elsewhere/,
    parts: undeclaredAuthority(),
  },
  {
    id: 'foreign-servers-and-phones-that-take-them',
    fault: 'the servers’ certificates come from the client authority, and phones take anybody’s',
    claims: ['2.1.g'],
    because: /foreign or unfit certificate/,
    parts: {
      appliance: {
        createAuthorities: issuing(({ clientAuthority }, world) => ({
          issueServerCertificate: (hosts) => serverBy(world, clientAuthority, hosts),
        })),
      },
      phone: { connectTls: connectToAnyone, connectRegistration: connectToAnyone },
    },
  },
  {
    id: 'server-keys-of-3072-bits-taken',
    fault: 'the servers’ keys have 3072 bits, and phones take them',
    claims: ['6.1.a'],
    because: /session with port \d+ has another key; .*RSA 3072/,
    parts: {
      appliance: { createAuthorities: serverKey(3072, 65_537) },
      phone: { connectTls: connectToAnyone, connectRegistration: connectToAnyone },
    },
  },
];

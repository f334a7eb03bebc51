import { rootCertificates } from 'node:tls';
import { createTls } from '../../reference/appliance/signalling/listen.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { equal } from '../../reference/core/bytes.ts';
import { certificatesInPem, issuerNameOf, subjectNameOf } from '../attackers/certificate-forger.ts';
import type { Mutant } from './mutant.ts';
import { fronted } from './tls-front.ts';
import { leadsToAuthority, type LeadsTo } from './tls-policy.ts';
import { withTickets } from './profiles.ts';

/** By names alone: of the issuer, its issuer, and so on as far as certificates were sent, to somebody trusted. */
const issuersNamesLead: LeadsTo = (chain, { root, clientAuthority }) => {
  const trusted = [root, clientAuthority].flatMap(certificatesInPem).map(subjectNameOf);
  const [leaf, ...sent] = chain;
  const seen = new Set<Uint8Array>();
  for (let at = leaf; at !== undefined && !seen.has(at);) {
    seen.add(at);
    const issuer = issuerNameOf(at);
    if (trusted.some((name) => equal(name, issuer))) return true;
    at = sent.find((each) => equal(subjectNameOf(each), issuer));
  }
  return false;
};

const namesAuthority: LeadsTo = ([leaf], { clientAuthority }) => {
  const issuer = leaf && issuerNameOf(leaf);
  const names = certificatesInPem(clientAuthority).map(subjectNameOf);
  return issuer !== undefined && names.some((name) => equal(name, issuer));
};

const publicNames = (): readonly Uint8Array[] =>
  rootCertificates.flatMap(certificatesInPem).map(subjectNameOf);

/** Whether an authority of the usual public ones is named as issuer. */
const namesPublicAuthority = ([leaf]: readonly Uint8Array[]): boolean => {
  const issuer = leaf && issuerNameOf(leaf);
  return issuer !== undefined && publicNames().some((name) => equal(name, issuer));
};

/** Sessions resumed by ticket are nobody's business but the ticket's: their certificate is not asked about. */
const resumedUnasked = (): Partial<ApplianceParts> => {
  const resumed = new Set<string>();
  return {
    sipProfile: withTickets,
    clientStatus: (store) => {
      const right = applianceParts.clientStatus(store);
      return (certificate) => (resumed.has(certificate.serial) ? 'good' : right(certificate));
    },
    startSignalling: (options) =>
      applianceParts.startSignalling({
        ...options,
        createTls: (...given) => {
          const server = createTls(...given);
          server.on('secureConnection', (socket) => {
            const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
            if (socket.isSessionReused()) resumed.add(serial.toLowerCase().replace(/^0+/, ''));
          });
          return server;
        },
      }),
  };
};

/** SIP ports that take somebody for a user who is none, or not any more. */
export const portIdentityMutants: readonly Mutant[] = [
  {
    id: 'sip-believes-names-of-issuers',
    fault: 'the SIP port follows client certificates by the names of their issuers alone',
    claims: ['2.1.b', '5.2.a'],
    because: /the SIP port accepted the certificate/,
    parts: fronted('sip', { leadsTo: issuersNamesLead, isAnonymous: true }),
  },
  {
    id: 'sip-ignores-signatures',
    fault: 'the SIP port verifies no signature of a certificate that names the client authority',
    claims: ['3.1.c'],
    because: /the SIP port accepted the certificate "common-name-altered"/,
    parts: fronted('sip', { leadsTo: namesAuthority, isAnonymous: true }),
  },
  {
    id: 'sip-takes-public-authorities',
    fault: 'the SIP port also takes who names a public authority as the issuer of its certificate',
    claims: ['2.1.b'],
    because: /the SIP port accepted the certificate "public-authority"/,
    parts: fronted('sip', {
      leadsTo: (chain, trust) => leadsToAuthority(chain, trust) || namesPublicAuthority(chain),
      isAnonymous: true,
    }),
  },
  {
    id: 'sip-certificate-optional',
    fault: 'the SIP port asks for a certificate, and serves whoever has none',
    claims: ['2.2.c'],
    because: /somebody without a certificate was connected/,
    parts: fronted('sip', { checks: { certificateNeeded: false }, isAnonymous: true }),
  },
  {
    id: 'resumed-sessions-not-asked-about',
    fault: 'the SIP port resumes sessions, and does not ask whether their user was revoked since',
    claims: ['4.d'],
    because: /a revoked user was served by resumption/,
    parts: { appliance: resumedUnasked() },
  },
];

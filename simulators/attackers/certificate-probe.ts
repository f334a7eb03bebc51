import {
  certificatesInPem,
  forgeAuthority,
  forgeClient,
  type CertifiedKey,
} from './certificate-forger.ts';
import type { Endpoint, TrustCertificates } from './endpoint.ts';
import { registerOn, type RegisterOutcome } from './malicious-user.ts';
import { sipHost } from './sip-dialog.ts';
import { openSipLink } from './sip-link.ts';

/** What an intruder shows the signalling server: nothing, or a certificate with the number of its victim that another authority issued. */
export type ShownCertificate = 'none' | 'rogue-authority';

const shown = (
  certificate: ShownCertificate,
  number: string,
  trust: TrustCertificates,
): CertifiedKey | null => {
  const [authority] = certificatesInPem(trust.clientAuthority);
  if (certificate === 'none' || !authority) return null;
  const rogue = forgeAuthority(authority);
  return forgeClient(number, rogue.key, rogue.certificate);
};

/** Tries to register a number without its certificate. Never rejects; settles within twice `deadlineMs` milliseconds. */
export const tryRegister = async (
  target: { readonly sip: Endpoint; readonly trust: TrustCertificates },
  number: string,
  certificate: ShownCertificate,
  deadlineMs: number,
): Promise<RegisterOutcome> => {
  const identity = shown(certificate, number, target.trust);
  const opened = await openSipLink({ ...target, identity }, deadlineMs);
  if (opened.kind !== 'connected') return opened;
  try {
    return await registerOn(opened.link, number, sipHost(target.sip.host), deadlineMs);
  } finally {
    opened.link.close();
  }
};

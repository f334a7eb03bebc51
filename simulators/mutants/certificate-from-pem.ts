import { parsePem } from '../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';

/** The certificate of a PEM text that is known to hold one. */
export const certificateFromPem = (text: string): Certificate => {
  const der = parsePem(text, 'CERTIFICATE');
  const certificate = der.ok ? parseCertificate(der.value) : der;
  if (!certificate.ok) throw new Error(`not a certificate: ${certificate.error.code}`);
  return certificate.value;
};

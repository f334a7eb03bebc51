import { fromBase64 } from '../../../reference/core/bytes.ts';
import { parsePem } from '../../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import type { Result } from '../../../reference/core/result.ts';
import type { Evidence } from '../../campaign/scenario.ts';
import type { Topology } from '../activities/call-evidence.ts';
import { callActivity } from './capture-view.ts';

const read = (der: Result<Uint8Array>): Certificate | null => {
  const certificate = der.ok ? parseCertificate(der.value) : der;
  return certificate.ok ? certificate.value : null;
};

/** The certificate of a PEM text, null where there is none. */
export const certificateOfPem = (pem: string): Certificate | null =>
  read(parsePem(pem, 'CERTIFICATE'));

/** The certificate of a base64 text without armour, null where there is none. */
export const certificateOfBase64 = (text: string | undefined): Certificate | null =>
  read(fromBase64(text ?? ''));

/** The certificate that a phone stores beside its key. */
export const storedCertificate = (evidence: Evidence, phone: string): Certificate | null =>
  certificateOfPem(evidence.text(callActivity, `stored/${phone}/certificate.pem`) ?? '');

/** Both users of the call. */
export const usersOf = ({ caller, callee }: Topology) => [caller, callee] as const;

import { parsePem } from '../../core/keystore/pem.ts';
import { parseCertificate } from '../../core/pki/certificate.ts';

/** A certificate that the appliance cannot work without. */
export interface NeededCertificate {
  /** In words, such as `client authority`. */
  readonly name: string;
  /** Of the first certificate in it. */
  readonly pem: string;
  /** How it is renewed, as the end of a sentence. */
  readonly renewal: string;
}

/** Milliseconds since 1970. */
export interface Validity {
  readonly name: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Milliseconds before its end at which a certificate is called for. */
const warning = 60 * 86_400_000;

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const moment = (time: number): string => new Date(time).toISOString().slice(0, 16);

const validityOf = ({ name, pem }: NeededCertificate): Validity => {
  const der = parsePem(pem, 'CERTIFICATE');
  const parsed = der.ok ? parseCertificate(der.value) : der;
  if (!parsed.ok)
    throw new Error(
      `certificate of the ${name}: cannot be read (${parsed.error.code}); take its file from a backup`,
    );
  const { notBefore, notAfter } = parsed.value;
  return { name, notBefore, notAfter };
};

/**
 * When needed certificates are valid. Throws one line when the clock is before one of them, or one has ended: then no phone would
 * accept the appliance, or every phone would be refused. `warn` is told of what ends within 60 days.
 */
export const requireValid = (
  certificates: readonly NeededCertificate[],
  now: number,
  warn: (code: string, detail: string) => void,
): readonly Validity[] =>
  certificates.map((certificate) => {
    const validity = validityOf(certificate);
    const { name, notBefore, notAfter } = validity;
    if (now < notBefore)
      throw new Error(
        `clock: this system says ${moment(now)}, but the certificate of the ${name} begins ${moment(notBefore)} (UTC); set the clock`,
      );
    if (now >= notAfter)
      throw new Error(
        `certificate of the ${name}: it ended ${day(notAfter)}, and this system says ${day(now)}; ${certificate.renewal}`,
      );
    if (notAfter - now < warning)
      warn(
        'certificate/ends',
        `certificate of the ${name} ends ${day(notAfter)}; ${certificate.renewal}`,
      );
    return validity;
  });

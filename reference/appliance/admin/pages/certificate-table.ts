import type { StoredCertificate } from '../../store/contract.ts';
import type { Visit } from '../context.ts';
import type { Html } from '../html.ts';
import { table, time } from '../parts.ts';
import { certificateLink, numberLink, stateChip } from './links.ts';

/** Certificates as a table. */
export const certificateTable = (
  { text, at }: Visit,
  certificates: readonly StoredCertificate[],
  empty: string,
): Html =>
  table({
    caption: text['certificates.caption'],
    columns: [
      text['certificates.serial'],
      text['certificates.subject'],
      text['certificates.authority'],
      text['certificates.issued'],
      text['certificates.until'],
      text.state,
    ],
    rows: certificates.map(
      (certificate) =>
        [
          certificateLink(certificate.serial),
          certificate.authority === 'client'
            ? numberLink(certificate.subject)
            : certificate.subject,
          text[`authority.${certificate.authority}`],
          time(certificate.issuedAt),
          time(certificate.notAfter),
          stateChip(text, certificate, at),
        ] as const,
    ),
    empty,
  });

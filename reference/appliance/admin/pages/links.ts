import type { StoredCertificate } from '../../store/contract.ts';
import { html, type Html } from '../html.ts';
import { chip } from '../parts.ts';
import type { Texts } from '../texts/en.ts';

/** Path of a subscriber's page. */
export const numberPath = (number: string): string => `/subscribers/${encodeURIComponent(number)}`;

/** Link to a subscriber's page. */
export const numberLink = (number: string): Html =>
  html`<a class="number" href="${numberPath(number)}">${number}</a>`;

/** Link to a certificate's page. */
export const certificateLink = (serial: string): Html =>
  html`<a href="/certificates/${encodeURIComponent(serial)}"><code>${serial}</code></a>`;

/** Valid, revoked or expired at a time; its last second belongs to the validity (RFC 5280 section 4.1.2.5). */
export const certificateState = (
  { state, notAfter }: Pick<StoredCertificate, 'state' | 'notAfter'>,
  at: number,
): 'valid' | 'revoked' | 'expired' =>
  state === 'revoked' ? 'revoked' : at < notAfter + 1000 ? 'valid' : 'expired';

const tones = { valid: 'good', revoked: 'bad', expired: 'quiet' } as const;

/** A certificate's state as a coloured word. */
export const stateChip = (
  texts: Texts,
  certificate: Pick<StoredCertificate, 'state' | 'notAfter'>,
  at: number,
): Html => {
  const state = certificateState(certificate, at);
  return chip(tones[state], texts[`state.${state}`]);
};

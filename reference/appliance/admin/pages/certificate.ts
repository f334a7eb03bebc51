import type { StoredCertificate } from '../../store/contract.ts';
import {
  badForm,
  doneAt,
  notFound,
  page,
  type AdminContext,
  type Answer,
  type Route,
  type SignedVisit,
  type Visit,
} from '../context.ts';
import { html, type Html } from '../html.ts';
import { postForm, refusal } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { certificateFields } from './certificate-fields.ts';
import { certificateState, numberPath } from './links.ts';
import { reasonIn, reasonSelect } from './subscriber.ts';

/** A client's certificate is revoked with its number (I-7): a certificate alone would leave the thief the SIM to enrol again with. */
const revokeLink = ({ text, at }: Visit, certificate: StoredCertificate): Html | null => {
  const { authority, subject, serial } = certificate;
  if (certificateState(certificate, at) !== 'valid') return null;
  const [href, label] =
    authority === 'client'
      ? [`${numberPath(subject)}/revoke`, fill(text['certificate.revokeNumber'], { subject })]
      : [`/certificates/${serial}/revoke`, text['certificate.revoke']];
  return html`<p class="actions"><a class="button danger" href="${href}">${label}</a></p>`;
};

const show = (visit: Visit, _: AdminContext, certificate: StoredCertificate): Answer =>
  page(
    fill(visit.text['certificate.title'], { subject: certificate.subject }),
    html`${revokeLink(visit, certificate)}${certificateFields(visit, certificate)}`,
  );

const askRevoke = (visit: Visit, _: AdminContext, certificate: StoredCertificate): Answer => {
  const { text, at } = visit;
  const { authority, subject, serial } = certificate;
  if (authority === 'client') return { kind: 'redirect', to: `${numberPath(subject)}/revoke` };
  const title = fill(text['certificate.revokeTitle'], { subject });
  if (certificateState(certificate, at) !== 'valid')
    return page(title, html`${refusal(text['certificate.notValid'])}`, 409);
  return page(
    title,
    html`<p>${text['certificate.revokeServer']}</p>
${postForm(visit, {
  action: `/certificates/${serial}/revoke`,
  contents: reasonSelect(visit),
  submit: text['certificate.confirm'],
  danger: true,
  cancel: `/certificates/${serial}`,
})}`,
  );
};

const revoke = (
  visit: SignedVisit,
  context: AdminContext,
  certificate: StoredCertificate,
): Answer => {
  const { serial } = certificate;
  const reason = reasonIn(visit);
  if (reason === undefined || certificate.authority === 'client') return badForm;
  const by = visit.user.name;
  const revoked = context.store.certificates.revoke({ serial, by, reason, at: context.now() });
  return revoked
    ? doneAt(`/certificates/${serial}`, 'certificate-revoked')
    : askRevoke(visit, context, certificate);
};

type CertificatePage = (
  visit: SignedVisit,
  context: AdminContext,
  certificate: StoredCertificate,
) => Answer;

/** A certificate's page, and revoking a server's. */
export const certificateRoutes = (context: AdminContext): readonly Route[] => {
  const route = (method: 'GET' | 'POST', path: string, answer: CertificatePage): Route => ({
    method,
    path: `/certificates/:serial${path}`,
    access: 'signed-in',
    answer: (visit) => {
      const serial = visit.parameters['serial'] ?? '';
      const isSerial = /^[0-9a-f]{1,40}$/.test(serial);
      const certificate = isSerial ? context.store.certificates.get(serial) : undefined;
      return certificate === undefined ? notFound : answer(visit, context, certificate);
    },
  });
  return [
    route('GET', '', show),
    route('GET', '/revoke', askRevoke),
    route('POST', '/revoke', revoke),
  ];
};

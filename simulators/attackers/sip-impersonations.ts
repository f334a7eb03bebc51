import { changed, lineOf, rawInvite, rawRequest, type RawRequest } from './sip-raw.ts';
import type { SipLink } from './sip-link.ts';

/** Whose connection it is, whose name is taken, and who is called. */
export interface Impersonation {
  readonly own: string;
  readonly other: string;
  readonly callee: string;
  readonly domain: string;
}

type Build = (link: SipLink, who: Impersonation) => RawRequest;

/** An INVITE with nothing wrong but that it has no X-CSL headers. */
export const plainInvite: Build = (link, { own, callee, domain }) =>
  rawInvite(link, { domain, from: own, to: callee });

const withFrom =
  (from: (who: Impersonation) => string): Build =>
  (link, who) =>
    changed(plainInvite(link, who), 'From', `${from(who)};tag=attack`);

/** INVITEs that differ in From alone; `invite` is the control. The proxy must let only that one pass. */
export const foreignCallers: Readonly<Record<string, Build>> = {
  invite: plainInvite,
  'from-another': withFrom(({ other, domain }) => `<sip:${other}@${domain}>`),
  'from-longer': withFrom(({ own, domain }) => `<sip:${own}0@${domain}>`),
  'from-shorter': withFrom(({ own, domain }) => `<sip:${own.slice(0, -1)}@${domain}>`),
  'from-escaped': withFrom(({ own, domain }) => `<sip:%2B${own.slice(1)}@${domain}>`),
  'from-own-name-only': withFrom(({ own, other, domain }) => `"${own}" <sip:${other}@${domain}>`),
  'from-sips': withFrom(({ other, domain }) => `<sips:${other}@${domain}>`),
  'from-without-user': withFrom(({ domain }) => `<sip:${domain}>`),
  'from-anonymous': withFrom(() => `"Anonymous" <sip:anonymous@anonymous.invalid>`),
};

/** A REGISTER of one's own number. */
export const plainRegister: Build = (link, { own, domain }) => ({
  ...rawRequest(link, {
    method: 'REGISTER',
    domain,
    from: own,
    to: own,
    extra: [['Expires', '600']],
  }),
});

const asOther: Build = (link, who) => plainRegister(link, { ...who, own: who.other });

const removingAll = (request: RawRequest): RawRequest =>
  changed(changed(request, 'Contact', '*'), 'Expires', '0');

/** Contacts in the flood: one request within the longest message. */
const floodContacts = 500;

/** REGISTERs; `register` and `wildcard` are controls, of one's own number. */
export const foreignRegistrations: Readonly<Record<string, Build>> = {
  register: plainRegister,
  'to-another': (link, who) =>
    changed(plainRegister(link, who), 'To', `<sip:${who.other}@${who.domain}>`),
  'as-another': asOther,
  'as-another-with-password': (link, who) => {
    const request = asOther(link, who);
    const digest = `Digest username="${who.other}", realm="${who.domain}", nonce="0", uri="sip:${who.domain}", response="00000000000000000000000000000000"`;
    return { ...request, lines: [...request.lines, ['Authorization', digest]] };
  },
  'contact-of-another': (link, who) => {
    const request = plainRegister(link, who);
    return changed(request, 'Contact', lineOf(request, 'Contact').replace(who.own, who.other));
  },
  'wildcard-of-another': (link, who) => removingAll(asOther(link, who)),
  'wildcard-with-contact': (link, who) => {
    const request = removingAll(plainRegister(link, who));
    return changed(request, 'Contact', `*, <sip:${who.own}@192.0.2.1>`);
  },
  wildcard: (link, who) => removingAll(plainRegister(link, who)),
  'contact-flood': (link, who) => {
    const { own } = who;
    const contacts = Array.from({ length: floodContacts }, (_, index) => {
      return `<sip:${own}@192.0.2.1:${5000 + index};transport=tls>`;
    });
    return changed(plainRegister(link, who), 'Contact', contacts.join(','));
  },
};

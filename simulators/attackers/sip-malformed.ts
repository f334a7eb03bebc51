import { utf8 } from '../../reference/core/bytes.ts';
import { plainInvite as invite, type Impersonation } from './sip-impersonations.ts';
import { changed, lineOf, preceded, rawRequest, textOf, type RawRequest } from './sip-raw.ts';
import type { SipLink } from './sip-link.ts';

type Build = (link: SipLink, who: Impersonation) => RawRequest | Uint8Array;

/** A question to the server with nothing wrong. */
export const plainOptions = (link: SipLink, { own, domain }: Impersonation): RawRequest =>
  rawRequest(link, { method: 'OPTIONS', domain, from: own, to: null });

const added = (request: RawRequest, name: string, value: string): RawRequest => ({
  ...request,
  lines: [...request.lines, [name, value]],
});

const altered =
  (name: string, value: (was: string) => string): Build =>
  (link, who) => {
    const request = invite(link, who);
    return changed(request, name, value(lineOf(request, name)));
  };

const otherFrom = ({ other, domain }: Impersonation): string =>
  `<sip:${other}@${domain}>;tag=hidden`;

/** Requests that two programs may read as two different ones, of which one is another user's (S5). */
export const smugglings: Readonly<Record<string, Build>> = {
  'from-twice': (link, who) => added(invite(link, who), 'From', otherFrom(who)),
  'from-twice-first': (link, who) => preceded(invite(link, who), 'From', otherFrom(who)),
  'from-compact-beside': (link, who) => added(invite(link, who), 'f', otherFrom(who)),
  'from-behind-line-feed': (link, who) =>
    preceded(invite(link, who), 'Subject', `x\nFrom: ${otherFrom(who)}`),
  'from-behind-carriage-return': (link, who) =>
    preceded(invite(link, who), 'Subject', `x\rFrom: ${otherFrom(who)}`),
  'from-behind-zero-byte': (link, who) =>
    preceded(invite(link, who), 'Subject', `x\0\r\nFrom: ${otherFrom(who)}`),
  'length-twice': (link, who) => {
    const inner = textOf(invite(link, { ...who, own: who.other }));
    const outer = added(invite(link, who), 'Content-Length', '0');
    return { ...added(outer, 'Content-Length', String(inner.length)), body: inner };
  },
  'request-in-body': (link, who) => {
    const { other, own, domain } = who;
    const inner = rawRequest(link, { method: 'REGISTER', domain, from: other, to: other });
    // An ACK is never answered, so that the one answer is to the request behind it.
    const outer = rawRequest(link, { method: 'ACK', domain, from: own, to: who.callee });
    const same = changed(outer, 'Call-ID', lineOf(inner, 'Call-ID'));
    return { ...added(same, 'Content-Length', '0'), body: textOf(inner) };
  },
};

/** Malformed To and Via: CVE-2018-14767 and CVE-2018-16657, re-made (S7). */
export const malformedAddresses: Readonly<Record<string, Build>> = {
  'to-twice': (link, who) => {
    const request = invite(link, who);
    return added(request, 'To', lineOf(request, 'To'));
  },
  'to-twice-empty-tag': (link, who) => {
    const request = invite(link, who);
    const empty = `${lineOf(request, 'To')};tag=`;
    return added(changed(request, 'To', empty), 'To', empty);
  },
  'to-empty-tag': altered('To', (to) => `${to};tag=`),
  'via-empty': altered('Via', () => ''),
  'via-cut': altered('Via', () => 'SIP/2.0/TLS'),
  'via-without-transport': altered('Via', () => 'SIP/2.0/ ;branch=z9hG4bKx'),
  'via-empty-branch': altered('Via', (via) => via.replace(/branch=.*/, 'branch=')),
  'via-open-bracket': altered('Via', () => 'SIP/2.0/TLS [::1;branch=z9hG4bKx'),
  'via-port-too-large': altered('Via', (via) => via.replace(/:\d+;/, ':99999999999;')),
};

const repeated = (text: string, count: number): string => text.repeat(count);

/** Shapes that stopped SIP servers before, by their issue trackers and advisories, re-made (S8). */
export const crashShapes: Readonly<Record<string, Build>> = {
  'cseq-too-large': altered('CSeq', () => '99999999999999999999 INVITE'),
  'cseq-negative': altered('CSeq', () => '-1 INVITE'),
  'cseq-without-method': altered('CSeq', () => '1'),
  'call-id-empty': altered('Call-ID', () => ''),
  'from-without-host': altered('From', () => '<sip:+33@>;tag=x'),
  'from-open-quote': altered('From', (from) => `"open ${from}`),
  'from-open-angle': altered('From', (from) => from.replace('>', '')),
  'from-many-parameters': altered('From', (from) => from + repeated(';a', 10_000)),
  'from-empty-parameters': altered('From', (from) => from + repeated(';', 10_000)),
  'contact-many-commas': altered('Contact', () => repeated(',', 20_000)),
  'headers-very-many': (link, who) => ({
    ...invite(link, who),
    lines: [
      ...invite(link, who).lines,
      ...Array.from({ length: 5_000 }, () => ['X', 'y'] as const),
    ],
  }),
  'via-very-many': (link, who) => {
    const request = invite(link, who);
    return preceded(request, 'Via', `${repeated('SIP/2.0/TLS a;branch=b,', 2_000)}x`);
  },
  'method-very-long': (link, who) => ({ ...invite(link, who), method: repeated('A', 30_000) }),
  'request-uri-very-long': (link, who) => ({
    ...invite(link, who),
    uri: `sip:${repeated('%41', 10_000)}@${who.domain}`,
  }),
  'request-uri-percent-cut': (link, who) => ({
    ...invite(link, who),
    uri: `sip:%@${who.domain}`,
  }),
  'version-unknown': (link, who) =>
    utf8(textOf(invite(link, who)).replace('SIP/2.0', 'SIP/99999999999.0')),
  'header-without-name': (link, who) => added(invite(link, who), '', 'x'),
  'header-without-colon': (link, who) =>
    utf8(textOf(invite(link, who)).replace('Contact: ', 'Contact ')),
  'max-forwards-too-large': altered('Max-Forwards', () => '99999999999999999999'),
  'not-sip': () => utf8('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'),
};

/** Lengths that do not fit, and messages too long (S9); `options` is the control. */
export const wrongLengths: Readonly<Record<string, Build>> = {
  options: plainOptions,
  'length-too-short': (link, who) => ({
    ...added(plainOptions(link, who), 'Content-Length', '0'),
    body: 'these bytes are no message\r\n\r\n',
  }),
  'length-too-long': (link, who) => added(plainOptions(link, who), 'Content-Length', '5000'),
  'length-beyond-64-bits': (link, who) =>
    added(plainOptions(link, who), 'Content-Length', '18446744073709551616'),
  'length-negative': (link, who) => added(plainOptions(link, who), 'Content-Length', '-1'),
  'length-not-a-number': (link, who) => added(plainOptions(link, who), 'Content-Length', '0x10'),
  'header-of-64-kilobytes': (link, who) =>
    added(plainOptions(link, who), 'Subject', repeated('x', 65_536)),
  'body-of-64-kilobytes': (link, who) => ({
    ...plainOptions(link, who),
    body: repeated('x', 65_536),
  }),
};

/** Requests that would go round, multiply or leave for elsewhere (S10). */
export const wanderings: Readonly<Record<string, Build>> = {
  'max-forwards-used-up': altered('Max-Forwards', () => '0'),
  'max-forwards-not-a-number': altered('Max-Forwards', () => '256x'),
  'max-breadth-used-up': (link, who) => added(invite(link, who), 'Max-Breadth', '0'),
  'route-elsewhere': (link, who) => added(invite(link, who), 'Route', '<sip:192.0.2.1:5061;lr>'),
  'domain-elsewhere': (link, who) => ({
    ...invite(link, who),
    uri: `sip:${who.callee}@192.0.2.1`,
  }),
};

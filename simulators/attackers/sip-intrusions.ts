import { header, listValues, type SipRequest } from '../../reference/core/sip/message/message.ts';
import { freshVia, sipToken, uriIn } from './sip-dialog.ts';
import type { SipLink } from './sip-link.ts';
import { rawInvite, type RawRequest } from './sip-raw.ts';

/** A call of others, everything about it known: the party whose place is taken, and the phone at its other end. */
export interface KnownCall {
  /** Its INVITE: the phone's own where the party was called. */
  readonly invite: SipRequest;
  /** To with the tag that the party answered with. */
  readonly partyAddress: string;
  readonly party: string;
  readonly intruder: string;
  readonly phone: string;
  readonly domain: string;
}

type Build = (link: SipLink, call: KnownCall) => RawRequest;

/** A request to the phone inside the call, as its party would send it. */
const inside =
  (method: string, extra: RawRequest['lines'] = []): Build =>
  (link, { invite, partyAddress }) => ({
    method,
    uri: uriIn(header(invite, 'Contact')) ?? '',
    lines: [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ...listValues(invite, 'Record-Route').map((route) => ['Route', route] as const),
      ['From', partyAddress],
      ['To', header(invite, 'From') ?? ''],
      ['Call-ID', header(invite, 'Call-ID') ?? ''],
      ['CSeq', `900 ${method}`],
      ...extra,
    ],
    body: '',
  });

/** The same in the intruder's own name, with the party's tag. */
const inOwnName =
  (method: string): Build =>
  (link, call) => {
    const request = inside(method)(link, call);
    const lines = request.lines.map(([name, value]) =>
      name === 'From'
        ? ([name, value.replace(call.party, call.intruder)] as const)
        : ([name, value] as const),
    );
    return { ...request, lines };
  };

const referTo = (call: KnownCall): readonly [string, string] => [
  'Refer-To',
  `<sip:${call.intruder}@${call.domain}>`,
];

const cancelling =
  (from: (call: KnownCall) => string): Build =>
  (_link, call) => ({
    method: 'CANCEL',
    uri: call.invite.uri,
    lines: [
      ['Via', listValues(call.invite, 'Via').at(-1) ?? ''],
      ['Max-Forwards', '70'],
      ['From', (header(call.invite, 'From') ?? '').replace(call.party, from(call))],
      ['To', header(call.invite, 'To') ?? ''],
      ['Call-ID', header(call.invite, 'Call-ID') ?? ''],
      ['CSeq', (header(call.invite, 'CSeq') ?? '').replace('INVITE', 'CANCEL')],
    ],
    body: '',
  });

const replacing =
  (required: boolean): Build =>
  (link, call) => {
    const tagOf = (address: string): string => /;tag=([^;]*)/.exec(address)?.[1] ?? '';
    const { invite, partyAddress } = call;
    const fromTag = tagOf(partyAddress);
    const toTag = tagOf(header(invite, 'From') ?? '');
    const value = `${header(invite, 'Call-ID') ?? ''};to-tag=${toTag};from-tag=${fromTag}`;
    return rawInvite(link, {
      domain: call.domain,
      from: call.intruder,
      to: call.phone,
      extra: [['Replaces', value], ...(required ? [['Require', 'replaces'] as const] : [])],
    });
  };

/** What a third user sends into a call of others that stands (S4). */
export const intrusions: Readonly<Record<string, Build>> = {
  bye: inside('BYE'),
  'bye-in-own-name': inOwnName('BYE'),
  're-invite': (link, call) => {
    const offer = rawInvite(link, { domain: call.domain, from: call.intruder, to: call.phone });
    const request = inside('INVITE', [
      ['Contact', `<sip:${call.party}@192.0.2.1;transport=tls>`],
      ['Content-Type', 'application/sdp'],
    ])(link, call);
    return { ...request, body: offer.body };
  },
  're-invite-in-own-name': inOwnName('INVITE'),
  update: inside('UPDATE'),
  'info-in-own-name': inOwnName('INFO'),
  refer: (link, call) => inside('REFER', [referTo(call)])(link, call),
  'refer-outside': (link, call) => ({
    ...inOwnName('REFER')(link, call),
    lines: [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${call.intruder}@${call.domain}>;tag=${sipToken()}`],
      ['To', `<sip:${call.phone}@${call.domain}>`],
      ['Call-ID', sipToken()],
      ['CSeq', '1 REFER'],
      ['Contact', `<sip:${call.intruder}@${link.local.host}:${link.local.port};transport=tls>`],
      referTo(call),
    ],
    uri: `sip:${call.phone}@${call.domain}`,
  }),
  replaces: replacing(false),
  'replaces-required': replacing(true),
};

/** What a third user sends to end a call that rings (S4). */
export const cancellations: Readonly<Record<string, Build>> = {
  cancel: cancelling(({ party }) => party),
  'cancel-in-own-name': cancelling(({ intruder }) => intruder),
};

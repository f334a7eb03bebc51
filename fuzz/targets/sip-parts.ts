import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import { parseCSeq } from '../../reference/core/sip/message/cseq.ts';
import { createFramer, type Frame } from '../../reference/core/sip/message/framer.ts';
import { parseHostPort } from '../../reference/core/sip/message/host.ts';
import { behindFirstValue, splitOutside } from '../../reference/core/sip/message/lists.ts';
import { parseMessage } from '../../reference/core/sip/message/message.ts';
import { parseNameAddress, tagOf } from '../../reference/core/sip/message/name-address.ts';
import {
  formatParameters,
  parseParameters,
  parseUriParameters,
} from '../../reference/core/sip/message/parameters.ts';
import { asRequestUri, parseSipUri, userOf } from '../../reference/core/sip/message/uri.ts';
import {
  branchOf,
  formatVia,
  parseVia,
  sentBy,
  stampVia,
} from '../../reference/core/sip/message/via.ts';
import { createSipFraming } from '../../simulators/peers/sip-framing.ts';
import {
  bytesOfCase,
  mutatedCases,
  piecesOf,
  seedOf,
  type MutatedCase,
} from '../generators/mutations.ts';
import { sipGrammar } from '../generators/sip-messages.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const values = [
  'SIP/2.0/TLS 10.0.1.1:4000;branch=z9hG4bKa;rport;received=10.0.0.9;ttl=1;maddr=a.b',
  'SIP / 2.0 / UDP  [2001:db8::1] : 5061 ; branch = "q\\"" ; hidden',
  '"A \\" b" <sip:+33612345678;x=y@example.com:5061;user=phone;lr;method=INVITE?a=b&c=>;tag=alice;q=0.7',
  'sips:a:b@c.example;transport=TLS;maddr=[::1]',
  'sip:%61@[2001:db8::ffff:1.2.3.4]:65535;lr?Subject=x%20y&To=z',
  'tel:+33612345678;ext=1',
  '*, <sip:a@b>, "x, y" <sip:c@d;e=f,g> ; expires="1,2" , ,',
  '4711 INVITE',
  `<sip:a@b>${Array.from({ length: 70 }, (_, index) => `;p${index}`).join('')}`,
];

const grammar: TextGrammar = {
  bases: values.map(fromLatin1),
  words: [
    ...sipGrammar.words,
    ...'sip:a@b sip:a@ sip:@b sip:a:b:c@d sip:a@b?x sip:a@b?x=y& sip:a@b:0 sip:a@b:70000 SIP/2.0/TLS'.split(
      ' ',
    ),
    ...';lr;lr ;a=b;A=c [::1::] [1::2] 1.2.3.256 a.-b.c a..b 1.a a.1 ?a=b ;method= ;method'.split(
      ' ',
    ),
  ],
};

/** What every reader makes of one header value. */
const readings = (text: string): readonly string[] => {
  const via = parseVia(text);
  if (via.ok) {
    const again = parseVia(formatVia(via.value));
    sameValue('Via: parse(format(x)) = x', via.value, again.ok ? again.value : again.error);
    const stamped = stampVia(via.value, '10.0.0.1', 4000);
    // Of 64 parameters at most, stamping may add two.
    const isFull = via.value.parameters.length > 62;
    demand(
      'a stamped Via can be read',
      isFull || parseVia(formatVia(stamped)).ok,
      'a Via',
      () => stamped,
    );
    demand('sent-by has a port', /:\d+$/.test(sentBy(via.value)), 'a port', () =>
      sentBy(via.value),
    );
    branchOf(via.value);
  }
  const address = parseNameAddress(text);
  if (address.ok) {
    const { displayName, uri, parameters } = address.value;
    const written = `${displayName}${displayName === '' ? '' : ' '}<${uri}>${formatParameters(parameters)}`;
    const again = parseNameAddress(written);
    sameValue('address: parse(format(x)) = x', address.value, again.ok ? again.value : again.error);
    tagOf(address.value);
  }
  const cseq = parseCSeq(text);
  if (cseq.ok) {
    const again = parseCSeq(`${cseq.value.sequence} ${cseq.value.method}`);
    sameValue('CSeq: parse(format(x)) = x', cseq.value, again.ok ? again.value : again.error);
  }
  const parameters = parseParameters(text, text.indexOf(';') === -1 ? 0 : text.indexOf(';'));
  return [
    `Via ${via.ok ? 'ok' : via.error.code}`,
    `address ${address.ok ? 'ok' : address.error.code}`,
    `CSeq ${cseq.ok ? 'ok' : cseq.error.code}`,
    `parameters ${parameters.ok ? 'ok' : parameters.error.code}`,
  ];
};

const uriReadings = (text: string): readonly string[] => {
  const uri = parseSipUri(text);
  parseUriParameters(text, 0);
  if (!uri.ok) return [`URI ${uri.error.code}`];
  const { scheme, user, host, port, parameters, headers } = uri.value;
  // Passwords are checked and not kept, so that what is written again has none.
  const userInfo = user === undefined ? '' : `${user}@`;
  const rest = `${formatParameters(parameters)}${headers === undefined ? '' : `?${headers}`}`;
  const again = parseSipUri(
    `${scheme}:${userInfo}${host}${port === undefined ? '' : `:${port}`}${rest}`,
  );
  sameValue('URI: parse(format(x)) = x', uri.value, again.ok ? again.value : again.error);
  sameValue('userOf', user, userOf(text));
  const bare = parseSipUri(asRequestUri(text));
  demand('a Request-URI can be read', bare.ok, 'a URI', () => asRequestUri(text));
  sameValue('a Request-URI has no headers', undefined, bare.ok ? bare.value.headers : '');
  const place = parseHostPort(text, text.indexOf('@') + 1, 'uri');
  return ['URI ok', place === undefined ? 'no host' : 'host'];
};

/** Values of SIP headers, one by one: each reader gets each, the right ones and those of other headers. */
export const sipValues: FuzzTarget<MutatedCase> = {
  name: 'sip-values',
  parsers: [
    'reference/core/sip/message/via.ts#parseVia',
    'reference/core/sip/message/name-address.ts#parseNameAddress',
    'reference/core/sip/message/uri.ts#parseSipUri',
    'reference/core/sip/message/cseq.ts#parseCSeq',
    'reference/core/sip/message/parameters.ts#parseParameters',
    'reference/core/sip/message/parameters.ts#parseUriParameters',
    'reference/core/sip/message/host.ts#parseHostPort',
    'reference/core/sip/message/lists.ts#splitOutside',
  ],
  cases: textCases(grammar),
  check: (made) => {
    const text = latin1(textOfCase(grammar, made));
    const list = splitOutside(text, ',');
    const first = list.findIndex((value) => value !== '');
    const behind = behindFirstValue(text);
    if (first === -1) sameValue('behindFirstValue of nothing', undefined, behind);
    else
      sameValue(
        'splitOutside = first value and what is behind it',
        list.slice(first + 1),
        first === list.length - 1 ? [] : splitOutside(behind ?? '', ','),
      );
    return [...readings(text), ...uriReadings(text), list.length > 1 ? 'list' : 'single'];
  },
  reaches: [
    ...['ok', 'sip/via', 'sip/parameter'].map((code) => `Via ${code}`),
    ...['ok', 'sip/display-name', 'sip/address', 'sip/parameter'].map((code) => `address ${code}`),
    ...['ok', 'sip/cseq'].map((code) => `CSeq ${code}`),
    ...['ok', 'sip/parameter'].map((code) => `parameters ${code}`),
    ...[
      'ok',
      'sip/uri-character',
      'sip/uri-scheme',
      'sip/uri-user',
      'sip/uri-host',
      'sip/uri-headers',
      'sip/parameter',
    ].map((code) => `URI ${code}`),
    'host',
    'list',
    'single',
  ],
  file: (made) => ({ extension: 'txt', bytes: textOfCase(grammar, made) }),
};

const streams: readonly Uint8Array[] = [
  '\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n\r\nBYE sip:a@b SIP/2.0\r\nl : 3\r\n\r\nabc\r\n\r\n',
  'SIP/2.0 200 OK\r\nContent-Length:\r\n 5\r\nVia: x\r\n\r\nhello\r\n\r\n\r\nSIP/2.0 180 R\r\nL:0\r\n\r\n',
  'ACK sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n',
  `MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 65900\r\n\r\n`,
  `MESSAGE sip:a@b SIP/2.0\r\nX: ${'x'.repeat(4200)}\r\nContent-Length: 4\r\n\r\nbody`,
].map(fromLatin1);
const maximumBytes = 5000;

const framesOf = (pieces: readonly Uint8Array[], side: 'client' | 'server'): readonly Frame[] => {
  const framer = createFramer({ side, maximumBytes });
  return pieces.flatMap((piece) => framer.push(piece));
};

const kindOf = (frame: Frame): string => (frame.kind === 'fault' ? frame.fault.code : frame.kind);

/** SIP on a stream: the same frames however it is cut; the framing of the peers, written apart, is total too. */
export const sipFraming: FuzzTarget<MutatedCase> = {
  name: 'sip-framing',
  parsers: [
    'reference/core/sip/message/framer.ts#createFramer',
    'simulators/peers/sip-framing.ts#createSipFraming',
  ],
  cases: mutatedCases(streams.length),
  check: (made) => {
    const bytes = bytesOfCase(streams, made);
    const seed = seedOf(made);
    const side = seed % 2 === 0 ? 'client' : 'server';
    const whole = framesOf([bytes], side);
    sameValue('the same frames however cut', whole, framesOf(piecesOf(bytes, seed), side));
    const peer = createSipFraming();
    const theirs = piecesOf(bytes, seed).flatMap((piece) => peer.push(piece));
    for (const frame of whole)
      if (frame.kind === 'message') {
        demand(
          'a frame is no longer than allowed',
          frame.bytes.length <= maximumBytes,
          '',
          () => frame.bytes.length,
        );
        parseMessage(frame.bytes);
      }
    return [...whole.map(kindOf), ...theirs.map(({ kind }) => `peer ${kind}`), 'ok'];
  },
  reaches: [
    ...'message ping pong sip/too-large sip/content-length sip/line-end ok'.split(' '),
    ...'message keep-alive broken'.split(' ').map((kind) => `peer ${kind}`),
  ],
  file: (made) => ({ extension: 'sip', bytes: bytesOfCase(streams, made) }),
};

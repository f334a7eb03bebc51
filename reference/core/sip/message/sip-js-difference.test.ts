import { fc, test } from '@fast-check/vitest';
import { Core } from 'sip.js';
import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../bytes.ts';
import { readEssentials, readRequest } from './essentials.ts';
import { asDatagram, bytesOf, tortureNames } from '../fixtures/rfc4475/torture.ts';
import { allHeaders, header, parseMessage, type SipMessage } from './message.ts';
import { formatParameters, type Parameters } from './parameters.ts';
import { parseSipUri } from './uri.ts';

const factory = new Core.LoggerFactory();
factory.builtinEnabled = false;
const logger = factory.getLogger('difference');

/** sip.js's reading; undefined when it refuses, or throws, as it does at a bad CSeq or URI. */
const bySipJs = (text: string) => {
  try {
    return Core.Parser.parseMessage(text, logger);
  } catch {
    return undefined;
  }
};

/** Our reading with what a phone checks before it does anything else, or the code of the refusal. */
const byUs = (text: string): { readonly message: SipMessage } | string => {
  const parsed = parseMessage(fromLatin1(text));
  if (!parsed.ok) return parsed.error.code;
  const message = parsed.value;
  const read = message.kind === 'request' ? readRequest(message) : readEssentials(message);
  return read.ok ? { message } : read.error.code;
};

/** Messages of RFC 4475 that sip.js reads and that are refused here, or the other way round; all other 35 are judged alike. */
const TORTURE_DIFFERENCES: Readonly<Record<string, string>> = {
  badvers: 'sip/version: sip.js leaves 505 to its user agent',
  clerr: 'sip/content-length: sip.js takes what there is',
  escruri: 'sip/request-uri: sip.js keeps the headers of a Request-URI',
  insuf: 'sip/from: sip.js checks for required headers later',
  inv2543: 'sip/from: sip.js takes requests without From tag',
  mcl01: 'sip/content-length: the last one counts in sip.js',
  mismatch01: 'sip/cseq: sip.js leaves 400 to its user agent',
  mismatch02: 'sip/cseq: sip.js leaves 400 to its user agent',
  multi01: 'sip/from: the last of each header counts in sip.js',
  novelsc: 'sip/uri-scheme: sip.js leaves 416 to its user agent',
  regbadct: 'read: the registrar refuses the Contact, which nobody else reads',
  scalar02: 'sip/cseq: sip.js sets no bound',
  scalarlg: 'sip/cseq: sip.js sets no bound',
  unkscm: 'sip/uri-scheme: sip.js leaves 416 to its user agent',
};

const REQUIRED =
  'Via: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=x\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n';
const options = (changed: (text: string) => string): string =>
  changed(`OPTIONS sip:a@b SIP/2.0\r\n${REQUIRED}Content-Length: 0\r\n\r\n`);

/** What the generated messages below leave out: [what, the message, our reading, whether sip.js reads it]. */
const OTHER_DIFFERENCES: readonly (readonly [string, string, string, boolean])[] = [
  [
    'a second From',
    options((text) => text.replace('To:', 'F: <sip:e@f>;tag=y\r\nTo:')),
    'sip/from',
    true,
  ],
  [
    'a line without colon',
    options((text) => text.replace('To:', 'nothing\r\nTo:')),
    'sip/header',
    true,
  ],
  ['a bare line feed', options((text) => text.replace('To:', 'X: a\nTo:')), 'sip/line-end', true],
  [
    'fewer bytes than Content-Length says',
    options((text) => text.replace(': 0', ': 9')),
    'sip/content-length',
    true,
  ],
  [
    'a repeated parameter',
    options((text) => text.replace('tag=x', 'tag=x;tag=y')),
    'sip/from',
    true,
  ],
  [
    'a Call-ID with a control character',
    options((text) => text.replace(': i', ': i\u0007')),
    'sip/call-id',
    false,
  ],
];

const token = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.!%*_+`'~-]{0,8}$/);
const parameterList = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^x[a-z0-9]{1,6}$/),
      fc.option(fc.stringMatching(/^[A-Za-z0-9_.!~*'-]{1,8}$/), { nil: undefined }),
    ),
    {
      selector: ([name]) => name,
      maxLength: 3,
    },
  )
  .map((list): string => formatParameters(list satisfies Parameters));
const host = fc.oneof(
  fc.constantFrom('example.com', '10.0.0.1', '[2001:db8::1]', 'a-b.c1.example'),
  fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?\.[a-z]{2,5}$/),
);
const port = fc
  .option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined })
  .map((number) => (number === undefined ? '' : `:${number}`));
const user = fc.stringMatching(/^[A-Za-z0-9+][A-Za-z0-9_.!~*'()+-]{0,10}$/);
const sipUri = fc.tuple(user, host, port, parameterList).map(([...parts]) => {
  const [name, place, number, list] = parts;
  return `sip:${name}@${place}${number}${list}`;
});
const displayName = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^[A-Za-z0-9]{1,6}( [A-Za-z0-9]{1,6})?$/).map((text) => `${text} `),
  fc.stringMatching(/^([ !#-[\]-~]|\\["\\]){0,10}$/).map((text) => `"${text}" `),
);
const address = fc.tuple(displayName, sipUri).map(([name, uri]) => `${name}<${uri}>`);
const blank = fc.constantFrom(' ', '', '\t', '  ');
const other = fc
  .tuple(
    fc.stringMatching(/^X-[A-Za-z0-9-]{1,8}$/),
    fc.array(fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/), { minLength: 1, maxLength: 3 }),
  )
  .map(([name, lines]) => `${name}: ${lines.join('\r\n ')}`);

const generated = fc
  .record({
    method: fc.constantFrom('INVITE', 'BYE', 'OPTIONS', 'REGISTER', 'NEW.method'),
    uri: sipUri,
    status: fc.option(
      fc.tuple(fc.integer({ min: 100, max: 699 }), fc.stringMatching(/^[A-Za-z ]{0,12}$/)),
      {
        nil: undefined,
      },
    ),
    vias: fc.array(fc.tuple(host, port, token, parameterList), { minLength: 1, maxLength: 3 }),
    from: address,
    to: address,
    tags: fc.tuple(token, fc.option(token, { nil: '' })),
    callId: fc.stringMatching(/^[A-Za-z0-9.-]{1,12}(@[a-z0-9.]{1,8})?$/),
    sequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    others: fc.array(other, { maxLength: 4 }),
    compact: fc.boolean(),
    blank,
    body: fc.stringMatching(/^[\x20-\x7e\r\n]{0,30}$/),
  })
  .map((parts) => {
    const name = (long: string, short: string): string =>
      `${parts.compact ? short : long}:${parts.blank}`;
    const method = parts.method;
    const toTag = parts.tags[1] === '' ? '' : `;tag=${parts.tags[1]}`;
    const headers = [
      ...parts.vias.map(
        ([place, number, branch, list]) =>
          `${name('Via', 'v')}SIP/2.0/TLS ${place}${number};branch=z9hG4bK${branch}${list}`,
      ),
      `${name('From', 'f')}${parts.from};tag=${parts.tags[0]}`,
      `${name('To', 't')}${parts.to}${toTag}`,
      `${name('Call-ID', 'i')}${parts.callId}`,
      `CSeq: ${parts.sequence} ${method}`,
      ...parts.others,
      `${name('Content-Length', 'l')}${parts.body.length}`,
    ];
    const start =
      parts.status === undefined
        ? `${method} ${parts.uri} SIP/2.0`
        : `SIP/2.0 ${parts.status[0]} ${parts.status[1]}`;
    return [start, ...headers, '', parts.body].join('\r\n');
  });

const plainUri = (text: string) => {
  const parsed = parseSipUri(text);
  if (!parsed.ok) return parsed.error.code;
  const { user: name, host: place, port: number, parameters } = parsed.value;
  return { user: name, host: place, port: number, parameters: parameters.map(([each]) => each) };
};

describe('sip.js, whose parser was written by others', () => {
  it('judges the messages of RFC 4475 alike but for the differences listed', () => {
    const differences = tortureNames().flatMap((name) => {
      const text = latin1(asDatagram(bytesOf(name)));
      const [ours, theirs] = [byUs(text), bySipJs(text)];
      const outcome = typeof ours === 'string' ? ours : 'read';
      return (outcome === 'read') === (theirs !== undefined) ? [] : [`${name} ${outcome}`];
    });
    expect(differences).toEqual(
      Object.entries(TORTURE_DIFFERENCES).map(([name, why]) => `${name} ${why.split(':')[0]}`),
    );
  });

  it.each(OTHER_DIFFERENCES)('differs at %s', (_what, text, ours, theirs) => {
    expect(byUs(text)).toBe(ours);
    expect(bySipJs(text) !== undefined).toBe(theirs);
  });

  test.prop([generated])('reads the same from generated messages', (text) => {
    const [ours, theirs] = [byUs(text), bySipJs(text)];
    if (typeof ours === 'string' || theirs === undefined)
      throw new Error(
        `ours: ${JSON.stringify(ours)}, sip.js: ${theirs === undefined ? 'refused' : 'read'}`,
      );
    const { message } = ours;
    const essentials = readEssentials(message);
    if (!essentials.ok) throw new Error(essentials.error.code);
    const { via, branch, fromTag, toTag, callId, cseq, from, to } = essentials.value;
    expect(theirs).toMatchObject({
      via: { transport: via.transport, host: via.host, branch },
      fromTag,
      callId,
      cseq: cseq.sequence,
      method: cseq.method,
      body: latin1(message.body),
    });
    expect(theirs.toTag ?? undefined).toBe(toTag);
    const raw = Object.values(theirs.headers).flatMap((values) => values.map((value) => value.raw));
    expect(raw.toSorted()).toEqual(
      allHeaders(message)
        .map(([, value]) => value.trim())
        .toSorted(),
    );
    for (const [mine, other] of [
      [from.uri, theirs.from.uri],
      [to.uri, theirs.to.uri],
      ...(message.kind === 'request' && 'ruri' in theirs && theirs.ruri !== undefined
        ? [[message.uri, theirs.ruri] as const]
        : []),
    ] as const)
      expect(plainUri(mine)).toEqual({
        user: other.user,
        host: other.host,
        port: other.port,
        parameters: Object.keys(other.parameters),
      });
    if (message.kind === 'response')
      expect(theirs).toMatchObject({ statusCode: message.status, reasonPhrase: message.reason });
    expect(header(message, 'from')).toContain(theirs.from.uri.user);
  });
});

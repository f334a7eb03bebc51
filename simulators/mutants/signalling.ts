import type { ApplianceParts } from '../../reference/appliance/parts.ts';
import type { Mutant } from './mutant.ts';
import { signallingRewritten } from './rewritten-signalling.ts';

/** Only requests and answers that have a header are changed; the rest of the stream passes as it came. */
const heads = /^(?:[A-Z]+ sips?:\S+ SIP\/2\.0|SIP\/2\.0 \d{3} [^\r]*)\r\n(?:[^\r\n]+\r?\n)+/gm;

const inHeads =
  (change: (head: string) => string) =>
  (text: string): string =>
    text.replaceAll(heads, change);

/** Keeps the first of two lines of a header, both in long form. */
const firstOnly =
  (name: string) =>
  (text: string): string => {
    const [head = '', ...rest] = text.split('\r\n\r\n');
    let seen = 0;
    const lines = head.split('\r\n').filter((line) => {
      if (!line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) return true;
      seen += 1;
      return seen === 1;
    });
    return [lines.join('\r\n'), ...rest].join('\r\n\r\n');
  };

const replaced =
  (pattern: RegExp, by: string) =>
  (text: string): string =>
    text.replaceAll(pattern, by);

/** Whatever length a message claims, it is what has come. */
const lengthOfWhatCame = (text: string): string => {
  const end = text.indexOf('\r\n\r\n');
  if (!/^[A-Z]+ sips?:/.test(text) || end < 0) return text;
  return text.replace(/^Content-Length: *\d+/im, `Content-Length: ${text.length - end - 4}`);
};

type Row = readonly [
  id: string,
  fault: string,
  claims: readonly string[],
  because: RegExp,
  ApplianceParts['startSignalling'],
];

const hearing: readonly Row[] = [
  [
    'hops-without-end',
    'the SIP service passes on a request that has no hops left',
    ['2.2.d'],
    /"max-forwards-used-up" was/,
    signallingRewritten({ heard: replaced(/^Max-Forwards: *0\r\n/gim, 'Max-Forwards: 70\r\n') }),
  ],
  [
    'first-of-two-senders',
    'the SIP service takes the first of two From headers',
    ['5.2.a'],
    /"from-twice/,
    signallingRewritten({ heard: firstOnly('From') }),
  ],
  [
    'first-of-two-receivers',
    'the SIP service takes the first of two To headers',
    ['2.2.c'],
    /"to-twice/,
    signallingRewritten({ heard: firstOnly('To') }),
  ],
  [
    'negative-length-is-none',
    'the SIP service takes a negative Content-Length for 0',
    ['2.2.c'],
    /"length-negative" was/,
    signallingRewritten({ heard: replaced(/^Content-Length: *-\d+/gim, 'Content-Length: 0') }),
  ],
  [
    'half-messages-taken',
    'the SIP service takes what has come of a message for the whole',
    ['2.2.c'],
    /taken for whole whose rest had not come/,
    signallingRewritten({ heard: lengthOfWhatCame }),
  ],
];

const saying: readonly Row[] = [
  [
    'asks-for-a-password',
    'the SIP service asks whoever it refuses for a password',
    ['5.2.a'],
    /asking for a password/,
    signallingRewritten({
      said: replaced(
        /^SIP\/2\.0 403 [^\r]*\r\n/gm,
        'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="discretio", nonce="1"\r\n',
      ),
    }),
  ],
  [
    'answers-without-tag',
    'the registrar’s answers have no To tag',
    ['6.2.a'],
    /RFC 3261 .*tag/,
    signallingRewritten({
      said: inHeads((head) =>
        head.includes(' REGISTER\r\n') ? head.replace(/^(To: [^\r]*?);tag=[^\r;]*/im, '$1') : head,
      ),
    }),
  ],
  [
    'requests-without-hops',
    'the proxy passes requests on without Max-Forwards',
    ['6.2.a'],
    /RFC 3261 .*Max-Forwards/,
    signallingRewritten({
      said: inHeads((head) => head.replace(/^Max-Forwards: *\d+\r\n/im, '')),
    }),
  ],
];

/** SIP services that hear or speak otherwise than they should. */
export const signallingMutants: readonly Mutant[] = [...hearing, ...saying].map(
  ([id, fault, claims, because, startSignalling]) => ({
    id,
    fault,
    claims,
    because,
    parts: { appliance: { startSignalling } },
  }),
);

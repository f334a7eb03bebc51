import type { ApplianceParts } from '../../reference/appliance/parts.ts';
import type { Mutant } from './mutant.ts';
import { signallingRewritten } from './rewritten-signalling.ts';

type StartSignalling = ApplianceParts['startSignalling'];

/** Serves until it hears something, and then no longer. */
const stoppingAt =
  (pattern: RegExp): StartSignalling =>
  async (options) => {
    const started = Promise.withResolvers<() => Promise<void>>();
    const start = signallingRewritten({
      heard: (text) => {
        if (pattern.test(text)) void started.promise.then((end) => end());
        return text;
      },
    });
    const service = await start(options);
    let ended: Promise<void> | undefined;
    const end = (): Promise<void> => (ended ??= service.close());
    started.resolve(end);
    return { ...service, close: end };
  };

const standardMethods =
  'ACK|BYE|CANCEL|INFO|INVITE|MESSAGE|NOTIFY|OPTIONS|PRACK|PUBLISH|REFER|REGISTER|SUBSCRIBE|UPDATE';

const refusalOfUnknownMethod = new RegExp(
  `^SIP/2\\.0 [4-6]\\d\\d [^\\r]*((?:\\r\\n[^\\r\\n]+)*?\\r\\nCSeq: *\\d+ (?!(?:${standardMethods})\\r)\\S+\\r\\n)`,
  'gm',
);

const rows: readonly (readonly [string, string, readonly string[], RegExp, StartSignalling])[] = [
  [
    'stops-at-many-headers',
    'a request of thousands of headers ends the SIP service',
    ['2.2.c', '5.2.a'],
    /no longer serves.*(?:"via-very-many" met none|observed unreachable)/,
    stoppingAt(/(?:^X: y\r\n){1000}/m),
  ],
  [
    'stops-at-a-long-header',
    'a header of 64 KB ends the SIP service',
    ['2.2.c', '5.2.a'],
    /no longer serves.*(?:"body-of-64-kilobytes" met none|observed unreachable)/,
    stoppingAt(/^Subject: x{4000}/m),
  ],
  [
    'stops-at-escaped-zero',
    'an escaped zero byte in an address ends the SIP service',
    ['2.2.c', '5.2.a'],
    /no longer serves.*observed unreachable/,
    stoppingAt(/sip:[^\r]*%00/),
  ],
  [
    'unknown-methods-carried-out',
    'the SIP service says 200 to whatever method it does not know',
    ['2.2.c', '5.2.a'],
    /of RFC 4475 was carried out/,
    signallingRewritten({
      said: (text) => text.replaceAll(refusalOfUnknownMethod, 'SIP/2.0 200 OK$1'),
    }),
  ],
];

/** SIP services that some message stops, or leads to what they should not do. */
export const signallingSurvivalMutants: readonly Mutant[] = rows.map(
  ([id, fault, claims, because, startSignalling]) => ({
    id,
    fault,
    claims,
    because,
    parts: { appliance: { startSignalling } },
  }),
);

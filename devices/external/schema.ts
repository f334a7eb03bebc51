import { isIP } from 'node:net';
import { z } from 'zod';

/** Of a target's file. Paths are meant from the file's own folder; commands are words of their own, run without a shell. */

const port = z.int().min(1).max(65_535);

/** Names are not taken: certificates, the relay and the capture are all told apart by address. */
const address = z
  .string()
  .refine((text) => isIP(text) !== 0, 'is not an IPv4 or IPv6 address; give the address itself');

const path = z.string().min(1).max(4096);

const endpoint = z.strictObject({ host: address, port });

const words = z
  .array(z.string().max(4096), 'must be a list of words: the program, then each argument')
  .min(1, 'must name a program')
  .max(64)
  .refine(([program = '']) => program !== '', 'must name a program');

const namesNumber = (texts: readonly string[]): boolean =>
  texts.some((text) => text.includes('{number}'));

const numberedLine = z
  .string()
  .max(4096)
  .regex(/^[^\r\n]+$/, 'must be one line')
  .refine((text) => namesNumber([text]), 'has no {number}; put it where the number goes');

const numberedWords = words.refine(
  ([, ...rest]) => namesNumber(rest),
  'has no {number} among its arguments; put it where the number goes',
);

/** Seconds that a person has for one step. */
const seconds = z.int().min(5).max(900);

const compiles = (text: string): boolean => {
  try {
    return Boolean(new RegExp(text, 'u'));
  } catch {
    return false;
  }
};

const pattern = z
  .string()
  .min(1)
  .max(256)
  .refine(compiles, 'is no regular expression of JavaScript; mend it');

/** Where a token stands in what was read: the first group, or the whole match; the last match is the newest. */
const tokenPattern = pattern.default('\\b\\d{6,}\\b');

const tokens = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('operator'), seconds: seconds.default(120) }),
  z.strictObject({
    from: z.literal('http'),
    url: z
      .url({ protocol: /^https?$/, error: 'is no http or https URL' })
      .refine((text) => namesNumber([text]), 'has no {number}; put it where the number goes'),
    trust: path.optional(),
    pattern: tokenPattern,
  }),
  z.strictObject({ from: z.literal('command'), command: numberedWords, pattern: tokenPattern }),
]);

const revocation = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('operator'), seconds: seconds.default(120) }),
  z.strictObject({ by: z.literal('command'), revoke: numberedWords, release: numberedWords }),
  z.strictObject({
    by: z.literal('socket'),
    path,
    revoke: numberedLine,
    release: numberedLine,
    done: pattern,
  }),
]);

const refusals = z.strictObject({
  command: words,
  /** Which codes are refusals; every line's unless given. */
  codes: pattern.optional(),
});

/** Linux: at most 15 bytes, no slash or blank. */
const device = z
  .string()
  .regex(/^[A-Za-z0-9_.@-]{1,15}$/, 'is not the name of a network interface');

const capture = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('interface'), name: device }),
  z.strictObject({ from: z.literal('command'), command: words }),
  z.strictObject({ from: z.literal('files') }),
]);

const passwordSource = z.union(
  [z.strictObject({ file: path }), z.strictObject({ environment: z.string().regex(/^\w{1,64}$/) })],
  'secrets are never written here; give { file: PATH } or { environment: NAME }',
);

const administration = z.strictObject({
  host: address,
  port,
  trust: path,
  account: z.string().min(1).max(64),
  password: passwordSource,
});

const external = z.strictObject({
  kind: z.literal('external'),
  sip: endpoint,
  registration: endpoint,
  relay: z
    .strictObject({ host: address, first: port, last: port })
    .refine(({ first, last }) => first <= last, 'its last port comes before its first'),
  trust: z.strictObject({ root: path, clientAuthority: path, serverAuthority: path }),
  tokens,
  revocation: revocation.optional(),
  refusals: refusals.optional(),
  /** Prints the packet filter's rules as they are loaded. */
  firewall: z.strictObject({ command: words }).optional(),
  capture,
  administration: administration.optional(),
});

const person = z.strictObject({ kind: z.literal('person'), seconds: seconds.default(120) });
const file = z.strictObject({ kind: z.literal('file'), path });

const phone = z.union(
  [
    z.literal('reference').transform(() => ({ kind: 'reference' as const })),
    z.literal('person').transform(() => person.parse({ kind: 'person' })),
    z.strictObject({ kind: z.literal('reference') }),
    person,
    file,
  ],
  'must be reference, person, { kind: person, seconds: 120 } or { kind: file, path: PHONES.ts }',
);

const phoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, 'a phone is named by a letter, then letters, digits or hyphens');

/** Which phone is what, by the names that scenarios use (alice calls, bob is called); `default` for all others. */
const phones = z.record(phoneName, phone).default({});

/** The reference's appliance: its own signalling and relay, or in the place of either an engine of the security target, run and configured by the testbed. */
const reference = z.strictObject({
  kind: z.literal('reference'),
  signalling: z.enum(['embedded', 'kamailio']).default('embedded'),
  relay: z.enum(['embedded', 'rtpengine']).default('embedded'),
});

/** A target, as its file describes it. */
export const targetSchema = z.strictObject({
  name: z.string().min(1).max(120),
  appliance: z.discriminatedUnion('kind', [reference, external]),
  phones,
  /** A file of verdicts that are known beforehand. */
  expectations: path.optional(),
});

export type TargetDescription = z.infer<typeof targetSchema>;
export type ExternalDescription = Extract<
  TargetDescription['appliance'],
  { readonly kind: 'external' }
>;
export type PhoneDescription = z.infer<typeof phone>;

/** Whether an engine of the security target carries the appliance's signalling or its media. */
export const hasEngine = (appliance: TargetDescription['appliance']): boolean =>
  appliance.kind === 'reference' &&
  (appliance.signalling === 'kamailio' || appliance.relay === 'rtpengine');

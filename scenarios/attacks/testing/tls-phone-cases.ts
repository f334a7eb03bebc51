import { z } from 'zod';
import { all, without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { tlsPhoneOfferCases } from './tls-phone-offer-cases.ts';
import { failing, noted, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const activity = 'tls-phones';

const attempts = z.array(
  z.looseObject({
    name: z.string(),
    registered: z.boolean(),
    refusals: z.array(z.string()),
    connections: z.array(z.looseObject({ registered: z.boolean() })),
  }),
);
type Attempt = z.infer<typeof attempts>[number];

const changing = (name: string, change: (attempt: Attempt) => object): Alteration =>
  withJson(activity, 'attempts.json', attempts, (all) =>
    all.map((each) => (each.name === name ? { ...each, ...change(each) } : each)),
  );

/** Every connection of an attempt, changed. */
const connections = (name: string, change: object): Alteration =>
  changing(name, (attempt) => ({
    connections: attempt.connections.map((each) => ({ ...each, ...change })),
  }));

const absent = (name: string): Alteration =>
  withJson(activity, 'attempts.json', attempts, (all) =>
    all.filter((attempt) => attempt.name !== name),
  );

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(activity, 'attempts.json')),
  undecided(
    id,
    'evidence of another shape',
    /not among the evidence/,
    withJson(activity, 'attempts.json', attempts, () => ({})),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity tls-phones/,
    withOutcome(activity, { status: 'failed', reason: 'the phone could not enrol' }),
  ),
  undecided(
    id,
    'a control that did not register',
    /the control, the same server without a fault/,
    all(
      changing('control', () => ({ registered: false })),
      connections('control', { registered: false }),
    ),
  ),
];

/** An attempt that ended so, as far as the server and the phone's own log tell. */
const left = (name: string, change: object, refusals: readonly string[]): Alteration =>
  changing(name, (attempt) => ({
    refusals,
    connections: attempt.connections.map((each) => ({ ...each, ...change })),
  }));

const alertOf = (name: string): number =>
  /^(early-change|change|certificate-a)/.test(name) ? 10 : 40;

const refusalCases = (id: string, name: string): readonly JudgeCase[] => [
  failing(
    id,
    `registered at the server with "${name}"`,
    /accepted a server/,
    all(
      changing(name, () => ({ registered: true })),
      connections(name, { applicationBytes: 376 }),
    ),
  ),
  failing(
    id,
    `bytes inside TLS at the server with "${name}"`,
    /accepted a server/,
    connections(name, { applicationBytes: 5 }),
  ),
  undecided(id, `no server with "${name}"`, /was tried/, absent(name)),
  undecided(
    id,
    `the server with "${name}" never reached`,
    /never reached/,
    changing(name, () => ({ connections: [] })),
  ),
  undecided(
    id,
    `the server with "${name}" left in time only`,
    /for another reason: tls\/deadline/,
    left(name, { alerts: [] }, ['tls/deadline']),
  ),
  tolerated(
    id,
    `the server with "${name}" left with a code of its own and an alert that says why`,
    /was registered with/,
    left(name, { alerts: [{ level: 2, description: alertOf(name) }] }, ['anything']),
  ),
];

const refused: Readonly<Record<string, readonly string[]>> = {
  'T1/phone-version': ['version-ssl-3', 'version-tls-1.0', 'version-tls-1.1', 'version-tls-1.3'],
  'T2/phone-suite': [
    'suite-dhe-aes128-gcm',
    'suite-ecdhe-aes256-gcm',
    'suite-dhe-aes256-cbc',
    'suite-rsa-aes256-gcm',
    'suite-anonymous-aes256-gcm',
    'suite-rsa-null-sha256',
  ],
  'T3/phone-group': ['composite', 'not-safe-prime', 'generator-1', 'generator-minus-1'],
  'T4/phone-pseudoprime': ['pseudoprime'],
  'T6/phone-small-subgroup': ['small-subgroup'],
  'T7/phone-public-value': ['public-0', 'public-1', 'public-p-minus-1', 'public-p'],
  'T8/phone-modulus': ['modulus-512', 'modulus-768', 'modulus-1024', 'modulus-3072'],
  'T12/phone-compression': ['compression-deflate'],
  'T13/phone-change-cipher-spec': ['early-change-cipher-spec', 'change-cipher-spec-absent'],
  'T16/phone-export-suite': ['suite-dhe-export-des40', 'suite-rsa-export-rc4'],
  'T19/phone-server-proof': [
    'signature-altered',
    'signature-other-key',
    'key-exchange-absent',
    'certificate-empty',
    'certificate-absent',
    'certificate-order',
    'finished-altered',
    'tag-altered',
    'plaintext-after-change',
  ],
};

const renegotiation = 'attacks/T9/phone-renegotiation';
const heartbeat = 'attacks/T14/phone-heartbeat';
const certificate = 'attacks/T17/phone-certificate';
const proof = 'attacks/T19/phone-server-proof';
const unsafe = connections('no-renegotiation-info', { established: true });
const again = connections('hello-request', { furtherHellos: 1 });

/** What a phone can do at hostile servers. */
export const tlsPhoneCases: readonly JudgeCase[] = [
  ...tlsPhoneOfferCases,
  ...Object.entries(refused).flatMap(([row, names]) => {
    const id = `attacks/${row}`;
    return [...names.flatMap((name) => refusalCases(id, name)), ...missing(id)];
  }),
  failing(
    'attacks/T8/phone-modulus',
    'a modulus of 1024 bits answered, and nothing said inside TLS',
    /accepted a server with "modulus-1024"/,
    connections('modulus-1024', { messages: [1, 11, 16] }),
  ),
  noted(
    proof,
    'parameters signed with SHA-1 accepted',
    /^T19\/phone-weak-signature: .*signature-sha1/,
    connections('signature-sha1', { messages: [1, 11, 16, 15, 20] }),
  ),
  failing(renegotiation, 'renegotiated and unbound', /cannot bind/, all(unsafe, again)),
  noted(renegotiation, 'renegotiated', /^T9\/phone-renegotiates: /, again),
  noted(
    renegotiation,
    'a server without renegotiation_info',
    /^T9\/phone-without-renegotiation-info: /,
    unsafe,
  ),
  undecided(renegotiation, 'no server that asks for it', /was tried/, absent('hello-request')),
  undecided(
    renegotiation,
    'a phone that never registered where it is asked',
    /no server asked a registered phone/,
    connections('hello-request', { registered: false }),
  ),
  ...missing(renegotiation),
  failing(
    heartbeat,
    'a heartbeat answered',
    /answered a heartbeat/,
    connections('heartbeat-overlong', { heartbeats: 1 }),
  ),
  undecided(heartbeat, 'none sent', /no heartbeat was sent/, absent('heartbeat-overlong')),
  ...missing(heartbeat),
  failing(
    certificate,
    'no certificate shown',
    /did not authenticate/,
    connections('control', { certificates: 0, keyProved: null }),
  ),
  failing(
    certificate,
    'the key not proved',
    /did not authenticate/,
    connections('control', { keyProved: false }),
  ),
  failing(
    certificate,
    'a nonce repeated',
    /repeats a GCM nonce/,
    connections('control', { nonces: ['00', '00'] }),
  ),
  ...missing(certificate),
];

import { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { tlsPhoneOffers } from './tls-phone-offers.ts';
import { warn } from './tls-ports-view.ts';

const attemptsSchema = z.array(
  z.object({
    name: z.string(),
    kind: z.enum(['refused', 'observed', 'afterwards', 'control']),
    registered: z.boolean(),
    refusals: z.array(z.string()),
    connections: z.array(
      z.object({
        messages: z.array(z.number()),
        established: z.boolean(),
        keyProved: z.boolean().nullable(),
        certificates: z.number(),
        alerts: z.array(z.object({ level: z.number(), description: z.number() })),
        applicationBytes: z.number(),
        registered: z.boolean(),
        heartbeats: z.number(),
        nonces: z.array(z.string()),
        furtherHellos: z.number(),
      }),
    ),
  }),
);
type Attempts = z.infer<typeof attemptsSchema>;
type Attempt = Attempts[number];

const activity = 'tls-phones';
const path = `evidence/${activity}/attempts.json`;

const onAttempts =
  (judge: (attempts: Attempts) => Finding) =>
  (evidence: Evidence): Finding => {
    const attempts = evidence.json(activity, 'attempts.json', attemptsSchema);
    return attempts
      ? judge(attempts)
      : inconclusive('what the phone did at hostile servers is not among the evidence');
  };

const named = (attempts: Attempts, name: string): Attempt | undefined =>
  attempts.find((attempt) => attempt.name === name);

/** At the same server without a fault, the phone must register. */
const controlProblem = (attempts: Attempts): Finding | null => {
  const control = named(attempts, 'control');
  const served =
    control?.registered === true && control.connections.some((each) => each.registered);
  return served
    ? null
    : inconclusive('the control, the same server without a fault, was not registered with', [path]);
};

/** Faults that a phone must leave a server for, and what says that this was the reason: a code of its log, or an alert it sent. */
interface Refusal {
  readonly names: readonly string[];
  readonly codes: readonly string[];
  readonly alerts: readonly number[];
  /** A fault in the server's last flight, which comes behind the phone's Finished. */
  readonly last?: boolean;
  /** Accepting it breaks no rule of its time. */
  readonly weak?: boolean;
}

/** RFC 5246 section 7.4.7: whoever sends it has taken the server's hello, certificate and parameters. */
const clientKeyExchange = 16;

const loggedBy = ({ refusals }: Attempt): string => refusals.join(', ') || 'nothing';

const judgeRefusal = (attempts: Attempts, name: string, refusal: Refusal): Finding | null => {
  const attempt = named(attempts, name);
  if (!attempt) return inconclusive(`no server with "${name}" was tried`, [path]);
  const { connections, registered, refusals } = attempt;
  if (connections.length === 0)
    return inconclusive(`the phone never reached the server with "${name}"`, [path]);
  const bytes = connections.reduce((sum, each) => sum + each.applicationBytes, 0);
  const wentOn =
    refusal.last !== true &&
    connections.some(({ messages }) => messages.includes(clientKeyExchange));
  if (registered || bytes > 0 || wentOn) {
    const expected =
      refusal.last === true
        ? 'left before anything is said inside TLS'
        : 'left after its ClientHello';
    const observed = `${wentOn ? 'a ClientKeyExchange, ' : ''}${bytes} bytes inside TLS; logged: ${loggedBy(attempt)}`;
    return refusal.weak === true
      ? warn(`a phone accepted a server with "${name}"`, expected, observed, path)
      : fail(`a phone accepted a server with "${name}"`, expected, observed, [path]);
  }
  const alerted = connections.some(({ alerts }) =>
    alerts.some(({ level, description }) => level === 2 && refusal.alerts.includes(description)),
  );
  return alerted || refusals.some((code) => refusal.codes.includes(code))
    ? null
    : inconclusive(`the server with "${name}" was left for another reason: ${loggedBy(attempt)}`, [
        path,
      ]);
};

const judgeRefusals =
  (refusals: readonly Refusal[]) =>
  (attempts: Attempts): Finding => {
    const found = refusals.flatMap((refusal) =>
      refusal.names.map((name) => judgeRefusal(attempts, name, refusal)),
    );
    const bad = worst(found.filter((finding) => finding?.kind !== 'warn'));
    if (bad?.kind === 'fail') return bad;
    const problem = controlProblem(attempts) ?? bad ?? worst(found);
    if (problem) return problem;
    const told = refusals.flatMap(({ names }) =>
      names.map((name) => {
        const attempt = named(attempts, name);
        return `${name}: ${attempt ? loggedBy(attempt) : ''}`;
      }),
    );
    return pass(`${told.join(', ')}; the same server without a fault was registered with`, [path]);
  };

/** Renegotiating is allowed, and so is a server that cannot do it safely; both together are not (RFC 5746 section 4.1). */
const judgeRenegotiation = (attempts: Attempts): Finding => {
  const [unsafe, asked] = ['no-renegotiation-info', 'hello-request'].map((name) =>
    named(attempts, name),
  );
  if (!unsafe || !asked || unsafe.connections.length === 0)
    return inconclusive(
      'no server that asks for renegotiation, or cannot do it safely, was tried',
      [path],
    );
  const tookUnsafe = unsafe.connections.some((each) => each.established);
  const renegotiated = asked.connections.some((each) => each.furtherHellos > 0);
  const expected = 'no renegotiation, or one bound to the handshake before (RFC 5746)';
  if (tookUnsafe && renegotiated)
    return fail(
      'a phone renegotiates, and takes servers that cannot bind it',
      expected,
      'a second ClientHello; a server without renegotiation_info accepted',
      [path],
    );
  const control = controlProblem(attempts);
  if (control) return control;
  if (!asked.connections.some((each) => each.registered))
    return inconclusive('no server asked a registered phone for renegotiation', [path]);
  if (renegotiated) return warn('a phone renegotiates', expected, 'a second ClientHello', path);
  if (tookUnsafe)
    return warn('a server without renegotiation_info is accepted', expected, 'a session', path);
  const alerts = asked.connections.flatMap((each) => each.alerts.map((alert) => alert.description));
  return pass(
    `a HelloRequest was answered with ${alerts.length === 0 ? 'nothing' : `alert ${alerts.join(', ')}`}; a server without renegotiation_info was left (${loggedBy(unsafe)})`,
    [path],
  );
};

const judgeHeartbeat = (attempts: Attempts): Finding => {
  const attempt = named(attempts, 'heartbeat-overlong');
  if (attempt?.connections.some((each) => each.heartbeats > 0) === true)
    return fail(
      'a phone answered a heartbeat of false length',
      'refused, or discarded in silence (RFC 6520 section 4)',
      'an answer',
      [path],
    );
  const control = controlProblem(attempts);
  if (control) return control;
  if (attempt?.connections.some((each) => each.registered) !== true)
    return inconclusive('no heartbeat was sent to a registered phone', [path]);
  const alerts = attempt.connections.flatMap((each) =>
    each.alerts.map((alert) => alert.description),
  );
  return pass(
    `a heartbeat of false length was answered with ${alerts.length === 0 ? 'nothing' : `alert ${alerts.join(', ')}`}`,
    [path],
  );
};

/** A phone shows its certificate and proves its key where it is asked, and repeats no nonce; what it does unasked is told. */
const judgeIdentity = (attempts: Attempts): Finding => {
  const problem = controlProblem(attempts);
  if (problem) return problem;
  const own = named(attempts, 'control')?.connections.find((each) => each.registered);
  if (!own) return inconclusive('the control is not among the attempts', [path]);
  if (own.certificates === 0 || own.keyProved !== true)
    return fail(
      'a phone did not authenticate to the server with its certificate',
      'its certificate, and proof of the key over the handshake',
      `${own.certificates} certificates, proof ${own.keyProved === null ? 'absent' : 'wrong'}`,
      [path],
    );
  if (new Set(own.nonces).size < own.nonces.length)
    return fail(
      'a phone repeats a GCM nonce under one key',
      'a nonce for each record',
      own.nonces.join(', '),
      [path],
    );
  const unasked = named(attempts, 'no-certificate-request')?.registered === true;
  const unextended = named(attempts, 'no-extended-master-secret')?.registered === true;
  return pass(
    `asked, the phone showed ${own.certificates} certificates and proved its key; a server that does not ask is ${unasked ? 'registered with' : 'left'}, one without the extended master secret ${unextended ? 'registered with' : 'left'}`,
    [path],
  );
};

const parameterAlerts = [40, 47, 51, 71, 80];
const group = (...names: readonly string[]): Refusal => ({
  names,
  codes: ['tls/dh-group', 'tls/dh-size', 'tls/handshake'],
  alerts: parameterAlerts,
});
const publicValues: Refusal = {
  names: ['public-0', 'public-1', 'public-p-minus-1', 'public-p'],
  codes: ['tls/dh-public-value', 'tls/handshake'],
  alerts: parameterAlerts,
};
const handshake = (alerts: readonly number[], ...names: readonly string[]): Refusal => ({
  names,
  codes: ['tls/handshake', 'tls/suite'],
  alerts,
});
const certificates: Refusal = {
  names: ['certificate-empty', 'certificate-absent', 'certificate-order'],
  codes: ['tls/handshake', 'tls/chain', 'tls/issuer', 'tls/server-auth'],
  alerts: [10, 40, 42, 48, 50, 51],
};
const changeCipherSpec = [10, 20, 40, 50, 80];

const scenario = (
  row: string,
  what: string,
  claims: readonly string[],
  judge: (attempts: Attempts) => Finding,
): Scenario => ({
  id: `attacks/${row}/phone-${what}`,
  revision: 1,
  claims,
  activities: [activity],
  needs: ['enrol', 'refusal-log'],
  judge: onAttempts(judge),
});

const refusing = (
  row: string,
  what: string,
  claims: readonly string[],
  ...refusals: readonly Refusal[]
): Scenario => scenario(row, what, claims, judgeRefusals(refusals));

/** Servers with a right certificate and a wrong handshake, against a phone (catalogue T1-T4, T6-T9, T12-T14, T16, T17, T19). */
export const tlsPhoneAttacks: readonly Scenario[] = [
  ...tlsPhoneOffers,
  refusing(
    'T1',
    'version',
    ['5.1.a'],
    handshake(
      [70, 40, 47],
      'version-ssl-3',
      'version-tls-1.0',
      'version-tls-1.1',
      'version-tls-1.3',
    ),
  ),
  refusing(
    'T2',
    'suite',
    ['5.1.b'],
    handshake(
      [47, 40],
      'suite-dhe-aes128-gcm',
      'suite-ecdhe-aes256-gcm',
      'suite-dhe-aes256-cbc',
      'suite-rsa-aes256-gcm',
      'suite-anonymous-aes256-gcm',
      'suite-rsa-null-sha256',
    ),
  ),
  refusing(
    'T3',
    'group',
    ['4.a'],
    group('composite', 'not-safe-prime', 'generator-1', 'generator-minus-1'),
  ),
  refusing('T4', 'pseudoprime', ['4.a'], group('pseudoprime')),
  refusing('T6', 'small-subgroup', ['4.a'], group('small-subgroup')),
  refusing('T7', 'public-value', ['4.a'], publicValues),
  refusing(
    'T8',
    'modulus',
    ['5.1.c'],
    group('modulus-512', 'modulus-768', 'modulus-1024', 'modulus-3072'),
  ),
  scenario('T9', 'renegotiation', ['2.1.g'], judgeRenegotiation),
  refusing('T12', 'compression', ['4.a'], handshake([47, 50, 40], 'compression-deflate')),
  refusing(
    'T13',
    'change-cipher-spec',
    ['2.1.g'],
    handshake(changeCipherSpec, 'early-change-cipher-spec'),
    {
      ...handshake(changeCipherSpec, 'change-cipher-spec-absent'),
      last: true,
    },
  ),
  scenario('T14', 'heartbeat', ['4.a'], judgeHeartbeat),
  refusing(
    'T16',
    'export-suite',
    ['5.1.b'],
    handshake([47, 40], 'suite-dhe-export-des40', 'suite-rsa-export-rc4'),
  ),
  scenario('T17', 'certificate', ['2.1.b'], judgeIdentity),
  refusing(
    'T19',
    'server-proof',
    ['2.1.g'],
    handshake(
      [51, 40, 42, 47, 10],
      'signature-altered',
      'signature-other-key',
      'key-exchange-absent',
    ),
    certificates,
    { ...handshake([47, 51, 40], 'signature-sha1', 'signature-md5'), weak: true },
    {
      ...handshake(
        [51, 20, 10, 40, 50, 80],
        'finished-altered',
        'tag-altered',
        'plaintext-after-change',
      ),
      last: true,
    },
  ),
];

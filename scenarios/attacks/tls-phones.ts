import {
  fail,
  inconclusive,
  noting,
  pass,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { phoneLeniency } from './tls-observations.ts';
import { tlsPhoneOffers } from './tls-phone-offers.ts';
import {
  activity,
  controlProblem,
  judgeRefusals,
  loggedBy,
  named,
  onAttempts,
  path,
  type Attempts,
  type Refusal,
} from './tls-phones-view.ts';

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
  const alerts = asked.connections.flatMap((each) => each.alerts.map((alert) => alert.description));
  const answer = alerts.length === 0 ? 'nothing' : `alert ${alerts.join(', ')}`;
  return noting(
    pass(
      `a HelloRequest was answered with ${renegotiated ? 'a second ClientHello' : answer}; a server without renegotiation_info was ${tookUnsafe ? 'taken' : `left (${loggedBy(unsafe)})`}`,
      [path],
    ),
    renegotiated ? phoneLeniency('renegotiates', path) : null,
    tookUnsafe ? phoneLeniency('without-renegotiation-info', path) : null,
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
  const passed = pass(
    `asked, the phone showed ${own.certificates} certificates and proved its key; a server that does not ask is ${unasked ? 'registered with' : 'left'}, one without the extended master secret ${unextended ? 'registered with' : 'left'}`,
    [path],
  );
  return noting(passed, unextended ? phoneLeniency('without-extended-master-secret', path) : null);
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
  revision = 1,
): Scenario => ({
  id: `attacks/${row}/phone-${what}`,
  revision,
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
  scenario('T9', 'renegotiation', ['2.1.g'], judgeRenegotiation, 2),
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
  scenario(
    'T19',
    'server-proof',
    ['2.1.g'],
    judgeRefusals([
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
    ]),
    2,
  ),
];

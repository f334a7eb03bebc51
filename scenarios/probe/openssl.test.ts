import { describe, expect, it } from 'vitest';
import { hasOpenssl } from '../../simulators/attackers/testing/openssl-server.ts';
import type { VerdictKind } from '../../reports/model/verdict.ts';
import { dhParametersPem, foreignPrimes, modpPrime } from './testing/dh-parameters.ts';
import {
  exactOptions,
  identity,
  kindsOf,
  observed,
  probe,
  withOpenssl,
} from './testing/servers.ts';

const reason = hasOpenssl ? '' : ' (skipped: no openssl program)';
const weak = '@SECLEVEL=0';
const exact = 'TLSv1.2 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384';

type Kinds = readonly [
  a: VerdictKind,
  b: VerdictKind,
  c: VerdictKind,
  k: VerdictKind,
  keys: VerdictKind,
];

/** Each server by its options, the verdicts on 5.1.a, b, c, k and 6.1.a, and some profile it must be seen to accept. */
const configurations: readonly (readonly [string, readonly string[], Kinds, string])[] = [
  ['the exact profile', exactOptions, ['pass', 'pass', 'pass', 'pass', 'pass'], exact],
  [
    'TLS 1.0 only',
    ['-tls1', '-cipher', `ALL:${weak}`],
    ['fail', 'fail', 'fail', 'fail', 'pass'],
    'TLSv1.0 TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  ],
  [
    'TLS 1.1 only',
    ['-tls1_1', '-cipher', `DHE-RSA-AES256-SHA:${weak}`],
    ['fail', 'fail', 'pass', 'fail', 'pass'],
    'TLSv1.1 TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  ],
  [
    'TLS 1.3 only',
    ['-tls1_3'],
    ['fail', 'fail', 'fail', 'fail', 'inconclusive'],
    'TLSv1.3 TLS_AES_128_GCM_SHA256',
  ],
  [
    'TLS 1.3 beside the exact profile',
    ['-cipher', 'DHE-RSA-AES256-GCM-SHA384'],
    ['pass', 'pass', 'pass', 'fail', 'pass'],
    'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
  ],
  [
    'AES-128 only',
    ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'],
    ['pass', 'fail', 'pass', 'fail', 'pass'],
    'TLSv1.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  ],
  [
    'CBC suites beside the exact profile',
    ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA'],
    ['pass', 'pass', 'pass', 'fail', 'pass'],
    'TLSv1.2 TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
  ],
  [
    'RSA key exchange only',
    ['-tls1_2', '-cipher', 'AES256-GCM-SHA384'],
    ['pass', 'fail', 'fail', 'fail', 'pass'],
    'TLSv1.2 TLS_RSA_WITH_AES_256_GCM_SHA384',
  ],
  [
    'anonymous Diffie-Hellman only',
    ['-tls1_2', '-cipher', `ADH-AES256-GCM-SHA384:${weak}`],
    ['pass', 'fail', 'fail', 'fail', 'inconclusive'],
    'TLSv1.2 TLS_DH_anon_WITH_AES_256_GCM_SHA384',
  ],
  [
    'ECDHE only',
    ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ['pass', 'fail', 'fail', 'fail', 'pass'],
    'TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  ],
  [
    'NULL encryption beside the exact profile',
    ['-tls1_2', '-cipher', `DHE-RSA-AES256-GCM-SHA384:eNULL:${weak}`],
    ['pass', 'pass', 'pass', 'fail', 'pass'],
    'TLSv1.2 TLS_RSA_WITH_NULL_SHA256',
  ],
  [
    'everything',
    ['-cipher', `ALL:COMPLEMENTOFALL:${weak}`],
    ['pass', 'pass', 'fail', 'fail', 'pass'],
    'TLSv1.0 TLS_ECDHE_RSA_WITH_NULL_SHA',
  ],
];

describe.skipIf(!hasOpenssl)(`openssl s_server${reason}`, () => {
  it.each(configurations)('with %s', async (_name, options, [a, b, c, k, keys], accepted) => {
    const facts = await withOpenssl(options, (endpoint) => probe(endpoint));
    expect(kindsOf(facts)).toMatchObject({
      '5.1.a': a,
      '5.1.b': b,
      '5.1.c': c,
      '5.1.k': k,
      '6.1.a': keys,
    });
    expect(facts.accepted.map(({ name }) => name)).toContain(accepted);
    expect(facts.accepted.filter(({ confirmed }) => !confirmed)).toEqual([]);
    expect(facts.unclear).toEqual([]);
    expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  });

  const primeMinusTwo = (BigInt(`0x${modpPrime(14)}`) - 2n).toString(16);
  it.each<[string, string, VerdictKind, object]>([
    ['1024 bits', foreignPrimes[1024], 'fail', { bits: 1024, name: null, isSafePrime: true }],
    ['1024 bits, published', modpPrime(2), 'fail', { bits: 1024, name: 'modp1024' }],
    ['2048 bits, foreign', foreignPrimes[2048], 'pass', { name: null, isSafePrime: true }],
    ['2048 bits, group 14', modpPrime(14), 'pass', { bits: 2048, name: 'modp2048' }],
    ['2048 bits, composite', primeMinusTwo, 'warn', { name: null, isPrime: false }],
    ['3072 bits', modpPrime(15), 'fail', { bits: 3072, name: 'modp3072' }],
    ['4096 bits', modpPrime(16), 'fail', { bits: 4096, name: 'modp4096' }],
  ])('with a modulus of %s', async (_name, prime, kind, group) => {
    const facts = await withOpenssl(
      ['-tls1_2', '-cipher', `DHE-RSA-AES256-GCM-SHA384:${weak}`],
      (endpoint) => probe(endpoint),
      { '-dhparam': dhParametersPem(prime) },
    );
    expect(kindsOf(facts)['5.1.c']).toBe(kind);
    expect(facts.groups).toMatchObject([{ prime, generator: '2', generatorFault: null, ...group }]);
    expect(facts.reuse).toMatchObject({ connections: 5, distinctPublicValues: 5, degenerate: 0 });
  });

  it('says how sessions are resumed', async () => {
    const trials = async (...options: readonly string[]) => {
      const { features } = await withOpenssl([...exactOptions, ...options], (at) => probe(at));
      return [features?.resumptionById.answer, features?.resumptionByTicket.answer];
    };
    expect(await trials()).toEqual(['yes', 'yes']);
    expect(await trials('-no_ticket')).toEqual(['yes', 'no']);
    expect(await trials('-no_ticket', '-no_cache')).toEqual(['no', 'no']);
  });

  it('says which renegotiation a client may ask for', async () => {
    const trials = async (...options: readonly string[]) => {
      const { features } = await withOpenssl([...exactOptions, ...options], (at) => probe(at));
      return [features?.clientRenegotiation.answer, features?.insecureRenegotiation.answer];
    };
    expect(await trials()).toEqual(['no', 'no']);
    expect(await trials('-client_renegotiation')).toEqual(['yes', 'no']);
    expect(await trials('-client_renegotiation', '-legacy_renegotiation')).toEqual(['yes', 'yes']);
  });

  it('sees the whole server where a client certificate is required, and completes with one', async () => {
    const [without, having] = await withOpenssl([...exactOptions, '-Verify', '3'], async (at) => [
      await probe(at),
      await probe(at, { identity }),
    ]);
    expect(kindsOf(without)).toEqual({
      '2.1.d': 'warn',
      '5.1.a': 'pass',
      '5.1.b': 'pass',
      '5.1.c': 'pass',
      '5.1.k': 'pass',
      '6.1.a': 'pass',
    });
    expect(without.anonymousHandshake).toEqual({
      established: false,
      certificateRequested: true,
      ending: 'alert handshake_failure',
      answerLine: null,
    });
    expect(without.features?.clientRenegotiation.answer).toBe('untested');
    expect(having.identifiedHandshake?.established).toBe(true);
    expect(having.features?.clientRenegotiation.answer).toBe('no');
  });

  it('sees the service answer inside TLS', async () => {
    const facts = await withOpenssl([...exactOptions, '-www'], (at) =>
      probe(at, { service: 'registration' }),
    );
    expect(kindsOf(facts)).toEqual({
      '2.1.c': 'pass',
      '5.1.d': 'pass',
      '5.1.e': 'pass',
      '5.1.f': 'pass',
      '5.1.l': 'pass',
      '6.1.a': 'pass',
    });
    expect(facts.anonymousHandshake?.answerLine).toMatch(/^HTTP\/1\.0 200 ok/);
    expect(kindsOf({ ...facts, service: 'sip' })['2.1.d']).toBe('inconclusive');
  });

  it('finds the downgrade signal honoured and other features', async () => {
    const facts = await withOpenssl(['-cipher', `ALL:${weak}`], (at) => probe(at));
    expect(facts.features).toMatchObject({
      secureRenegotiation: { answer: 'yes' },
      extendedMasterSecret: { answer: 'yes' },
      compression: { answer: 'no' },
      earlyChangeCipherSpec: { answer: 'no', detail: 'alert unexpected_message' },
      heartbeat: { answer: 'no' },
      fallbackSignal: { answer: 'yes' },
    });
    expect(observed(facts, 'T15')).toHaveLength(1);
  });
});

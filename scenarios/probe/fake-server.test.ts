import { createServer as createPlainServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  closedEndpoint,
  listen,
  startTcpServer,
  type TestServer,
} from '../../simulators/attackers/testing/tcp-server.ts';
import { contactProblem, judgeProbe } from './judge.ts';
import { observeProbe } from './observe.ts';
import { foreignPrimes, modpPrime } from './testing/dh-parameters.ts';
import { alertRecord, startFakeServer, type FakeParameters } from './testing/fake-server.ts';
import { kindsOf, observed, probe } from './testing/servers.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
const kept = async (starting: Promise<TestServer>) => {
  const server = await starting;
  stops.push(server.stop);
  return server.endpoint;
};
const prime = modpPrime(14);
const minusOne = (BigInt(`0x${prime}`) - 1n).toString(16);
const sound: FakeParameters = { prime, generator: '2' };

describe('Diffie-Hellman parameters of a hostile server', () => {
  it('sound ones pass, as the control', async () => {
    const facts = await probe(await kept(startFakeServer(sound)));
    expect(kindsOf(facts)).toMatchObject({
      '5.1.a': 'pass',
      '5.1.b': 'pass',
      '5.1.c': 'pass',
      '5.1.k': 'pass',
      '6.1.a': 'pass',
    });
    expect(facts.parametersSigned).toBe(true);
    expect(facts.reuse).toMatchObject({ connections: 5, distinctPublicValues: 5, degenerate: 0 });
  });

  it('a modulus of 768 bits fails', async () => {
    const weak = { prime: foreignPrimes[768], generator: '2' };
    const facts = await probe(await kept(startFakeServer(weak)));
    expect(judgeProbe(facts).find(({ claim }) => claim === '5.1.c')).toEqual({
      claim: '5.1.c',
      kind: 'fail',
      reason: 'a modulus of another size is used',
      expected: 'a modulus of 2048 bits',
      observed: '768 bits (no published group) in TLSv1.2 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
    });
  });

  it.each([
    ['1', 'zero-or-one'],
    [minusOne, 'minus-one'],
  ])('a generator of %.8s is reported', async (generator, generatorFault) => {
    const facts = await probe(await kept(startFakeServer({ prime, generator })));
    expect(facts.groups).toMatchObject([{ name: 'modp2048', generatorFault }]);
    expect(observed(facts, 'T3')[0]).toMatch(/the secret is/);
  });

  it('a public value used again, and one that fixes the secret, are reported', async () => {
    const again = await probe(await kept(startFakeServer({ ...sound, publicValue: '1234' })));
    expect(again.reuse).toMatchObject({ connections: 5, distinctPublicValues: 1, degenerate: 0 });
    expect(observed(again, 'T5')[0]).toContain('reuses its Diffie-Hellman value');
    const fixed = await probe(await kept(startFakeServer({ ...sound, publicValue: minusOne })));
    expect(fixed.reuse?.degenerate).toBe(5);
    expect(observed(fixed, 'T7')).toHaveLength(1);
  });

  it('a signature over the parameters that does not verify is reported', async () => {
    const facts = await probe(await kept(startFakeServer({ ...sound, spoilSignature: true })));
    expect(facts.parametersSigned).toBe(false);
    expect(facts.anonymousHandshake?.ending).toContain('parameters-signature');
    expect(observed(facts, 'T19')).toHaveLength(1);
  });
});

describe('a deadline is no refusal', () => {
  it('an offer that is never answered makes 5.1.k inconclusive, after a second attempt', async () => {
    let silences = 0;
    const endpoint = await kept(
      startFakeServer(sound, (asked, socket) => {
        if (asked?.version !== 0x0300) return void socket.end(alertRecord(40));
        silences += 1;
      }),
    );
    const facts = await probe(endpoint, { deadlineMs: 300 });
    expect(kindsOf(facts)).toMatchObject({ '5.1.b': 'pass', '5.1.k': 'inconclusive' });
    expect(silences).toBe(8);
    expect(facts.unclear.map(({ version, outcome }) => [version, outcome])).toEqual(
      Array.from({ length: 4 }, () => ['SSLv3', 'deadline']),
    );
  });

  it('an offer answered at the second attempt is a refusal', async () => {
    let silent = true;
    const endpoint = await kept(
      startFakeServer(sound, (asked, socket) => {
        if (asked?.version === 0x0301 && silent) silent = false;
        else socket.end(alertRecord(40));
      }),
    );
    const facts = await probe(endpoint, { deadlineMs: 300 });
    expect(silent).toBe(false);
    expect(kindsOf(facts)['5.1.k']).toBe('pass');
  });

  it('gives up on a server that leaves too much unanswered', async () => {
    const facts = await probe(await kept(startFakeServer(sound, () => undefined)), {
      deadlineMs: 100,
    });
    expect(facts.cutShort).toBe('unanswered');
    expect(kindsOf(facts)['5.1.k']).toBe('inconclusive');
  });
});

describe('where no TLS server answers, every verdict is inconclusive with the reason', () => {
  const saidOf = (facts: Awaited<ReturnType<typeof probe>>) => ({
    kinds: [...new Set(Object.values(kindsOf(facts)))],
    observations: observeProbe(facts),
    reason: contactProblem(facts),
  });
  const nothingBut = (reason: RegExp) => ({
    kinds: ['inconclusive'],
    observations: [],
    reason: expect.stringMatching(reason) as unknown,
  });
  it('a closed port', async () => {
    expect(saidOf(await probe(await closedEndpoint()))).toEqual(nothingBut(/ECONNREFUSED/));
  });
  it('a name that cannot be resolved', async () => {
    expect(saidOf(await probe({ host: 'nothing.invalid', port: 443 }))).toEqual(
      nothingBut(/ENOTFOUND|EAI_AGAIN/),
    );
  });
  it('a server that never answers', async () => {
    const silent = await kept(startTcpServer(() => undefined));
    const facts = await probe(silent, { deadlineMs: 100 });
    expect(saidOf(facts)).toEqual(nothingBut(/did not answer a ClientHello in time, twice/));
    expect(facts.connections).toBe(2);
  });
  it('a server that closes', async () => {
    const closing = await kept(startTcpServer((socket) => socket.end()));
    expect(saidOf(await probe(closing))).toEqual(nothingBut(/closes every/));
  });
  it('a server that answers garbage', async () => {
    const web = await kept(listen(createPlainServer((_request, response) => response.end('hi'))));
    expect(saidOf(await probe(web))).toEqual(nothingBut(/not TLS, beginning 485454502f312e31/));
  });
});

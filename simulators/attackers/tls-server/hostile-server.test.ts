import { checkPrimeSync, getDiffieHellman, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTls } from '../../../reference/client/tls/connect.ts';
import { modularPower, toInteger } from '../tls-client/bytes.ts';
import { wrongGroups } from './groups.ts';
import { toPem } from '../certificate-forger.ts';
import { startEnrolmentService } from './enrolment-service.ts';
import { createHierarchy, type Hierarchy } from './hierarchy.ts';
import { startHostileServer, type HostileServer } from './hostile-server.ts';
import { serverFaults, type ServerFaults } from './server-faults.ts';
import { createTlsServer } from './server.ts';
import { createTlsClient } from '../tls-client/client.ts';
import { rightGroup } from './groups.ts';
import { tryEnrol } from '../enrolment-probe.ts';

const host = '127.0.0.1';
let hierarchy: Hierarchy;
let faults: ServerFaults;
let server: HostileServer;

beforeAll(async () => {
  hierarchy = createHierarchy(host);
  faults = serverFaults(hierarchy);
  server = await startHostileServer(host, faults.right);
});
afterAll(() => server.close());

/** The phone's own way to connect: its code where it refuses. */
const attempt = async (): Promise<unknown> => {
  const { endpoint } = server;
  const options = { endpoint, trust: hierarchy.trust, deadline: 5_000 };
  try {
    const socket = await connectTls(options);
    socket.destroy();
    return 'connected';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

const lastFlight = [
  'change-cipher-spec-absent',
  'finished-altered',
  'tag-altered',
  'plaintext-after-change',
];

const codeFor = (name: string): string => {
  if (name.startsWith('modulus-')) return 'tls/dh-size';
  if (name.startsWith('public-')) return 'tls/dh-public-value';
  return name in wrongGroups ? 'tls/dh-group' : 'tls/handshake';
};

describe('a phone at a hostile server', () => {
  it('connects where nothing is wrong, and where servers may do without', async () => {
    for (const behaviour of [faults.right, ...faults.observed.values()]) {
      server.behave(behaviour);
      expect(await attempt()).toBe('connected');
      expect(server.connections()).toMatchObject([{ established: true, fault: null }]);
    }
  });

  it('leaves it for every fault, and says nothing inside TLS', async () => {
    const found = new Map<string, unknown>();
    for (const [name, behaviour] of faults.refused) {
      server.behave(behaviour);
      found.set(name, await attempt());
      await server.ended();
      const [connection] = server.connections();
      expect([name, connection?.applicationBytes]).toEqual([name, 0]);
      expect([name, connection?.established]).toEqual([name, lastFlight.includes(name)]);
    }
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries([...faults.refused.keys()].map((name) => [name, codeFor(name)])),
    );
  });
});

/** A client of node's own that checks neither certificate nor group. */
const lax = (): Promise<'connected' | 'refused'> =>
  new Promise((resolve) => {
    const socket = connect({
      ...server.endpoint,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      minDHSize: 512,
      ciphers: 'DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0',
    });
    socket.once('secureConnect', () => {
      socket.write('REGISTER');
      resolve('connected');
    });
    socket.on('error', () => resolve('refused'));
  });

describe('a client that looks at less', () => {
  it.each(['modulus-1024', 'modulus-3072', 'composite', 'pseudoprime', 'not-safe-prime'])(
    'is caught by "%s"',
    async (name) => {
      server.behave(faults.refused.get(name) ?? faults.right);
      expect(await lax()).toBe('connected');
      await expect
        .poll(() => server.connections())
        .toMatchObject([{ established: true, applicationBytes: 8 }]);
    },
  );
});

describe('the groups', () => {
  it.each([
    ['modulus-768', 'modp1'],
    ['modulus-1024', 'modp2'],
  ] as const)('%s is the published one', (name, published) => {
    expect(Buffer.from(wrongGroups[name].prime)).toEqual(getDiffieHellman(published).getPrime());
  });

  it('hold a composite that passes Miller-Rabin with all prime bases up to 37', () => {
    const n = toInteger(wrongGroups.pseudoprime.prime);
    expect(n.toString(2)).toHaveLength(2_048);
    expect(checkPrimeSync(n)).toBe(false);
    const shift = BigInt(
      (n - 1n).toString(2).length - (n - 1n).toString(2).replace(/0+$/, '').length,
    );
    for (const base of [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n]) {
      let power = modularPower(base, (n - 1n) >> shift, n);
      let passes = power === 1n || power === n - 1n;
      for (let turn = 1n; turn < shift; turn++) {
        power = (power * power) % n;
        passes ||= power === n - 1n;
      }
      expect([base, passes]).toEqual([base, true]);
    }
  });

  it('hold a prime with a public value of order 6144', () => {
    const { prime, publicValue } = wrongGroups['small-subgroup'];
    const [p, y] = [prime, publicValue ?? new Uint8Array(0)].map(toInteger);
    expect(checkPrimeSync(p ?? 0n)).toBe(true);
    const power = (exponent: bigint) => modularPower(y ?? 0n, exponent, p ?? 0n);
    expect([6_144n, 3_072n, 2_048n].map((exponent) => power(exponent) === 1n)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the enrolment service of the testbed', () => {
  it('gives a certificate of its own authority for the right token', async () => {
    const service = await startEnrolmentService(host, hierarchy);
    const target = { registration: service.endpoint, trust: hierarchy.trust };
    const readToken = async (number: string) => service.tokenOf(number);
    const tried = async (token: 'right' | 'wrong') =>
      tryEnrol(target, '+33639980139', { token, readToken, deadlineMs: 5_000 });
    expect(await tried('wrong')).toMatchObject({ certificateGiven: false });
    expect(await tried('right')).toMatchObject({ certificateGiven: true });
    await service.close();
  });

  it('has a server certificate that the root vouches for', () => {
    const [leaf, issuer, root] = [
      toPem('CERTIFICATE', hierarchy.server.certificate),
      hierarchy.trust.serverAuthority,
      hierarchy.trust.root,
    ].map((pem) => new X509Certificate(pem));
    expect(leaf?.verify(issuer?.publicKey ?? leaf.publicKey)).toBe(true);
    expect(issuer?.verify(root?.publicKey ?? issuer.publicKey)).toBe(true);
    expect(leaf?.checkIP(host)).toBe(host);
  });
});

const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);

describe('bytes received', () => {
  test.prop([
    fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }),
    fc.nat(200),
    fc.uint8Array({ maxLength: 40 }),
  ])('never throw and never complete a handshake, however spoilt', (changes, cut, tail) => {
    const settings = {
      chain: [hierarchy.server.certificate],
      privateKey: hierarchy.server.key,
      group: { ...rightGroup, publicValue: Uint8Array.of(5) },
      random,
    };
    const machine = createTlsServer(settings);
    const hello = createTlsClient({
      hello: { version: 0x0303, suites: [0x009f], host },
      random,
    }).start();
    const spoilt = Uint8Array.from(hello);
    for (const [at, value] of changes) spoilt[at % spoilt.length] = value;
    const events = [spoilt.subarray(0, cut), spoilt.subarray(cut), tail].flatMap(
      (bytes) => machine.receive(bytes).events,
    );
    expect(events.map(({ kind }) => kind)).not.toContain('established');
    expect(events.filter(({ kind }) => kind === 'failed').length).toBeLessThanOrEqual(1);
  });
});

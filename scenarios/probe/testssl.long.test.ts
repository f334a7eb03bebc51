import { describe, expect, it } from 'vitest';
import { dhParametersPem, modpPrime } from './testing/dh-parameters.ts';
import { addressOf, missing, ours, reportOf, why } from './testing/peers.ts';
import { probe, withOpenssl } from './testing/servers.ts';

const noTestssl = missing('testssl');

describe.skipIf(noTestssl !== null)(`agreement with testssl${why(noTestssl)}`, () => {
  it('on a group of 3072 bits: suites of each version, size of the group', async () => {
    await withOpenssl(
      ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA:AES128-SHA'],
      async (endpoint) => {
        const report = await reportOf('testssl', (file) => [
          '--quiet',
          '--warnings',
          'off',
          '--nodns',
          'none',
          '--each-cipher',
          '--jsonfile',
          file,
          addressOf(endpoint),
        ]);
        const findings = JSON.parse(report) as readonly { id: string; finding: string }[];
        const suites = findings
          .filter(({ id }) => id.startsWith('cipher_x'))
          .map(({ id }) => `TLSv1.2 ${id.replace('cipher_x', '').padStart(4, '0')}`);
        expect(suites.length).toBeGreaterThan(0);
        expect(await ours(endpoint, ['TLSv1.2'])).toEqual(suites.toSorted());
        const { groups } = await probe(endpoint);
        const sizes = findings.flatMap(({ finding }) => /DH (\d+) /.exec(finding)?.slice(1) ?? []);
        expect(new Set(sizes)).toEqual(new Set(groups.map(({ bits }) => String(bits))));
      },
      { '-dhparam': dhParametersPem(modpPrime(15)) },
    );
  }, 120_000);
});

import { describe, expect, it } from 'vitest';
import { dhParametersPem, modpPrime } from './testing/dh-parameters.ts';
import { addressOf, missing, ours, reportOf, why } from './testing/peers.ts';
import { exactOptions, withOpenssl } from './testing/servers.ts';

const noSslscan = missing('sslscan');

const servers: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] =
  [
    ['the exact profile', exactOptions, {}],
    ['TLS 1.0 to 1.3 with usual suites', ['-cipher', 'ALL:@SECLEVEL=0'], {}],
    [
      'a group of 3072 bits',
      ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA:AES128-SHA'],
      { '-dhparam': dhParametersPem(modpPrime(15)) },
    ],
  ];

describe.skipIf(noSslscan !== null)(`agreement with sslscan${why(noSslscan)}`, () => {
  it.each(servers)('on %s', async (_name, options, files) => {
    await withOpenssl(
      options,
      async (endpoint) => {
        const report = await reportOf('sslscan', (file) => [
          `--xml=${file}`,
          '--no-heartbleed',
          addressOf(endpoint),
        ]);
        const ciphers = [
          ...report.matchAll(/<cipher [^>]*sslversion="([^"]+)"[^>]*id="0x(\w{4})"[^>]*>/g),
        ];
        const theirs = ciphers.map(([, version = '', id = '']) => `${version} ${id.toLowerCase()}`);
        const all = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
        expect(theirs.length).toBeGreaterThan(0);
        expect(await ours(endpoint, all)).toEqual(theirs.toSorted());
      },
      files,
    );
  });
});

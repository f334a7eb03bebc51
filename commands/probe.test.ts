import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPem } from '../simulators/attackers/certificate-forger.ts';
import { closedEndpoint, startTcpServer } from '../simulators/attackers/testing/tcp-server.ts';
import { hasOpenssl } from '../simulators/attackers/testing/openssl-server.ts';
import {
  authorities,
  exactOptions,
  identity,
  withOpenssl,
} from '../scenarios/probe/testing/servers.ts';
import { openBench, type Bench } from './testing/cli.ts';

const reason = hasOpenssl ? '' : ' (skipped: no openssl program)';
const passphrase = 'correct horse';

let bench: Bench;
const file = (name: string): string => join(bench.folder, name);
beforeAll(async () => {
  bench = await openBench();
  const { chain, privateKey } = identity;
  const pem = chain.map((der) => toPem('CERTIFICATE', der)).join('');
  await writeFile(file('cert.pem'), pem);
  await writeFile(file('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  await writeFile(file('locked.pem'), privateKey.export(locked));
  await writeFile(file('passphrase'), `${passphrase}\n`);
  await writeFile(file('wrong'), 'something else\n');
  await writeFile(file('other-key.pem'), authorities.server.key);
  await writeFile(file('root.pem'), authorities.trust.root);
  await writeFile(file('empty.pem'), '');
});
afterAll(() => bench.close());

const lines = (text: string): readonly string[] => text.trim().split('\n');

describe.skipIf(!hasOpenssl)(`discretio probe on openssl s_server${reason}`, () => {
  it('exits 0 on the exact profile, with the public JSON shape alone on standard output', async () => {
    const ended = await withOpenssl([...exactOptions, '-Verify', '3'], ({ port }) =>
      bench.run([
        'probe',
        `127.0.0.1:${port}`,
        '--as',
        'sip',
        '--json',
        '--cert',
        file('cert.pem'),
        '--key',
        file('locked.pem'),
        '--passphrase-file',
        file('passphrase'),
        '--ca',
        file('root.pem'),
      ]),
    );
    const { verdicts, observations, ...rest } = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(rest).toEqual({
      tool: 'discretio',
      version: expect.any(String) as unknown,
      input: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
      exit: 0,
    });
    expect((verdicts as { claim: string }[]).map(({ claim }) => claim)).toEqual([
      '2.1.d',
      '5.1.a',
      '5.1.b',
      '5.1.c',
      '5.1.k',
      '6.1.a',
    ]);
    const texts = (observations as { text: string }[]).map(({ text }) => text);
    expect(texts).toContain('with the certificate given the handshake completes');
    expect(texts).toContain('the chain leads to the authority given');
    expect(lines(ended.stderr)).toEqual([
      expect.stringMatching(/^discretio probe: at most 1000 connections to 127\.0\.0\.1:\d+, 4 at/),
    ]);
    expect(ended.code).toBe(0);
    expect(ended.stdout + ended.stderr).not.toContain(passphrase);
  });

  it('exits 1 and names what is accepted beyond the profile; other ports than 5061 are registration', async () => {
    const suites = 'DHE-RSA-AES256-GCM-SHA384:AES128-SHA';
    const { code, stdout } = await withOpenssl(['-tls1_2', '-cipher', suites], ({ port }) =>
      bench.run(['probe', `127.0.0.1:${port}`]),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('judged as registration');
    expect(stdout).toMatch(/✗ 5\.1\.l fail .*\n.*\n.*\n.*TLSv1\.2 TLS_RSA_WITH_AES_128_CBC_SHA/);
    expect(stdout).not.toContain('5.1.k');
  });
});

describe('where there is nothing to judge', () => {
  it('a closed port exits 2 with one line', async () => {
    const { port } = await closedEndpoint();
    const ended = await bench.run(['probe', `127.0.0.1:${port}`]);
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: `discretio: 127.0.0.1:${port}: the port could not be reached: ECONNREFUSED; check the address, and that a TLS server listens there\n`,
    });
  });

  it('a server that never answers exits 2, with JSON too', async () => {
    const server = await startTcpServer(() => undefined);
    const { host, port } = server.endpoint;
    const ended = await bench.run(['probe', `${host}:${port}`, '--timeout', '0.2', '--json']);
    await server.stop();
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit: 2, observations: [] });
    expect(ended.stdout).toContain('did not answer a ClientHello in time, twice');
  });
});

describe('wrong usage exits 64 with one line', () => {
  const key = (name: string) => ['--cert', file('cert.pem'), '--key', file(name)];
  it.each<[string, () => readonly string[], RegExp]>([
    ['no port', () => ['127.0.0.1'], /an address is HOST:PORT/],
    ['a port too high', () => ['127.0.0.1:65536'], /an address is HOST:PORT/],
    ['a URL', () => ['https://x:443'], /an address is HOST:PORT/],
    ['another service', () => ['h:1', '--as', 'web'], /Allowed choices are sip, registration/],
    ['a time of nothing', () => ['h:1', '--timeout', '0'], /seconds from 0\.1 to 60/],
    ['a certificate alone', () => ['h:1', '--cert', file('cert.pem')], /give both or neither/],
    ['a missing file', () => ['h:1', '--ca', file('none.pem')], /there is no such file/],
    ['a folder', () => ['h:1', '--ca', bench.folder], /it is a folder/],
    ['an empty file', () => ['h:1', '--ca', file('empty.pem')], /holds no certificate/],
    ['a key that is none', () => ['h:1', ...key('cert.pem')], /holds no private key/],
    ['a locked key', () => ['h:1', ...key('locked.pem')], /encrypted; give --passphrase-file/],
    [
      'a wrong passphrase',
      () => ['h:1', ...key('locked.pem'), '--passphrase-file', file('wrong')],
      /the passphrase does not open it/,
    ],
    ['a foreign key', () => ['h:1', ...key('other-key.pem')], /does not belong to the first/],
  ])('%s', async (_name, words, message) => {
    const { code, stdout, stderr } = await bench.run(['probe', ...words()]);
    expect([code, stdout, lines(stderr).length]).toEqual([64, '', 1]);
    expect(stderr).toMatch(message);
  });
});

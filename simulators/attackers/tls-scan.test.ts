import { spawnSync } from 'node:child_process';
import { createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { allSuites, suiteName } from './iana-suites.ts';
import { createTestAuthorities } from './testing/authorities.ts';
import { hasOpenssl, startOpensslServer } from './testing/openssl-server.ts';
import { closedEndpoint, listen, startTcpServer } from './testing/tcp-server.ts';
import { offerHello } from './tls-hello.ts';
import { scanTls, type TlsScan } from './tls-scan.ts';

const authorities = createTestAuthorities();
const expected = { version: 'TLSv1.2', suite: 0x009f } as const;
const control = { kind: 'accepted', ...expected };
const only = { version: 'TLSv1.2', suites: [0x009f] } as const;
const reason = hasOpenssl ? '' : ' (skipped: no openssl program)';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
const opensslServer = async (...options: readonly string[]): Promise<Endpoint> => {
  const server = await startOpensslServer(authorities, options);
  stops.push(server.stop);
  return server.endpoint;
};
const tcpServer = async (...serve: Parameters<typeof startTcpServer>): Promise<Endpoint> => {
  const server = await startTcpServer(...serve);
  stops.push(server.stop);
  return server.endpoint;
};
const scan = (endpoint: Endpoint): Promise<TlsScan> =>
  scanTls(endpoint, { deadlineMs: 2_000, expected });
const beyond = (found: TlsScan): readonly string[] =>
  found.beyond.map(({ version, name }) => `${version} ${name}`);

describe('suite names', () => {
  it.skipIf(!hasOpenssl)(`agree with openssl's list${reason}`, () => {
    const list = spawnSync('openssl', [
      'ciphers',
      '-V',
      '-stdname',
      'ALL:COMPLEMENTOFALL:@SECLEVEL=0',
    ]);
    const rows = [...list.stdout.toString().matchAll(/0x(\w\w),0x(\w\w) - (\S+)/g)];
    expect(rows.length).toBeGreaterThan(100);
    for (const [, high = '', low = '', name] of rows)
      expect(suiteName(Number.parseInt(high + low, 16))).toBe(name);
  });
  it('hold no signalling value and print unknown numbers', () => {
    expect(allSuites).toContain(0x009f);
    expect(allSuites).not.toContain(0x00ff);
    expect(allSuites).not.toContain(0x5600);
    expect(suiteName(0x7777)).toBe('0x7777');
  });
});

describe.skipIf(!hasOpenssl)(`scan of openssl s_server${reason}`, () => {
  it('finds nothing beyond the exact profile', async () => {
    const found = await scan(
      await opensslServer('-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384'),
    );
    expect(found.controls).toEqual({ first: control, last: control });
    expect(found.beyond).toEqual([]);
    expect(found.deadlineMet).toBe(false);
    const offered = new Set(
      found.attempts
        .filter((each) => each.purpose === 'other-suites')
        .flatMap((each) => each.suites),
    );
    expect(offered.size).toBe(allSuites.length - 1);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });
  it('finds a second suite', async () => {
    const suites = 'DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256';
    const found = await scan(await opensslServer('-tls1_2', '-cipher', suites));
    expect(beyond(found)).toEqual(['TLSv1.2 TLS_DHE_RSA_WITH_AES_128_GCM_SHA256']);
    expect(found.controls.last).toEqual(control);
  });
  it('finds every suite of TLS 1.3, also behind a HelloRetryRequest', async () => {
    const endpoint = await opensslServer('-cipher', 'DHE-RSA-AES256-GCM-SHA384');
    expect([...beyond(await scan(endpoint))].sort()).toEqual([
      'TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSv1.3 TLS_AES_256_GCM_SHA384',
      'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
    ]);
    const retried = await offerHello(
      endpoint,
      { version: 'TLSv1.3', suites: [0x1301], keyShare: 'empty' },
      2_000,
    );
    expect(retried).toEqual({ kind: 'accepted', version: 'TLSv1.3', suite: 0x1301 });
  });
  it('finds TLS 1.0 and that the control is refused there', async () => {
    const found = await scan(await opensslServer('-tls1', '-cipher', 'ALL:@SECLEVEL=0'));
    expect(found.controls.first).toEqual({
      kind: 'refused',
      by: 'alert',
      level: 2,
      description: 40,
    });
    expect(beyond(found)).toContain('TLSv1.0 TLS_DHE_RSA_WITH_AES_256_CBC_SHA');
    expect(beyond(found)).toContain('TLSv1.0 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA');
    expect(found.beyond.every(({ version }) => version === 'TLSv1.0')).toBe(true);
  });
  it('finds anonymous, NULL and RSA key exchange suites', async () => {
    const found = await scan(
      await opensslServer('-tls1_2', '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'),
    );
    expect(beyond(found)).toEqual(
      expect.arrayContaining([
        'TLSv1.2 TLS_DH_anon_WITH_AES_256_GCM_SHA384',
        'TLSv1.2 TLS_RSA_WITH_NULL_SHA256',
        'TLSv1.2 TLS_RSA_WITH_AES_256_GCM_SHA384',
        'TLSv1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      ]),
    );
    expect(found.truncated).toBe(false);
  });
});

describe('scan of other servers', () => {
  it('finds nothing beyond the exact profile of a node:tls server', async () => {
    const server = await listen(
      createServer({
        key: authorities.server.key,
        cert: authorities.server.chain,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: 'DHE-RSA-AES256-GCM-SHA384',
        dhparam: 'auto',
      }).on('tlsClientError', () => undefined),
    );
    stops.push(server.stop);
    const found = await scan(server.endpoint);
    expect(found.controls).toEqual({ first: control, last: control });
    expect(found.beyond).toEqual([]);
  });
  it('stops after the first control where nothing answers or listens', async () => {
    const silent = await tcpServer(() => undefined);
    const found = await scanTls(silent, { deadlineMs: 50, expected });
    expect(found.controls).toEqual({ first: { kind: 'deadline' }, last: null });
    expect(found.attempts).toHaveLength(1);
    expect(found.deadlineMet).toBe(true);
    const closed = await scan(await closedEndpoint());
    expect(closed.controls.first).toEqual({ kind: 'unreachable', reason: 'ECONNREFUSED' });
    expect(closed.deadlineMet).toBe(false);
  });
});

describe('one hello', () => {
  it('is refused by a close and by a reset', async () => {
    const closing = await tcpServer((socket) => socket.once('data', () => socket.end()));
    expect(await offerHello(closing, only, 2_000)).toEqual({ kind: 'refused', by: 'close' });
    const resetting = await tcpServer((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    expect(await offerHello(resetting, only, 2_000)).toEqual({ kind: 'refused', by: 'reset' });
  });
  it('meets garbage, also cut short', async () => {
    const web = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await offerHello(web, only, 2_000)).toEqual({
      kind: 'garbage',
      firstBytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex'),
    });
    const cut = await tcpServer((socket) => socket.end(Uint8Array.of(22, 3, 3, 0)));
    expect(await offerHello(cut, only, 2_000)).toEqual({ kind: 'garbage', firstBytes: '16030300' });
  });
  it('reads an alert that comes byte by byte, and a warning before the close', async () => {
    const slow = await tcpServer((socket) => {
      socket.setNoDelay(true);
      for (const byte of [21, 3, 3, 0, 2, 2, 40]) socket.write(Uint8Array.of(byte));
    });
    expect(await offerHello(slow, only, 2_000)).toEqual({
      kind: 'refused',
      by: 'alert',
      level: 2,
      description: 40,
    });
    const warning = await tcpServer((socket) => socket.end(Uint8Array.of(21, 3, 3, 0, 2, 1, 112)));
    expect(await offerHello(warning, only, 2_000)).toEqual({
      kind: 'refused',
      by: 'alert',
      level: 1,
      description: 112,
    });
  });
});

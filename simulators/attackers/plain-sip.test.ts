import { createSocket } from 'node:dgram';
import { createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parseMessage } from '../../reference/core/sip/message/message.ts';
import { offerPlainSip } from './plain-sip.ts';
import { createTestAuthorities } from './testing/authorities.ts';
import { closedEndpoint, listen, startTcpServer } from './testing/tcp-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const overTcp = async (...serve: Parameters<typeof startTcpServer>) => {
  const server = await startTcpServer(...serve);
  stops.push(server.stop);
  return offerPlainSip({ endpoint: server.endpoint, transport: 'tcp' }, 300);
};

const udpEndpoint = async (
  answer: ((request: Buffer) => string) | null,
): Promise<{ readonly host: string; readonly port: number }> => {
  const socket = createSocket('udp4');
  socket.on('message', (request, sender) => {
    if (answer) socket.send(answer(request), sender.port, sender.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => socket.close(() => resolve())));
  return { host: '127.0.0.1', port: socket.address().port };
};

describe('SIP in clear over UDP', () => {
  it('sends whole OPTIONS and REGISTER requests and reads the status line', async () => {
    const endpoint = await udpEndpoint((request) => {
      const parsed = parseMessage(request);
      const method = parsed.ok && parsed.value.kind === 'request' ? parsed.value.method : 'none';
      return `SIP/2.0 200 Got ${method}\r\nContent-Length: 0\r\n\r\n`;
    });
    expect(await offerPlainSip({ endpoint, transport: 'udp' }, 2_000)).toEqual([
      { method: 'OPTIONS', outcome: { kind: 'answered', statusLine: 'SIP/2.0 200 Got OPTIONS' } },
      { method: 'REGISTER', outcome: { kind: 'answered', statusLine: 'SIP/2.0 200 Got REGISTER' } },
    ]);
  });
  it('tells silence, a refused port and other bytes apart', async () => {
    const silent = await offerPlainSip({ endpoint: await udpEndpoint(null), transport: 'udp' }, 50);
    expect(silent.map(({ outcome }) => outcome.kind)).toEqual(['silent', 'silent']);
    const filtered = await offerPlainSip(
      { endpoint: await udpEndpoint(null), transport: 'udp' },
      1_700,
    );
    expect(filtered.map(({ outcome }) => outcome)).toEqual([
      { kind: 'filtered', requests: 3 },
      { kind: 'filtered', requests: 3 },
    ]);
    const other = await offerPlainSip(
      { endpoint: await udpEndpoint(() => 'hi'), transport: 'udp' },
      2_000,
    );
    expect(other[0]?.outcome).toEqual({ kind: 'not-sip', firstBytes: '6869' });
    const vacated = await udpEndpoint(null);
    await stops.pop()?.();
    const refused = await offerPlainSip({ endpoint: vacated, transport: 'udp' }, 2_000);
    expect(refused[0]?.outcome).toEqual({ kind: 'refused-port' });
  });
});

describe('SIP in clear over TCP', () => {
  it('reads an answer that comes in pieces', async () => {
    const found = await overTcp((socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => {
        for (const piece of ['SI', 'P/2.0 40', '3 Forbidden\r', '\n\r\n']) socket.write(piece);
      });
    });
    expect(found[1]?.outcome).toEqual({ kind: 'answered', statusLine: 'SIP/2.0 403 Forbidden' });
  });
  it('tells silence, close, reset and other bytes apart', async () => {
    expect((await overTcp(() => undefined))[0]?.outcome).toEqual({ kind: 'silent' });
    const closing = await overTcp((socket) => socket.once('data', () => socket.end()));
    expect(closing[0]?.outcome).toEqual({ kind: 'closed', by: 'close' });
    const resetting = await overTcp((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    expect(resetting[0]?.outcome).toEqual({ kind: 'closed', by: 'reset' });
    const cut = await overTcp((socket) => socket.once('data', () => socket.end('SIP/2')));
    expect(cut[0]?.outcome).toEqual({ kind: 'not-sip', firstBytes: '5349502f32' });
  });
  it('finds that a closed port refuses', async () => {
    const target = { endpoint: await closedEndpoint(), transport: 'tcp' } as const;
    expect((await offerPlainSip(target, 2_000))[0]?.outcome).toEqual({ kind: 'refused-port' });
  });
  it('finds a TLS alert or a close on a TLS port', async () => {
    const { key, chain } = createTestAuthorities().server;
    const server = await listen(
      createServer({ key, cert: chain }).on('tlsClientError', () => undefined),
    );
    stops.push(server.stop);
    const [options] = await offerPlainSip({ endpoint: server.endpoint, transport: 'tcp' }, 2_000);
    expect(['not-sip', 'closed']).toContain(options?.outcome.kind);
  });
});

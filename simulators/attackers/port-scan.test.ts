import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeProgram, startHostProcess } from '../lab/host-process.ts';
import { askOnHost } from './on-host.ts';
import { scanPorts, type ScanResult } from './port-scan.ts';
import { linkLocalOf } from './port-scan-way.ts';
import { closedEndpoint, startTcpServer, type TestServer } from './testing/tcp-server.ts';

const servers: TestServer[] = [];
const closing: (() => void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) close();
  for (const { stop } of servers.splice(0)) await stop();
});

const listening = async (): Promise<number> => {
  const server = await startTcpServer((socket) => void socket.on('data', () => undefined));
  servers.push(server);
  return server.endpoint.port;
};

/** A UDP socket on a free port that answers everything, or nothing. */
const udpPort = async (answers: boolean): Promise<number> => {
  const socket = createSocket('udp4');
  if (answers) socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  return socket.address().port;
};

const address = '127.0.0.1';

describe('a port scan', () => {
  it('tells ports that accept from those that refuse, and counts every one', async () => {
    const open = [await listening(), await listening()];
    const closed = (await closedEndpoint()).port;
    const found = await scanPorts({ address, tcp: [...open, closed], udp: [], patience: 2_000 });
    expect(found.tcp).toEqual({ scanned: 3, open, refused: 1, silent: 0, untried: 0 });
    expect(found.udp).toEqual({ scanned: 0, answered: [] });
  });

  it('hears the UDP port that answers, and not the one that is silent', async () => {
    const [loud, silent] = [await udpPort(true), await udpPort(false)];
    const found = await scanPorts({ address, tcp: [], udp: [loud, silent], patience: 200 });
    expect(found.udp).toEqual({ scanned: 2, answered: [loud] });
  });

  it('serves orders in a process of its own, whose end rejects what is open', async () => {
    const program = new URL('port-scan-program.ts', import.meta.url).pathname;
    const host = startHostProcess([], nodeProgram(program, []));
    const ask = askOnHost(host);
    const port = await listening();
    const found = (await ask({ address, tcp: [port], udp: [], patience: 2_000 })) as ScanResult;
    expect(found.tcp.open).toEqual([port]);
    const open = ask({ address, tcp: [], udp: [9], patience: 60_000 });
    await Promise.all([expect(open).rejects.toThrow(/ended with 0/), host.stop(5_000)]);
    await expect(ask({})).rejects.toThrow(/ended with 0/);
  });

  it('knows no link-local address of a host that is no neighbour', async () => {
    expect(await linkLocalOf('240.0.0.1')).toBeNull();
  });
});

import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherFacts } from '../../../scenarios/wire/facts.ts';
import { bringLoopbackUp, captureSupport, startCapture } from './packet-socket.ts';

const support = captureSupport();
const canUnshare = spawnSync('unshare', ['-Urn', 'true']).status === 0;
const whyNamespace = canUnshare ? '' : ' (skipped: unshare -Urn is not permitted)';
const inNamespace = `
  const { bringLoopbackUp, captureSupport, startCapture } = await import(process.argv[1]);
  const down = await startCapture({ interface: 'lo', file: process.argv[2], comment: '' });
  const brought = bringLoopbackUp();
  const up = await startCapture({ interface: 'lo', file: process.argv[2], comment: '' });
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
    socket.send('x', socket.address().port, '127.0.0.1');
  });
  await new Promise((resolve) => socket.once('message', resolve));
  socket.close();
  const totals = await up.value.stop({ tlsKeyLog: [] });
  console.log(JSON.stringify({ down, brought, support: captureSupport().ok, totals }));
`;
const why = support.ok ? '' : ` (skipped: ${support.error.code}, ${support.error.detail})`;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'discretio-capture-'));
});
afterAll(() => rm(folder, { recursive: true }));

const boundSocket = async (): Promise<{ socket: Socket; port: number }> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: socket.address().port };
};

const sendAll = async (count: number, prefix: string): Promise<number> => {
  const sender = await boundSocket();
  const receiver = await boundSocket();
  await Promise.all(
    Array.from(
      { length: count },
      (_, index) =>
        new Promise<void>((resolve, reject) => {
          sender.socket.send(`${prefix}${index};`, receiver.port, '127.0.0.1', (error) => {
            if (error) reject(error);
            else resolve();
          });
        }),
    ),
  );
  sender.socket.close();
  receiver.socket.close();
  return receiver.port;
};

const blockTypes = (file: Buffer): number[] => {
  const types: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    types.push(file.readUInt32LE(at));
  }
  return types;
};

describe('capture on lo', () => {
  it.skipIf(!support.ok)(`holds each packet sent before stop once${why}`, async () => {
    const file = join(folder, 'once.pcapng');
    const capture = await startCapture({ interface: 'lo', file, comment: 'test/once' });
    if (!capture.ok) throw new Error(capture.error.code);
    await sendAll(300, 'marker-');
    const totals = await capture.value.stop({ tlsKeyLog: [] });
    const text = await readFile(file, 'latin1');
    for (let index = 0; index < 300; index++) {
      expect(text.split(`marker-${index};`)).toHaveLength(2);
    }
    expect(totals.packets).toBeGreaterThanOrEqual(300);
    expect(totals.dropped).toBe(0);
    expect(text).toContain('test/once');
  });

  it.skipIf(!support.ok)(
    `puts the secrets before the packets and ends with statistics${why}`,
    async () => {
      const file = join(folder, 'secrets.pcapng');
      const capture = await startCapture({ interface: 'lo', file, comment: 'test/secrets' });
      if (!capture.ok) throw new Error(capture.error.code);
      await sendAll(3, 'x');
      const totals = await capture.value.stop({ tlsKeyLog: [`CLIENT_RANDOM 00 11`] });
      const types = blockTypes(await readFile(file));
      expect(types.slice(0, 3)).toEqual([0x0a0d0d0a, 1, 10]);
      expect(types.slice(3, -1)).toEqual(Array.from({ length: totals.packets }, () => 6));
      expect(types.at(-1)).toBe(5);
    },
  );

  it.skipIf(!support.ok)(`loses nothing while the main thread is busy${why}`, async () => {
    const file = join(folder, 'busy.pcapng');
    const capture = await startCapture({ interface: 'lo', file, comment: 'test/busy' });
    if (!capture.ok) throw new Error(capture.error.code);
    await sendAll(5_000, 'b');
    const until = performance.now() + 200;
    while (performance.now() < until);
    const totals = await capture.value.stop({ tlsKeyLog: [] });
    expect(totals.dropped).toBe(0);
    expect(totals.packets).toBeGreaterThanOrEqual(5_000);
  });

  it.skipIf(!support.ok)(`leaves a readable file while it runs${why}`, async () => {
    const file = join(folder, 'running.pcapng');
    const capture = await startCapture({ interface: 'lo', file, comment: 'test/running' });
    if (!capture.ok) throw new Error(capture.error.code);
    expect(blockTypes(await readFile(file)).slice(0, 2)).toEqual([0x0a0d0d0a, 1]);
    await capture.value.stop({ tlsKeyLog: [] });
  });

  it.skipIf(!support.ok)(
    `names an interface that does not exist, and a file that cannot be made${why}`,
    async () => {
      const file = join(folder, 'none.pcapng');
      const missing = await startCapture({ interface: 'no-such-if', file, comment: '' });
      expect(missing).toMatchObject({ ok: false, error: { code: 'no-interface' } });
      const nowhere = join(folder, 'missing', 'none.pcapng');
      const refused = await startCapture({ interface: 'lo', file: nowhere, comment: '' });
      expect(refused).toMatchObject({ ok: false, error: { code: 'file' } });
    },
  );

  it.skipIf(!support.ok)(`finds lo up${why}`, () => {
    expect(bringLoopbackUp()).toEqual({ ok: true, value: 'was-up' });
  });
});

describe('a fresh network namespace of an ordinary user', () => {
  it.skipIf(!canUnshare)(`lo is down, brought up, and captured on${whyNamespace}`, () => {
    const module = new URL('./packet-socket.ts', import.meta.url).pathname;
    const script = ['--input-type=module', '-e', inNamespace, module, join(folder, 'ns.pcapng')];
    const { stdout } = spawnSync('unshare', ['-Urn', process.execPath, ...script]);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      down: { ok: false, error: { code: 'interface-down' } },
      brought: { ok: true, value: 'brought-up' },
      support: true,
      totals: { packets: 1, bytes: 43, dropped: 0 },
    });
  });

  it.skipIf(!support.ok)(
    `begins a new file at the size asked for, each complete in itself${why}`,
    async () => {
      const file = join(folder, 'rotated.pcapng');
      const capture = await startCapture({
        interface: 'lo',
        file,
        comment: 'rotation',
        rotateBytes: 4_000,
      });
      if (!capture.ok) throw new Error(capture.error.code);
      for (let round = 0; round < 5; round += 1) await sendAll(40, `round-${round}-`);
      const totals = await capture.value.stop({ tlsKeyLog: ['CLIENT_RANDOM 00 11'] });
      expect(totals.files.length).toBeGreaterThan(1);
      expect(totals.files.slice(0, 2)).toEqual([file, join(folder, 'rotated-00002.pcapng')]);
      const read = await Promise.all(
        totals.files.map((path) => gatherFacts(path, { sipPorts: [], registrationPorts: [] })),
      );
      expect(read.flatMap(({ problems }) => problems)).toEqual([]);
      expect(read.map(({ comments }) => comments)).toEqual(read.map(() => ['rotation']));
      expect(read.reduce((total, { packets }) => total + packets, 0)).toBe(totals.packets);
    },
  );
});

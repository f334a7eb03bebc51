import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
const started: ChildProcess[] = [];
beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => bench.close());

/** Starts the command and gives its lines up to the one that says how it ends. */
const up = async (...words: readonly string[]) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../cli.ts'), 'up', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('Ctrl-C')) break;
  }
  let later = '';
  child.stdout.on('data', (data: Buffer) => (later += data.toString('utf8'))).resume();
  return { child, text: lines.join('\n'), later: () => later, said: () => said };
};

/** Opens a phone's screen as a browser does, and gives what it shows and takes. */
const useScreen = async (url: string) => {
  const { headers } = await fetch(url, { redirect: 'manual' });
  const { origin, host } = new URL(url);
  const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';');
  const path = new URL(headers.get('location') ?? '', url).pathname;
  const socket = new WebSocket(`ws://${host}${path}socket`, { headers: { origin, cookie } });
  let shown = '';
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary)
      shown = (JSON.parse(data.toString('utf8')) as { screen: { name: string } }).screen.name;
  });
  await once(socket, 'open');
  return {
    shown: () => shown,
    send: (command: object) => socket.send(JSON.stringify(command)),
  };
};

const endBy = async (child: ChildProcess, signal: NodeJS.Signals) => {
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
};

describe('discretio up', () => {
  it('prints where everything is, serves each phone, and ends with Ctrl-C', async () => {
    const { child, text, later } = await up();
    expect(text).toMatch(/^appliance +signalling +127\.0\.0\.1:\d+ \(TLS\)$/m);
    expect(text).toMatch(/^appliance +registration +127\.0\.0\.1:\d+ \(HTTPS\)$/m);
    const urls = [
      ...text.matchAll(/^phone \d +\+336399850\d\d +(http:\S+) +\(to be enrolled\)$/gm),
    ];
    expect(urls).toHaveLength(2);
    const statusOf = async (url: string) => (await fetch(url, { redirect: 'manual' })).status;
    for (const [, url] of urls) expect(await statusOf(url ?? '')).toBe(303);
    const [, url = ''] = urls[0] ?? [];
    expect(await statusOf(url)).toBe(403);
    await expect.poll(later).toMatch(/^phone 2 +was opened; opens next with +http:\S+\n/m);
    const next = /^phone 1 +was opened; opens next with +(http:\S+)\n/m.exec(later())?.[1];
    expect(await statusOf(next ?? '')).toBe(303);
    expect((await fetch(new URL('/', url))).status).toBe(403);
    expect(await endBy(child, 'SIGINT')).toBe(0);
    await expect(fetch(url)).rejects.toThrow(/fetch failed/);
  }, 60_000);

  it('--enrolled has as many phones as asked for enrolled and connected', async () => {
    const { child, text } = await up('--phones', '3', '--enrolled');
    expect(text.match(/^phone \d +\+\d+ +http:\S+$/gm)).toHaveLength(3);
    expect(text).not.toMatch(/token/);
    expect(await endBy(child, 'SIGTERM')).toBe(0);
  }, 60_000);

  it('ends in the middle of a call without a word about farewells that nobody takes any more', async () => {
    const { child, text, said } = await up('--enrolled');
    const phones = [...text.matchAll(/^phone \d +(\+\d+) +(http:\S+)$/gm)];
    const [alice, bob] = await Promise.all(phones.map(([, , url = '']) => useScreen(url)));
    await expect.poll(() => [alice?.shown(), bob?.shown()]).toEqual(['dial', 'dial']);
    alice?.send({ do: 'dial', number: phones[1]?.[1] });
    await expect.poll(() => bob?.shown(), { timeout: 20_000 }).toBe('incoming');
    bob?.send({ do: 'answer' });
    const inCall = () => [alice?.shown(), bob?.shown()];
    await expect.poll(inCall, { timeout: 20_000 }).toEqual(['in-call', 'in-call']);
    expect(await endBy(child, 'SIGINT')).toBe(0);
    expect(said()).toBe('');
  }, 60_000);

  it.each(['0', 'two', '100', '1.5'])('--phones %s is wrong usage', async (count) => {
    const { code, stdout, stderr } = await bench.run(['up', '--phones', count]);
    expect(stderr).toMatch(oneLine('--phones', 'a whole number from 1 to 99'));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

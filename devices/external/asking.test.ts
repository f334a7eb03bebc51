import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeadlineError } from '../contract.ts';
import { createOperator } from '../person/operator.ts';
import { runCommand } from './command.ts';
import { refusalsIn } from './refusals.ts';
import { askSocket } from './socket.ts';
import { tokenReader, tokensIn } from './tokens.ts';

let folder = '';
const servers: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asking-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const node = (script: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  '--eval',
  script,
  '--',
  ...args,
];
const run = (words: readonly string[], more: { number?: string; deadline?: number } = {}) =>
  runCommand({ purpose: 'a trial', words, folder, deadline: 10_000, ...more });

const nobody = createOperator({ input: new PassThrough().end(), output: new PassThrough() });
const world = () => ({ folder, operator: nobody });

describe('a command', () => {
  it('gets the number inside its words, and no shell sees it', async () => {
    const number = '+33; touch evil $(touch evil)';
    const said = await run(node('process.stdout.write(process.argv[1])', 'to={number}'), {
      number,
    });
    expect(said).toBe(`to=${number}`);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  it('that fails is named with its purpose and code, and what it said is not repeated', async () => {
    const failing = run(
      node('console.error("token 123456"); console.log("123456"); process.exit(3)'),
    );
    const message = await failing.catch((error: unknown) => String(error));
    expect(message).toMatch(/^Error: a trial: the command \S+ ended with 3; run it by hand/);
    expect(message).not.toContain('123456');
  });

  it('that is not there is named', async () => {
    await expect(run(['no-such-program'])).rejects.toThrow(
      'a trial: the command no-such-program cannot be run (ENOENT); mend its path',
    );
  });

  it('that does not end in time is killed, with what it started still holding the pipe', async () => {
    const script = `require('node:child_process').spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 5000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
    const late = run(node(script), { deadline: 700 });
    await expect(late).rejects.toThrow(DeadlineError);
    await expect(late).rejects.toThrow(/did not end within 0\.7 s/);
  });

  it('that says more than can be taken is killed', async () => {
    const flood = run(
      node('const b = Buffer.alloc(1 << 20); const w = () => process.stdout.write(b, w); w()'),
    );
    await expect(flood).rejects.toThrow(/says more than 67108864 bytes/);
  });
});

const serve = async (
  answer: (path: string) => { status: number; body: string },
): Promise<string> => {
  const server: Server = createHttpServer((request, response) => {
    const { status, body } = answer(request.url ?? '');
    response.writeHead(status, { connection: 'close' }).end(body);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/to/{number}`;
};

describe('tokens', () => {
  it('are the first group of the last match, or the whole of it', () => {
    expect(tokensIn('code 111111\ncode 222222', 'code (\\d+)')).toEqual(['111111', '222222']);
    expect(tokensIn('call 12 or 333333', '\\b\\d{6,}\\b')).toEqual(['333333']);
  });

  it('from a page: waits until it is there, and the next time for a newer one', async () => {
    const pages = ['', 'code 111111', 'code 111111', 'code 111111 code 222222'];
    const asked: string[] = [];
    const url = await serve((path) => {
      asked.push(path);
      return { status: 200, body: pages[Math.min(asked.length, pages.length) - 1] ?? '' };
    });
    const read = tokenReader({ from: 'http', url, pattern: 'code (\\d+)' }, world());
    expect(await read('+3363', 5_000)).toBe('111111');
    expect(await read('+3363', 5_000)).toBe('222222');
    expect(asked[0]).toBe('/to/%2B3363');
  });

  it('from a page: one that was given before is the newest after a while', async () => {
    const url = await serve(() => ({ status: 200, body: 'code 111111' }));
    const read = tokenReader({ from: 'http', url, pattern: '\\d{6}' }, world());
    expect(await read('1', 5_000)).toBe('111111');
    expect(await read('1', 400)).toBe('111111');
  });

  it('that never come are a deadline; a page that fails is named without its path', async () => {
    const empty = await serve(() => ({ status: 200, body: '' }));
    const none = tokenReader({ from: 'http', url: empty, pattern: '\\d{6}' }, world());
    await expect(none('+33', 250)).rejects.toThrow(DeadlineError);
    const wrong = await serve(() => ({ status: 500, body: 'token 123456' }));
    const failing = tokenReader({ from: 'http', url: wrong, pattern: '\\d{6}' }, world());
    await expect(failing('+33', 250)).rejects.toThrow(
      /^tokens from 127\.0\.0\.1:\d+: status 500; mend tokens\.url or the page$/,
    );
  });

  it('from a command: one that fails is only early until the deadline', async () => {
    writeFileSync(join(folder, 'early'), '');
    const script = `const fs = require('node:fs'); if (fs.existsSync('early')) { fs.rmSync('early'); process.exit(1); } console.log('text 654321 to ' + process.argv[1])`;
    const source = {
      from: 'command' as const,
      command: [...node(script, '{number}')],
      pattern: '\\b\\d{6}\\b',
    };
    expect(await tokenReader(source, world())('+3363', 10_000)).toBe('654321');
    const never = { ...source, command: [...node('process.exit(9)', '{number}')] };
    await expect(tokenReader(never, world())('+33', 300)).rejects.toThrow(/reading a token/);
  });

  it('from an operator: typed in when asked for, for longer than a program waits', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const operator = createOperator({ input, output });
    const read = tokenReader({ from: 'operator', seconds: 60 }, { folder, operator });
    const reading = read('+3363', 1);
    await once(output, 'data');
    input.write(' 123456 \n');
    expect(await reading).toBe('123456');
    const wrong = read('+3363', 1);
    input.write('\n');
    await expect(wrong).rejects.toThrow('the token typed for +3363 is empty');
  });
});

describe('a log of refusals', () => {
  it('is its lines with a code that matches; others and what is no JSON are none', () => {
    const text = [
      '{"level":"warn","time":"2026-01-02T03:04:05.006Z","code":"sip/identity","detail":"x"}',
      '{"code":"appliance/ready","at":7}',
      'starting…',
      '["sip/identity"]',
      '{"at":8,"code":"tls/handshake"}',
      '',
    ].join('\n');
    expect(refusalsIn(text, /^(sip|tls)\//)).toEqual([
      { at: Date.UTC(2026, 0, 2, 3, 4, 5, 6), code: 'sip/identity', detail: 'x' },
      { at: 8, code: 'tls/handshake', detail: '' },
    ]);
  });
});

describe('a control socket', () => {
  const listen = async (answer: string): Promise<{ path: string; taken: string[] }> => {
    const path = join(folder, 'control.sock');
    const taken: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (line: Buffer) => {
        taken.push(line.toString());
        socket.end(answer);
      });
    });
    servers.push(server);
    await once(server.listen(path), 'listening');
    return { path, taken };
  };
  const ask = (path: string) =>
    askSocket({ purpose: 'revoking', path, line: 'revoke +33', done: /done/, deadline: 2_000 });

  it('takes a line, and its answer may mean success', async () => {
    const { path, taken } = await listen('{"kind":"done"}\n');
    await ask(path);
    expect(taken).toEqual(['revoke +33\n']);
  });

  it('that answers otherwise, or is not there, is named without the answer', async () => {
    const { path } = await listen('{"kind":"refused","secret":"s3cret"}\n');
    const refused = await ask(path).catch((error: unknown) => String(error));
    expect(refused).toMatch(/revoking: the socket \S+ was closed without an answer that means/);
    expect(refused).not.toContain('s3cret');
    await expect(ask(join(folder, 'none.sock'))).rejects.toThrow(/cannot be used \(ENOENT\)/);
  });
});

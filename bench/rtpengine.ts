import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { CallPorts } from './relay-protocol.ts';

/** rtpengine in userspace, as a peer. */
export interface Rtpengine {
  readonly pid: number;
  /** Connects two phones at these ports of 127.0.0.1; gives the legs that face them. */
  connect(callId: string, phones: CallPorts): Promise<CallPorts>;
  stop(): Promise<void>;
}

const program = 'rtpengine';
const host = '127.0.0.1';

/** Milliseconds for an answer of the ng protocol, and for the daemon to start. */
const answerDeadline = 500;
const startAttempts = 20;

/** A dictionary in bencode; keys must come sorted. */
const bencode = (entries: readonly (readonly [string, string])[]): string => {
  const text = (value: string): string => `${Buffer.byteLength(value)}:${value}`;
  return `d${entries.map(([key, value]) => text(key) + (/^l.*e$/.test(value) ? value : text(value))).join('')}e`;
};

/** The string behind a key in a bencoded answer. */
const stringOf = (answer: string, key: string): string | undefined => {
  const found = new RegExp(`${key.length}:${key}(\\d+):`).exec(answer);
  const from = found ? found.index + found[0].length : 0;
  return found ? answer.slice(from, from + Number(found[1])) : undefined;
};

const sessionAt = (port: number): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 97`,
    'a=rtpmap:97 SPEEX/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');

const createControl = (socket: Socket, port: number) => {
  let cookie = 0;
  return async (command: readonly (readonly [string, string])[]): Promise<string> => {
    const mark = `${process.pid}-${(cookie += 1)}`;
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(answerDeadline) });
    socket.send(`${mark} ${bencode(command)}`, port, host);
    const [answer] = (await answered) as [Buffer];
    const text = answer.toString();
    if (!text.startsWith(`${mark} `)) throw new Error(`rtpengine answered out of turn: ${text}`);
    return text.slice(mark.length + 1);
  };
};

type Control = ReturnType<typeof createControl>;

/** One `offer` or `answer`; gives the port that rtpengine put into the description. */
const place = async (
  control: Control,
  command: 'offer' | 'answer',
  callId: string,
  port: number,
): Promise<number> => {
  const answer = await control([
    ['ICE', 'remove'],
    ['call-id', callId],
    ['command', command],
    ['flags', 'l13:trust-addresse'],
    ['from-tag', 'caller'],
    ['sdp', sessionAt(port)],
    ...(command === 'answer' ? ([['to-tag', 'callee']] as const) : []),
    ['transport-protocol', 'RTP/AVP'],
  ]);
  const given = /m=audio (\d+) /.exec(stringOf(answer, 'sdp') ?? '')?.[1];
  if (stringOf(answer, 'result') !== 'ok' || given === undefined)
    throw new Error(`rtpengine refused an ${command}: ${answer}`);
  return Number(given);
};

const untilReady = async (control: Control, child: ChildProcess): Promise<void> => {
  for (let attempt = 0; attempt < startAttempts && child.exitCode === null; attempt += 1) {
    const answer = await control([['command', 'ping']]).catch(() => '');
    if (stringOf(answer, 'result') === 'pong') return;
  }
  throw new Error('rtpengine does not start; run it by hand');
};

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};

/** Starts rtpengine in a process group of its own; null where it is not installed. */
export const startRtpengine = async (): Promise<Rtpengine | null> => {
  const port = await freePort();
  const listening = [`--interface=${host}`, `--listen-ng=${host}:${port}`];
  const options = ['--table=-1', ...listening, '--foreground', '--log-stderr', '--log-level=3'];
  options.push('--port-min=14000', '--port-max=15999');
  const child = spawn(program, options, { detached: true, stdio: 'ignore' });
  const isMissing = await Promise.race([
    once(child, 'spawn').then(() => false),
    once(child, 'error').then(() => true),
  ]).catch(() => true);
  const { pid } = child;
  if (isMissing || pid === undefined) return null;
  const socket = createSocket('udp4');
  const control = createControl(socket, port);
  const stop = async (): Promise<void> => {
    socket.close();
    if (child.exitCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(-pid, 'SIGTERM');
    await exited;
  };
  try {
    await untilReady(control, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid,
    stop,
    async connect(callId, phones) {
      const callee = await place(control, 'offer', callId, phones.caller);
      const caller = await place(control, 'answer', callId, phones.callee);
      // The offer's answer goes to the callee: its port is the leg that faces it.
      return { caller, callee };
    },
  };
};

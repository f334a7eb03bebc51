import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { parseCommandLine, type Redirection, type SimpleCommand } from './command-line.ts';
import type { CommandRun, ShellCommands, ShellPhone } from './command.ts';

/** Where a command line reads and writes. */
export interface ShellStreams {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly out: (bytes: Uint8Array) => void;
  readonly error: (bytes: Uint8Array) => void;
}

async function* nothing(): AsyncIterable<Uint8Array> {}

async function* just(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

const bytesOf = (data: string | Uint8Array): Uint8Array =>
  typeof data === 'string' ? utf8(data) : data;

/** Keeps what is redirected into a file, or throws it away. */
const createSink = (phone: ShellPhone, { to, isAppending }: Redirection) => {
  const { files } = phone.state;
  const path = String(to);
  const before = isAppending ? files.get(path)?.bytes : undefined;
  const parts: Uint8Array[] = before ? [before] : [];
  return {
    write: (bytes: Uint8Array) => void parts.push(bytes),
    close() {
      if (path === '/dev/null') return;
      const modified = Math.floor(Date.now() / 1000);
      files.set(path, { bytes: concat(...parts), mode: 0o100644, modified });
    },
  };
};

/** A shell of the phone. */
export interface Shell {
  /** Runs a command line; its exit status. */
  run(line: string, streams: ShellStreams): Promise<number>;
}

/** A shell that knows these commands; others are recorded and answered as Android's does. */
export const createShell = (phone: ShellPhone, commands: ShellCommands): Shell => {
  const perform = async (
    words: readonly string[],
    streams: ShellStreams,
    user: string | null,
  ): Promise<number> => {
    const [name = '', ...rest] = words;
    const command = commands[name.replace(/^\/system\/bin\//, '')];
    if (!command || !Object.hasOwn(commands, name.replace(/^\/system\/bin\//, ''))) {
      phone.unknown.push(words.join(' '));
      streams.error(utf8(`/system/bin/sh: ${name}: inaccessible or not found\n`));
      return 127;
    }
    const run: CommandRun = {
      phone,
      words: rest,
      stdin: streams.stdin,
      signal: streams.signal,
      user,
      out: (data) => streams.out(bytesOf(data)),
      fail: (text) => streams.error(utf8(text)),
      run: (words, user) => perform(words, streams, user),
    };
    return command(run);
  };
  const redirected = async (command: SimpleCommand, streams: ShellStreams): Promise<number> => {
    let { out, error } = streams;
    const sinks: ReturnType<typeof createSink>[] = [];
    for (const redirection of command.redirections) {
      if (redirection.to === 1) {
        error = out;
        continue;
      }
      const sink = createSink(phone, redirection);
      sinks.push(sink);
      if (redirection.stream === 1) out = sink.write;
      else error = sink.write;
    }
    const status = await perform(command.words, { ...streams, out, error }, null);
    for (const sink of sinks) sink.close();
    return status;
  };
  /** Only the last command of a pipeline writes as it runs; those before run to their end. */
  const piped = async (all: readonly SimpleCommand[], streams: ShellStreams): Promise<number> => {
    let { stdin } = streams;
    let status = 0;
    for (const [index, command] of all.entries()) {
      const parts: Uint8Array[] = [];
      const isLast = index === all.length - 1;
      const out = isLast ? streams.out : (bytes: Uint8Array) => void parts.push(bytes);
      status = await redirected(command, { ...streams, stdin, out });
      stdin = just(concat(...parts));
    }
    return status;
  };
  return {
    async run(line, streams) {
      const parsed = parseCommandLine(line);
      if (!parsed.ok) {
        phone.unknown.push(line);
        streams.error(utf8(`/system/bin/sh: syntax error at ${parsed.error.offset}\n`));
        return 1;
      }
      let status = 0;
      for (const { when, commands: all } of parsed.value) {
        if (when === 'after-success' && status !== 0) continue;
        if (when === 'after-failure' && status === 0) continue;
        status = await piped(all, streams);
      }
      return status;
    },
  };
};

/** An input that has ended. */
export const noInput = nothing;

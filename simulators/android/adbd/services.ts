import type { Duplex } from 'node:stream';
import { utf8 } from '../../../reference/core/bytes.ts';
import { joinStreams } from '../phone/sockets.ts';
import type { AndroidState } from '../phone/state.ts';
import type { Shell } from '../shell/shell.ts';
import { createFrameReader, encodeFrame, frameKinds } from './shell-frames.ts';
import type { HostLink, OpenService } from './server.ts';
import { createSyncSession, type SyncStorage } from './sync.ts';

/** A queue that is read as it fills. */
const createInput = () => {
  const parts: Uint8Array[] = [];
  let isEnded = false;
  let wake: () => void = () => undefined;
  async function* read(): AsyncIterable<Uint8Array> {
    for (;;) {
      const part = parts.shift();
      if (part) yield part;
      else if (isEnded) return;
      else await new Promise<void>((resolve) => void (wake = resolve));
    }
  }
  return {
    read,
    push(bytes: Uint8Array) {
      parts.push(bytes);
      wake();
    },
    end() {
      isEnded = true;
      wake();
    },
  };
};

const abortWith = (stream: Duplex): AbortSignal => {
  const controller = new AbortController();
  stream.once('close', () => controller.abort());
  return controller.signal;
};

/** Output and errors in one stream, no exit status: `shell:` of old devices, and `exec:`. */
const plainShell = (shell: Shell, line: string) => (stream: Duplex) => {
  const input = createInput();
  stream.on('data', (bytes: Buffer) => input.push(new Uint8Array(bytes)));
  stream.on('end', () => input.end());
  const out = (bytes: Uint8Array): void => void (stream.writable && stream.write(bytes));
  const streams = { stdin: input.read(), signal: abortWith(stream), out, error: out };
  void shell.run(line, streams).then(() => stream.end());
};

/** Frames that tell output, errors and the exit status apart: `shell,v2`. */
const framedShell = (shell: Shell, line: string) => (stream: Duplex) => {
  const input = createInput();
  const frames = createFrameReader();
  stream.on('data', (bytes: Buffer) => {
    for (const frame of frames(new Uint8Array(bytes)))
      if (frame.kind === frameKinds.stdin) input.push(frame.bytes);
      else if (frame.kind === frameKinds.closeStdin) input.end();
  });
  stream.on('end', () => input.end());
  const write = (kind: number) => (bytes: Uint8Array) =>
    void (stream.writable && bytes.length > 0 && stream.write(encodeFrame({ kind, bytes })));
  const streams = {
    stdin: input.read(),
    signal: abortWith(stream),
    out: write(frameKinds.stdout),
    error: write(frameKinds.stderr),
  };
  void shell.run(line, streams).then((status) => {
    write(frameKinds.exit)(Uint8Array.of(status));
    stream.end();
  });
};

/** A shell without a command reads lines until the host ends it. */
const prompt = 'simulated:/ $ ';

const interactive = (shell: Shell, isFramed: boolean) => (stream: Duplex) => {
  const frames = createFrameReader();
  const signal = abortWith(stream);
  let held = '';
  let work: Promise<unknown> = Promise.resolve();
  const out = (bytes: Uint8Array): void => {
    if (!stream.writable || bytes.length === 0) return;
    stream.write(isFramed ? encodeFrame({ kind: frameKinds.stdout, bytes }) : bytes);
  };
  const finish = (): void => {
    if (isFramed && stream.writable)
      stream.write(encodeFrame({ kind: frameKinds.exit, bytes: Uint8Array.of(0) }));
    stream.end();
  };
  const perform = async (line: string): Promise<void> => {
    if (line.trim() === 'exit') return finish();
    await shell.run(line, { stdin: createInput().read(), signal, out, error: out });
    out(utf8(prompt));
  };
  const take = (bytes: Uint8Array): void => {
    held += new TextDecoder().decode(bytes);
    const lines = held.split(/\r?\n|\r/);
    held = lines.pop() ?? '';
    for (const line of lines) work = work.then(() => perform(line));
  };
  out(utf8(prompt));
  stream.on('data', (bytes: Buffer) => {
    if (!isFramed) return take(new Uint8Array(bytes));
    for (const frame of frames(new Uint8Array(bytes))) {
      if (frame.kind === frameKinds.stdin) take(frame.bytes);
      if (frame.kind === frameKinds.closeStdin) work = work.then(finish);
    }
  });
  stream.on('end', () => void (work = work.then(finish)));
};

const fileService = (storage: SyncStorage) => (stream: Duplex) => {
  const session = createSyncSession(storage);
  stream.on('data', (bytes: Buffer) => {
    const step = session.push(new Uint8Array(bytes));
    if (!step.ok) return void stream.destroy();
    if (step.value.answer.length > 0) stream.write(step.value.answer);
    if (step.value.isFinished) stream.end();
  });
  stream.on('end', () => stream.end());
};

const storageOf = ({ files }: AndroidState): SyncStorage => ({
  read(path) {
    const file = files.get(path);
    return file ? { path, ...file } : null;
  },
  isFolder: (path) =>
    ['/', '/sdcard', '/sdcard/', '/data/local/tmp', '/data/local/tmp/', '/data/local'].includes(
      path,
    ) || [...files.keys()].some((name) => name.startsWith(`${path.replace(/\/$/, '')}/`)),
  list: (path) =>
    [...files]
      .filter(([name]) => name.slice(0, name.lastIndexOf('/')) === path.replace(/\/$/, ''))
      .map(([name, file]) => ({ path: name, ...file })),
  write({ path, bytes, mode, modified }) {
    if (!path.startsWith('/sdcard/') && !path.startsWith('/data/local/tmp/'))
      return `couldn't create file: Permission denied`;
    files.set(path, { bytes, mode, modified });
    return null;
  },
});

const text = (value: string): string => utf8(value).length.toString(16).padStart(4, '0') + value;

/** `adb reverse`: ports of the phone that lead to the host. */
const createReverse = (state: AndroidState) => {
  const rules = new Map<string, string>();
  const remove = (local: string): boolean => {
    state.sockets.delete(local);
    return rules.delete(local);
  };
  const free = (): string => {
    let port = 38_000;
    while (state.sockets.has(`tcp:${port}`)) port += 1;
    return `tcp:${port}`;
  };
  const forward = (words: string, link: HostLink): string => {
    const mayReplace = !words.startsWith('norebind:');
    const [wanted = '', remote] = words.replace(/^norebind:/, '').split(';');
    if (remote === undefined) return `FAIL${text('bad forward')}`;
    const local = wanted === 'tcp:0' ? free() : wanted;
    if (state.sockets.has(local) && (!mayReplace || !rules.has(local)))
      return `FAIL${text(`cannot bind to ${local}: Address already in use`)}`;
    rules.set(local, remote);
    const connect = (): Duplex => link.open(remote);
    state.sockets.set(local, connect);
    link.onEnd(() => {
      if (state.sockets.get(local) === connect) remove(local);
    });
    return `OKAY${wanted === 'tcp:0' ? text(local.slice('tcp:'.length)) : ''}`;
  };
  return (command: string, link: HostLink): string => {
    if (command.startsWith('forward:')) return forward(command.slice('forward:'.length), link);
    if (command === 'list-forward')
      return text([...rules].map(([local, remote]) => `(reverse) ${local} ${remote}\n`).join(''));
    if (command === 'killforward-all') {
      for (const local of rules.keys()) remove(local);
      return 'OKAY';
    }
    const local = command.replace(/^killforward:/, '');
    return remove(local) ? 'OKAY' : `FAIL${text(`listener '${local}' not found`)}`;
  };
};

const words = (service: string, prefix: string): string => service.slice(prefix.length);

/** The services of a phone. */
export const createServices = (state: AndroidState, shell: Shell): OpenService => {
  const reverse = createReverse(state);
  return (service, link) => {
    if (service.startsWith('shell')) {
      const colon = service.indexOf(':');
      const line = service.slice(colon + 1);
      const isFramed = service.slice(0, colon).split(',').includes('v2');
      if (line === '') return interactive(shell, isFramed);
      return isFramed ? framedShell(shell, line) : plainShell(shell, line);
    }
    if (service.startsWith('exec:')) return plainShell(shell, words(service, 'exec:'));
    if (service === 'sync:') return fileService(storageOf(state));
    if (service.startsWith('reverse:'))
      return (stream) => void stream.end(reverse(words(service, 'reverse:'), link));
    const connect = state.sockets.get(service);
    return connect ? (stream) => joinStreams(stream, connect) : null;
  };
};

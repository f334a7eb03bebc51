import { spawn, spawnSync } from 'node:child_process';

/** Set in the environment of a process that already runs in a network namespace of its own: when its starter started, in milliseconds since 1970. */
const marker = 'DISCRETIO_OWN_NAMESPACE';

/** Whether this process was started by {@link runInOwnNamespace}. */
export const inOwnNamespace = (): boolean => process.env[marker] !== undefined;

/** When the user's command began, in milliseconds since 1970: this process's start, or its starter's. */
export const commandStart = (): number => Number(process.env[marker] ?? performance.timeOrigin);

/** How a run came to be, or not to be, in a network namespace of its own. */
export type NamespaceOutcome =
  | { readonly kind: 'ran'; readonly exitCode: number }
  /** It was killed before it could end by itself. */
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Arguments of unshare: a new network namespace; for an ordinary user inside a user namespace in which he may capture. */
const unshareArguments = (): readonly string[] =>
  process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Why no network namespace can be had here; null where one can. */
export const namespaceProblem = (): string | null => {
  if (process.platform !== 'linux')
    return `network namespaces exist on Linux only, not on ${process.platform}`;
  const trial = spawnSync('unshare', [...unshareArguments(), 'true'], { encoding: 'utf8' });
  if (trial.error) return 'the program unshare (package util-linux) was not found';
  if (trial.status !== 0) return `this system forbids network namespaces: ${trial.stderr.trim()}`;
  return null;
};

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs this very program again, with the same arguments, in a network namespace of its own: nothing else is on its
 * loopback interface, and an ordinary user may capture there. Signals are passed on, and the child decides on the exit
 * code; should this process be killed, the child sees its control channel close and ends.
 */
export const runInOwnNamespace = async (
  program: string,
  rest: readonly string[],
): Promise<NamespaceOutcome> => {
  const reason = namespaceProblem();
  if (reason !== null) return { kind: 'unavailable', reason };
  const child = spawn('unshare', [...unshareArguments(), process.execPath, program, ...rest], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [marker]: String(performance.timeOrigin) },
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of passedOn) process.on(signal, pass);
  try {
    return await new Promise<NamespaceOutcome>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        resolve(
          signal === null ? { kind: 'ran', exitCode: code ?? 2 } : { kind: 'killed', signal },
        ),
      );
    });
  } finally {
    for (const signal of passedOn) process.off(signal, pass);
  }
};

/** In the child: calls `ended` when the process that started it is gone. */
export const whenStarterIsGone = (ended: () => void): void => {
  if (!inOwnNamespace()) return;
  if (process.channel === undefined) {
    ended();
    return;
  }
  process.once('disconnect', ended);
  process.channel.unref();
};

import { spawn, spawnSync } from 'node:child_process';

/** Set in the environment of a process that already runs in a network namespace of its own. */
const marker = 'DISCRETIO_OWN_NAMESPACE';

/** Whether this process was started by {@link runInOwnNamespace}. */
export const inOwnNamespace = (): boolean => process.env[marker] === '1';

/** How a run came to be, or not to be, in a network namespace of its own. */
export type NamespaceOutcome =
  | { readonly kind: 'ran'; readonly exitCode: number }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Arguments of unshare: a new network namespace; for an ordinary user inside a user namespace in which he may capture. */
const unshareArguments = (): readonly string[] =>
  process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

const whyUnavailable = (): string | null => {
  if (process.platform !== 'linux')
    return `network namespaces exist on Linux only, not on ${process.platform}`;
  const trial = spawnSync('unshare', [...unshareArguments(), 'true'], { encoding: 'utf8' });
  if (trial.error) return 'the program unshare (package util-linux) was not found';
  if (trial.status !== 0) return `this system forbids network namespaces: ${trial.stderr.trim()}`;
  return null;
};

/**
 * Runs this very program again, with the same arguments, in a network namespace of its own: nothing else is on its
 * loopback interface, and an ordinary user may capture there. Signals reach the child through the terminal's process
 * group or are passed on; should this process be killed, the child sees its control channel close and ends.
 */
export const runInOwnNamespace = async (
  program: string,
  rest: readonly string[],
): Promise<NamespaceOutcome> => {
  const reason = whyUnavailable();
  if (reason !== null) return { kind: 'unavailable', reason };
  const child = spawn('unshare', [...unshareArguments(), process.execPath, program, ...rest], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [marker]: '1' },
  });
  // Ctrl-C reaches both processes; the child cleans up and decides on the exit code.
  const ignore = () => undefined;
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  try {
    return await new Promise<NamespaceOutcome>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve({ kind: 'ran', exitCode: code ?? 2 }));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', pass);
    process.off('SIGHUP', pass);
  }
};

/** In the child: calls `ended` when the process that started it is gone. */
export const whenStarterIsGone = (ended: () => void): void => {
  if (!inOwnNamespace() || process.channel === undefined) return;
  process.once('disconnect', ended);
  process.channel?.unref();
};

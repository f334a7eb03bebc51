import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { missingLabTool, toolPath } from './lab-tools.ts';
import { ownedHere, removeLeftoverFolders } from './run-folders.ts';

/** Set in the environment of a process that already runs in namespaces of its own: when its starter started, in milliseconds since 1970. */
const marker = 'DISCRETIO_OWN_NAMESPACE';

/** Set where the starter was not root: its child is root in a user namespace only. */
const ordinaryUser = 'DISCRETIO_ORDINARY_USER';

/**
 * What a process has to itself: its network alone, or a whole lab, which also has its own mounts and process numbers, so
 * that nothing of it can outlive its first process.
 */
export type NamespaceScope = 'network' | 'lab';

/** Whether this process was started by {@link runInOwnNamespace}. */
export const inOwnNamespace = (): boolean => process.env[marker] !== undefined;

/** When the user's command began, in milliseconds since 1970: this process's start, or its starter's. */
export const commandStart = (): number => Number(process.env[marker] ?? performance.timeOrigin);

/** How a run came to be, or not to be, in namespaces of its own. */
export type NamespaceOutcome =
  | { readonly kind: 'ran'; readonly exitCode: number }
  /** It was killed before it could end by itself. */
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Arguments of unshare; an ordinary user is root inside a user namespace, where he may capture and configure. */
const unshareArguments = (scope: NamespaceScope): readonly string[] => [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--net',
  ...(scope === 'lab' ? ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] : []),
];

/** Why no such namespaces can be had here; null where they can. */
export const namespaceProblem = (scope: NamespaceScope = 'network'): string | null => {
  if (process.platform !== 'linux')
    return `network namespaces exist on Linux only, not on ${process.platform}`;
  const trial = spawnSync('unshare', [...unshareArguments(scope), 'true'], { encoding: 'utf8' });
  if (trial.error) return 'the program unshare (package util-linux) was not found';
  if (trial.status !== 0)
    return `this system forbids network namespaces: ${trial.stderr.trim() || `unshare ended with ${trial.status ?? trial.signal}`}`;
  return scope === 'lab' ? missingLabTool() : null;
};

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Tells the process inside under which number others outside find its namespaces. */
interface Numbered {
  readonly standIn: number;
}

const isNumbered = (message: unknown): message is Numbered =>
  typeof message === 'object' &&
  message !== null &&
  'standIn' in message &&
  typeof message.standIn === 'number';

/** A signal on its way to the process inside; unshare itself stands between and blocks some. */
interface PassedSignal {
  readonly signal: NodeJS.Signals;
}

const isPassedSignal = (message: unknown): message is PassedSignal =>
  typeof message === 'object' &&
  message !== null &&
  'signal' in message &&
  passedOn.some((signal) => signal === message.signal);

const isEnd = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'ended' in message;

/** Milliseconds after its end in which a child is heard. */
const lastWords = 500;

/**
 * How a child ended. In process numbers of its own it says so itself: what unshare ends with when its child was killed
 * differs from one version to the next, and is 1 in some.
 */
const exitOf = async (child: ChildProcess, scope: NamespaceScope): Promise<NamespaceOutcome> => {
  let announced = scope === 'network';
  child.on('message', (message) => {
    announced ||= isEnd(message);
  });
  const heard = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
  });
  const ended = await new Promise<NamespaceOutcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'ran', exitCode: code ?? 2 } : { kind: 'killed', signal }),
    );
  });
  await Promise.race([heard, delay(lastWords, undefined, { ref: false })]);
  return ended.kind === 'ran' && !announced ? { kind: 'killed', signal: 'a signal' } : ended;
};

/** The words that start a program in namespaces of its own. */
const wordsToStart = (
  program: string,
  rest: readonly string[],
  scope: NamespaceScope,
): readonly string[] => [
  ...unshareArguments(scope),
  process.execPath,
  ...(scope === 'lab' ? [`--import=${new URL('announce-end.ts', import.meta.url).href}`] : []),
  program,
  ...rest,
];

/**
 * Runs this very program again, with the same arguments, in namespaces of its own: nothing else is on its network, and an
 * ordinary user may capture there. Signals are passed on, and the child decides on the exit code; should this process be
 * killed, the child sees its control channel close and ends.
 */
export const runInOwnNamespace = async (
  program: string,
  rest: readonly string[],
  scope: NamespaceScope = 'network',
): Promise<NamespaceOutcome> => {
  const reason = namespaceProblem(scope);
  if (reason !== null) return { kind: 'unavailable', reason };
  await removeLeftoverFolders('keep');
  let child: ChildProcess | null = null;
  const pass = (signal: NodeJS.Signals): void => {
    if (scope === 'network') child?.kill(signal);
    else if (child?.connected === true) child.send({ signal } satisfies PassedSignal);
  };
  for (const signal of passedOn) process.on(signal, pass);
  try {
    child = spawn('unshare', wordsToStart(program, rest, scope), {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // A terminal that hangs up would end unshare, and it the whole lab, before a report can be written.
      detached: scope === 'lab',
      env: {
        ...process.env,
        ...(scope === 'lab' ? { PATH: toolPath() } : {}),
        ...ownedHere(),
        ...(process.getuid?.() === 0 ? {} : { [ordinaryUser]: 'yes' }),
        [marker]: String(performance.timeOrigin),
      },
    });
    if (child.pid !== undefined)
      child.send({ standIn: child.pid } satisfies Numbered, () => undefined);
    return await exitOf(child, scope);
  } finally {
    for (const signal of passedOn) process.off(signal, pass);
    // What a killed child could not remove.
    await removeLeftoverFolders('remove');
  }
};

/** In the child: calls `ended` when the process that started it is gone, and raises the signals that it passes on. */
export const whenStarterIsGone = (ended: () => void): void => {
  if (!inOwnNamespace()) return;
  if (!process.connected) {
    ended();
    return;
  }
  process.on('message', (message) => {
    if (isPassedSignal(message)) process.emit(message.signal, message.signal);
  });
  process.once('disconnect', ended);
  process.channel?.unref();
};

/**
 * In a child of scope `lab`: the words by which another terminal enters its namespaces. Its process numbers are among them:
 * a shell left open in a host ends with the lab. Rejects when the process that started it is gone.
 */
export const wordsToEnter = (): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      process.off('message', take);
      process.off('disconnect', gone);
      process.channel?.unref();
    };
    const gone = (): void => {
      end();
      reject(new Error('the process that started it is gone'));
    };
    const take = (message: unknown): void => {
      if (!isNumbered(message)) return;
      end();
      const isUser = process.env[ordinaryUser] !== undefined;
      const user = isUser ? ['--user', '--preserve-credentials'] : [];
      const standIn = String(message.standIn);
      const numbers = `--pid=/proc/${standIn}/ns/pid_for_children`;
      resolve(['nsenter', '--target', standIn, ...user, '--mount', numbers, '--']);
    };
    if (!process.connected) {
      gone();
      return;
    }
    process.on('message', take);
    process.once('disconnect', gone);
    process.channel?.ref();
  });

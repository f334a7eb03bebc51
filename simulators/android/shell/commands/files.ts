import type { AndroidState } from '../../phone/state.ts';
import { lines, type CommandRun, type ShellCommands } from '../command.ts';

/** A file as `ls`, `cat` and adb's own file service see it. */
export interface VisibleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly modified: number;
}

const dataFolder = (packageName: string): string => `/data/user/0/${packageName}`;

/** The kernel's list of sockets with a name, in which tools look for web views. */
const unixSockets = ({ sockets }: AndroidState) => {
  const names = [...sockets.keys()].filter((name) => name.startsWith('localabstract:'));
  const line = (name: string): string =>
    `0000000000000000: 00000002 00000000 00010000 0001 01 24813 @${name.slice('localabstract:'.length)}`;
  const header = 'Num       RefCount Protocol Flags    Type St Inode Path';
  const text = [header, ...names.map(line), ''].join('\n');
  return { bytes: new TextEncoder().encode(text), mode: 0o100444, modified: 0 };
};

/** Files in reach: the shared ones, and an application's own under its identity. */
const visibleFiles = async ({ phone, user }: CommandRun): Promise<readonly VisibleFile[]> => {
  const shared = [...phone.state.files, ['/proc/net/unix', unixSockets(phone.state)] as const].map(
    ([path, file]) => ({ path, ...file }),
  );
  const installed = user === null ? undefined : phone.state.packages.get(user);
  const own = (await installed?.application?.storedFiles()) ?? [];
  return [
    ...shared,
    ...own.map(({ path, bytes }) => ({
      path: `${dataFolder(user ?? '')}/files/${path}`,
      bytes,
      mode: 0o100600,
      modified: 0,
    })),
  ];
};

const absolute = ({ user }: CommandRun, path: string): string => {
  const base = path.startsWith('/') ? path : `${user === null ? '' : dataFolder(user)}/${path}`;
  const parts: string[] = [];
  for (const part of base.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`.replace(/^\/data\/data\//, '/data/user/0/');
};

const isForbidden = ({ user }: CommandRun, path: string): boolean =>
  path.startsWith('/data/user/') && !(user !== null && path.startsWith(dataFolder(user)));

const operands = (run: CommandRun): readonly string[] =>
  run.words.filter((word) => !word.startsWith('-'));

/** Folders that are there though nothing is in them. */
const folders = ['/', '/sdcard', '/data', '/data/local', '/data/local/tmp', '/system', '/data/app'];

const longLine = ({ path, bytes, modified }: VisibleFile): string => {
  const stamp = new Date(modified * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `-rw------- 1 u0_a212 u0_a212 ${bytes.length} ${stamp} ${path.slice(path.lastIndexOf('/') + 1)}`;
};

const ls: ShellCommands[string] = async (run) => {
  const files = await visibleFiles(run);
  const isLong = run.words.some((word) => /^-\w*l/.test(word));
  const isRecursive = run.words.some((word) => /^-\w*R/.test(word));
  let status = 0;
  for (const given of operands(run).length > 0 ? operands(run) : ['.']) {
    const path = absolute(run, given);
    const prefix = path === '/' ? '/' : `${path}/`;
    const inside = files.filter((file) => file.path.startsWith(prefix));
    const exact = files.filter((file) => file.path === path);
    const home = run.user === null ? null : dataFolder(run.user);
    if (isForbidden(run, path)) run.fail(`ls: ${given}: Permission denied\n`);
    else if (exact.length > 0)
      lines(run, ...exact.map((file) => (isLong ? longLine(file) : given)));
    else if (inside.length > 0 || folders.includes(path) || path === home) {
      const direct = inside.filter((file) => !file.path.slice(prefix.length).includes('/'));
      const below = new Set(
        inside.map((file) => file.path.slice(prefix.length).split('/')[0] ?? ''),
      );
      if (isRecursive) lines(run, ...inside.map((file) => file.path.slice(prefix.length)));
      else if (isLong) lines(run, `total ${inside.length}`, ...direct.map(longLine));
      else lines(run, ...[...below].toSorted());
      continue;
    } else run.fail(`ls: ${given}: No such file or directory\n`);
    if (exact.length === 0 || isForbidden(run, path)) status = 1;
  }
  return status;
};

const cat: ShellCommands[string] = async (run) => {
  if (operands(run).length === 0) {
    for await (const part of run.stdin) run.out(part);
    return 0;
  }
  const files = await visibleFiles(run);
  let status = 0;
  for (const given of operands(run)) {
    const path = absolute(run, given);
    const file = files.find((file) => file.path === path);
    if (file && !isForbidden(run, path)) run.out(file.bytes);
    else {
      const reason = isForbidden(run, path) ? 'Permission denied' : 'No such file or directory';
      run.fail(`cat: ${given}: ${reason}\n`);
      status = 1;
    }
  }
  return status;
};

/** What a pattern finds; a text that is no expression stands for itself. */
const matcher = (pattern: string, isFixed: boolean): ((line: string) => boolean) => {
  if (isFixed) return (line) => line.includes(pattern);
  try {
    const expression = new RegExp(pattern);
    return (line) => expression.test(line);
  } catch {
    return (line) => line.includes(pattern);
  }
};

const grep: ShellCommands[string] = async (run) => {
  const [pattern = '', ...paths] = operands(run);
  const flags = run.words.filter((word) => word.startsWith('-')).join('');
  const matches = matcher(pattern, flags.includes('F'));
  const parts: Uint8Array[] = [];
  if (paths.length === 0) for await (const part of run.stdin) parts.push(part);
  const files = paths.length === 0 ? [] : await visibleFiles(run);
  for (const given of paths) {
    const path = absolute(run, given);
    const file = files.find((file) => file.path === path && !isForbidden(run, path));
    if (file) parts.push(file.bytes);
    else run.fail(`grep: ${given}: No such file or directory\n`);
  }
  const found = Buffer.concat(parts)
    .toString()
    .split('\n')
    .filter((line) => line !== '' && matches(line) !== flags.includes('v'));
  lines(run, ...found);
  return found.length > 0 ? 0 : 1;
};

const rm: ShellCommands[string] = (run) => {
  const { files } = run.phone.state;
  const isForced = run.words.some((word) => /^-\w*f/.test(word));
  let status = 0;
  for (const given of operands(run)) {
    const path = absolute(run, given);
    const found = [...files.keys()].filter((key) => key === path || key.startsWith(`${path}/`));
    for (const key of found) files.delete(key);
    if (found.length > 0 || isForced) continue;
    run.fail(`rm: ${given}: No such file or directory\n`);
    status = 1;
  }
  return status;
};

const runAs: ShellCommands[string] = (run) => {
  const [name = '', ...words] = run.words;
  const installed = run.phone.state.packages.get(name);
  if (!installed) {
    run.fail(`run-as: unknown package: ${name}\n`);
    return 1;
  }
  if (!installed.application?.isDebuggable) {
    run.fail(`run-as: package not debuggable: ${name}\n`);
    return 1;
  }
  return run.run(words, name);
};

/** `test` and `[`: whether something is there. */
const test: ShellCommands[string] = async (run) => {
  const [flag = '', given = ''] = run.words;
  const path = absolute(run, given);
  if (isForbidden(run, path)) return 1;
  const files = await visibleFiles(run);
  const isFile = files.some((file) => file.path === path);
  const isFolder = folders.includes(path) || files.some((file) => file.path.startsWith(`${path}/`));
  const answers: Readonly<Record<string, boolean>> = {
    '-e': isFile || isFolder,
    '-f': isFile,
    '-d': isFolder,
  };
  return answers[flag] === true ? 0 : 1;
};

/** Commands on files, and the way to an application's own. */
export const fileCommands: ShellCommands = {
  ls,
  cat,
  grep,
  rm,
  test,
  '[': test,
  'run-as': runAs,
  mkdir: () => 0,
  chmod: () => 0,
  pwd: (run) => lines(run, run.user === null ? '/' : dataFolder(run.user)),
  base64: async (run) => {
    const files = await visibleFiles(run);
    const path = absolute(run, operands(run)[0] ?? '');
    const file = files.find((file) => file.path === path && !isForbidden(run, path));
    if (file) return lines(run, Buffer.from(file.bytes).toString('base64'));
    run.fail(`base64: ${path}: No such file or directory\n`);
    return 1;
  },
};

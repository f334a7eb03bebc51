import { concat, toHex } from '../../../../reference/core/bytes.ts';
import type { InstalledPackage } from '../../phone/state.ts';
import {
  after,
  lines,
  unknownUse,
  type CommandRun,
  type ShellCommand,
  type ShellCommands,
} from '../command.ts';

const operands = (words: readonly string[], flagsWithValue: readonly string[] = []) =>
  words.filter(
    (word, index) => !word.startsWith('-') && !flagsWithValue.includes(words[index - 1] ?? ''),
  );

const list: ShellCommand = (run) => {
  const [, what, ...rest] = run.words;
  const { packages } = run.phone.state;
  if (what === 'instrumentation')
    return lines(
      run,
      'instrumentation:io.appium.uiautomator2.server.test/androidx.test.runner.AndroidJUnitRunner (target=io.appium.uiautomator2.server)',
    );
  if (what === 'features')
    return lines(run, 'feature:android.hardware.microphone', 'feature:android.hardware.wifi');
  if (what !== 'packages') return unknownUse(run, 'pm', `Error: unknown list type '${what}'`);
  const wanted = operands(rest, ['--user'])[0] ?? '';
  const shown = [...packages.values()].filter(
    ({ name, isSystem }) => name.includes(wanted) && !(rest.includes('-3') && isSystem),
  );
  const line = ({ name, path, versionCode }: InstalledPackage): string =>
    `package:${rest.includes('-f') ? `${path}=` : ''}${name}${rest.includes('--show-versioncode') ? ` versionCode:${versionCode}` : ''}`;
  return lines(run, ...shown.map(line));
};

const named = (run: CommandRun, name: string | undefined): InstalledPackage | null =>
  run.phone.state.packages.get(name ?? '') ?? null;

const path: ShellCommand = (run) => {
  const installed = named(run, operands(run.words.slice(1), ['--user'])[0]);
  if (!installed) return 1;
  return lines(run, `package:${installed.path}`);
};

const clear: ShellCommand = async (run) => {
  const installed = named(run, operands(run.words.slice(1), ['--user'])[0]);
  if (!installed) {
    run.out('Failed\n');
    return 1;
  }
  await run.phone.manager.forceStop(installed.name);
  await installed.application?.clearData();
  installed.permissions.clear();
  return lines(run, 'Success');
};

const grant: ShellCommand = (run) => {
  const [name, permission = ''] = operands(run.words.slice(1), ['--user']);
  const installed = named(run, name);
  if (!installed) return unknownUse(run, 'pm', `Unknown package: ${name}`);
  if (!installed.application?.permissions.includes(permission)) {
    run.fail(
      `Exception occurred while executing '${run.words[0]}':\njava.lang.SecurityException: Package ${name} has not requested permission ${permission}\n`,
    );
    return 255;
  }
  if (run.words[0] === 'grant') installed.permissions.set(permission, true);
  else installed.permissions.set(permission, false);
  return 0;
};

/** A package file of this simulation: JSON text with `package` and `versionCode`. */
const readPackageFile = (bytes: Uint8Array): { name: string; versionCode: number } | null => {
  try {
    const text: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof text !== 'object' || text === null) return null;
    const { package: name, versionCode } = text as Record<string, unknown>;
    return typeof name === 'string' && typeof versionCode === 'number'
      ? { name, versionCode }
      : null;
  } catch {
    return null;
  }
};

const readInput = async (run: CommandRun, size: number): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of run.stdin) {
    parts.push(part);
    length += part.length;
    if (length >= size) break;
  }
  return concat(...parts).subarray(0, size);
};

const refuseInstall = (run: CommandRun, reason: string): number => {
  run.out(`Failure [${reason}]\n`);
  return 1;
};

const install: ShellCommand = async (run) => {
  const size = after(run.words, '-S');
  const file = operands(run.words.slice(1), ['-S', '-i', '--user'])[0] ?? '';
  const bytes =
    size === undefined
      ? run.phone.state.files.get(file)?.bytes
      : await readInput(run, Number(size));
  if (!bytes) return refuseInstall(run, 'INSTALL_PARSE_FAILED_NOT_APK: Failed to parse ' + file);
  const wanted = readPackageFile(bytes);
  const application = run.phone.applications.find(
    ({ packageName }) => packageName === wanted?.name,
  );
  if (!wanted || !application)
    return refuseInstall(
      run,
      `INSTALL_PARSE_FAILED_NOT_APK: no package of this simulation begins with ${toHex(bytes.subarray(0, 8))}`,
    );
  if (run.phone.state.packages.has(wanted.name)) await run.phone.manager.forceStop(wanted.name);
  const refusal = run.phone.controls.install(application, wanted.versionCode);
  if (refusal) return refuseInstall(run, refusal);
  if (run.words.includes('-g'))
    for (const permission of application.permissions)
      run.phone.state.packages.get(wanted.name)?.permissions.set(permission, true);
  return lines(run, 'Success');
};

const uninstall: ShellCommand = async (run) => {
  const name = operands(run.words.slice(1), ['--user'])[0] ?? '';
  if (await run.phone.controls.uninstall(name)) return lines(run, 'Success');
  return refuseInstall(run, 'DELETE_FAILED_INTERNAL_ERROR');
};

const resolve: ShellCommand = (run) => {
  const installed = named(run, run.words.at(-1));
  if (!installed?.application) return lines(run, 'No activity found');
  return lines(
    run,
    'priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=true',
    `${installed.name}/${installed.application.activity}`,
  );
};

const packageActions: ShellCommands = {
  list,
  path,
  clear,
  grant,
  revoke: grant,
  install,
  uninstall,
  'resolve-activity': resolve,
};

/** `pm` and `cmd package`: the package manager. */
export const packageManager: ShellCommand = (run) => {
  const action = packageActions[run.words[0] ?? ''];
  return action ? action(run) : unknownUse(run, 'pm', `Unknown command: ${run.words[0]}`);
};

const permissionLines = ({ application, permissions }: InstalledPackage): readonly string[] => {
  const requested = application?.permissions ?? [];
  return [
    '    requested permissions:',
    ...requested.map((permission) => `      ${permission}`),
    '    install permissions:',
    '      android.permission.INTERNET: granted=true',
    '    User 0: ceDataInode=0 installed=true hidden=false suspended=false stopped=false',
    '      runtime permissions:',
    ...requested.map(
      (permission) => `        ${permission}: granted=${permissions.get(permission) === true}`,
    ),
  ];
};

/** What `dumpsys package NAME` says of one package. */
export const describePackage = (installed: InstalledPackage): readonly string[] => [
  'Packages:',
  `  Package [${installed.name}] (5b1e2d4):`,
  '    userId=10212',
  `    codePath=${installed.path}`,
  `    versionCode=${installed.versionCode} minSdk=26 targetSdk=34`,
  `    versionName=${installed.versionName}`,
  `    flags=[ ${installed.application?.isDebuggable ? 'DEBUGGABLE ' : ''}HAS_CODE ALLOW_CLEAR_USER_DATA ]`,
  `    firstInstallTime=${new Date(installed.installedAt).toISOString()}`,
  `    lastUpdateTime=${new Date(installed.updatedAt).toISOString()}`,
  ...permissionLines(installed),
];

import {
  after,
  lines,
  unknownUse,
  type CommandRun,
  type ShellCommand,
  type ShellCommands,
} from '../command.ts';
import { dumpsys } from './dumpsys.ts';
import { packageManager } from './packages.ts';

/** Component of an intent's words: `-n`, or the launcher's activity of a package. */
const targetOf = (run: CommandRun): string => {
  const component = after(run.words, '-n');
  if (component !== undefined) return component;
  return after(run.words, '-p') ?? run.words.at(-1) ?? '';
};

const start: ShellCommand = (run) => {
  const component = targetOf(run);
  const [name = '', activity = ''] = component.split('/');
  const { state, manager } = run.phone;
  const application = state.packages.get(name)?.application;
  const isThere =
    application && [application.activity, `${name}${application.activity}`].includes(activity);
  lines(run, `Starting: Intent { act=android.intent.action.MAIN cmp=${component} }`);
  const wasRunning = [...state.processes.values()].some((process) => process.name === name);
  if (!isThere || !manager.launch(name)) {
    run.fail(`Error type 3\nError: Activity class {${component}} does not exist.\n`);
    return 1;
  }
  if (!run.words.includes('-W')) return 0;
  return lines(
    run,
    'Status: ok',
    `LaunchState: ${wasRunning ? 'HOT' : 'COLD'}`,
    `Activity: ${name}/${application.activity}`,
    'TotalTime: 42',
    'WaitTime: 45',
    'Complete',
  );
};

const instrument: ShellCommand = async (run) => {
  const component = run.words.at(-1) ?? '';
  const ended = run.phone.instrument(component, run.signal);
  if (!ended) {
    lines(
      run,
      `INSTRUMENTATION_STATUS: Error=Unable to find instrumentation info for: ComponentInfo{${component}}`,
    );
    return 1;
  }
  await ended;
  return lines(run, 'INSTRUMENTATION_RESULT: shortMsg=Process crashed.', 'INSTRUMENTATION_CODE: 0');
};

const activityActions: ShellCommands = {
  start,
  'start-activity': start,
  instrument,
  'start-foreground-service': () => 0,
  startservice: () => 0,
  'start-service': () => 0,
  async 'force-stop'(run) {
    await run.phone.manager.forceStop(run.words.at(-1) ?? '');
    return 0;
  },
  async kill(run) {
    await run.phone.manager.forceStop(run.words.at(-1) ?? '');
    return 0;
  },
  broadcast: (run) =>
    lines(
      run,
      `Broadcasting: Intent { act=${after(run.words, '-a') ?? ''} flg=0x400000 }`,
      'Broadcast completed: result=0',
    ),
  'get-current-user': (run) => lines(run, '0'),
};

const am: ShellCommand = (run) => {
  const action = activityActions[run.words[0] ?? ''];
  return action ? action(run) : unknownUse(run, 'am', `Unknown command: ${run.words[0]}`);
};

/** Processes as `ps` prints them. */
const ps: ShellCommand = (run) =>
  lines(
    run,
    'USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME',
    ...[...run.phone.state.processes.values()].map(({ pid, name }) => {
      const user = name.includes('.') ? 'u0_a212' : 'root';
      return `${user.padEnd(12)} ${String(pid).padStart(5)}     1 1048576  65536 0                   0 S ${name}`;
    }),
  );

const pidsOf = (run: CommandRun, name: string): readonly number[] =>
  [...run.phone.state.processes.values()]
    .filter((process) => process.name === name)
    .map(({ pid }) => pid);

const pidof: ShellCommand = (run) => {
  const pids = pidsOf(run, run.words.at(-1) ?? '');
  if (pids.length === 0) return 1;
  return lines(run, pids.join(' '));
};

const kill: ShellCommand = async (run) => {
  const pids = run.words.filter((word) => /^\d+$/.test(word)).map(Number);
  for (const pid of pids) {
    const process = run.phone.state.processes.get(pid);
    if (process) await run.phone.manager.forceStop(process.name);
  }
  return 0;
};

const keys: Readonly<Record<string, number>> = {
  KEYCODE_HOME: 3,
  KEYCODE_BACK: 4,
  KEYCODE_CALL: 5,
  KEYCODE_ENDCALL: 6,
  KEYCODE_POWER: 26,
  KEYCODE_ENTER: 66,
  KEYCODE_MENU: 82,
  KEYCODE_SLEEP: 223,
  KEYCODE_WAKEUP: 224,
};

const input: ShellCommand = (run) => {
  const [action, ...rest] = run.words;
  if (action === 'keyevent') for (const key of rest) run.phone.key(keys[key] ?? Number(key));
  else if (action === 'tap') run.phone.tap(Number(rest[0]), Number(rest[1]));
  else if (action === 'text') run.phone.typeText((rest[0] ?? '').replaceAll('%s', ' '));
  else return unknownUse(run, 'input', `Error: Unknown command: ${action}`);
  return 0;
};

const svc: ShellCommand = (run) => {
  const { controls } = run.phone;
  const [what, action] = run.words;
  const isOn = action === 'enable';
  if (what === 'wifi') controls.setWifi(isOn);
  else if (what === 'data') controls.setMobileData(isOn);
  else if (what !== 'power') return unknownUse(run, 'svc', `Unknown service: ${what}`);
  return 0;
};

const cmd: ShellCommand = (run) => {
  const { controls, state } = run.phone;
  const [service, action, ...rest] = run.words;
  if (service === 'package') return run.run(['pm', ...run.words.slice(1)], run.user);
  if (service === 'activity') return run.run(['am', ...run.words.slice(1)], run.user);
  if (service === 'settings') return run.run(['settings', ...run.words.slice(1)], run.user);
  if (service === 'deviceidle') return run.run(['dumpsys', ...run.words], run.user);
  if (service === 'connectivity' && action === 'airplane-mode') {
    if (rest[0] === undefined) return lines(run, state.isAirplaneMode ? 'enabled' : 'disabled');
    controls.setAirplaneMode(rest[0] === 'enable');
    return 0;
  }
  if (service === 'wifi' && action === 'set-wifi-enabled') {
    controls.setWifi(rest[0] === 'enabled');
    return 0;
  }
  return unknownUse(run, 'cmd', `cmd: Can't find service: ${service}`);
};

/** Commands on activities, processes and the phone's services. */
export const activityCommands: ShellCommands = {
  am,
  pm: packageManager,
  cmd,
  ps,
  pidof,
  pgrep: pidof,
  kill,
  dumpsys,
  input,
  svc,
  appops: () => 0,
  ime: (run) => lines(run, 'com.android.inputmethod.latin/.LatinIME'),
  monkey(run) {
    run.phone.manager.launch(after(run.words, '-p') ?? '');
    return lines(run, 'Events injected: 1');
  },
  async screencap(run) {
    const picture = run.phone.screenshot();
    const path = run.words.find((word) => word.startsWith('/'));
    if (path === undefined) run.out(picture);
    else
      run.phone.state.files.set(path, {
        bytes: picture,
        mode: 0o100644,
        modified: Math.floor(Date.now() / 1000),
      });
    return 0;
  },
  uiautomator(run) {
    const path = run.words.find((word) => word.startsWith('/')) ?? '/sdcard/window_dump.xml';
    run.phone.state.files.set(path, {
      bytes: new TextEncoder().encode(run.phone.hierarchy()),
      mode: 0o100644,
      modified: Math.floor(Date.now() / 1000),
    });
    return lines(run, `UI hierchary dumped to: ${path}`);
  },
};

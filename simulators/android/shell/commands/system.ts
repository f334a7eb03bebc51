import { after, lines, unknownUse, type ShellCommands, type ShellPhone } from '../command.ts';

const getprop: ShellCommands[string] = (run) => {
  const { properties } = run.phone.state;
  const [name, fallback = ''] = run.words;
  if (name !== undefined) return lines(run, properties.get(name) ?? fallback);
  return lines(run, ...[...properties].map(([key, value]) => `[${key}]: [${value}]`).toSorted());
};

const setprop: ShellCommands[string] = (run) => {
  const [name, value = ''] = run.words;
  if (name === undefined) return unknownUse(run, 'setprop', 'setprop: Need 2 arguments');
  run.phone.state.properties.set(name, value);
  return 0;
};

/** Settings that follow what the phone is doing, whatever was put there. */
const derivedSetting = ({ state }: ShellPhone, key: string): string | undefined => {
  const flags: Readonly<Record<string, boolean>> = {
    airplane_mode_on: state.isAirplaneMode,
    wifi_on: state.isWifiEnabled,
    mobile_data: state.isDataEnabled,
  };
  const flag = flags[key];
  return flag === undefined ? undefined : flag ? '1' : '0';
};

const settings: ShellCommands[string] = (run) => {
  const { state } = run.phone;
  const words = run.words[0] === '--user' ? run.words.slice(2) : run.words;
  const [action, namespace = '', key = '', value = ''] = words;
  const values = state.settings.get(namespace);
  if (!values) return unknownUse(run, 'settings', `Invalid namespace '${namespace}'`);
  if (action === 'get')
    return lines(run, derivedSetting(run.phone, key) ?? values.get(key) ?? 'null');
  if (action === 'list') return lines(run, ...[...values].map(([name, text]) => `${name}=${text}`));
  if (action === 'put') values.set(key, value);
  else if (action === 'delete') return lines(run, `Deleted ${values.delete(key) ? 1 : 0} rows`);
  else return unknownUse(run, 'settings', `Invalid command: ${action}`);
  return 0;
};

const wm: ShellCommands[string] = (run) => {
  const { state } = run.phone;
  const { width, height, density } = state.device.screen;
  const [what, value] = run.words;
  if (what === 'size') {
    const given = /^(\d+)x(\d+)$/.exec(value ?? '');
    if (given) state.size = { width: Number(given[1]), height: Number(given[2]) };
    else if (value === 'reset') state.size = null;
    else {
      const { size } = state;
      const override = size ? [`Override size: ${size.width}x${size.height}`] : [];
      return lines(run, `Physical size: ${width}x${height}`, ...override);
    }
  } else if (what === 'density') {
    if (value === 'reset') state.density = null;
    else if (/^\d+$/.test(value ?? '')) state.density = Number(value);
    else {
      const override = state.density ? [`Override density: ${state.density}`] : [];
      return lines(run, `Physical density: ${density}`, ...override);
    }
  } else if (what === 'dismiss-keyguard') {
    state.overlays.find(({ kind }) => kind === 'lock-screen')?.accept();
  } else return unknownUse(run, 'wm', `Unknown command: ${what}`);
  state.events.emit('changed');
  return 0;
};

const date: ShellCommands[string] = (run) => {
  const [format] = run.words;
  const now = new Date();
  if (format === '+%s') return lines(run, String(Math.floor(now.getTime() / 1000)));
  if (format === undefined) return lines(run, now.toUTCString());
  if (format === '+%Y-%m-%dT%T%z') return lines(run, `${now.toISOString().slice(0, 19)}+0000`);
  return unknownUse(run, 'date', `date: bad format ${format}`);
};

/** What `id` prints for the shell, or for an application after `run-as`. */
const id: ShellCommands[string] = (run) =>
  lines(
    run,
    run.user === null
      ? 'uid=2000(shell) gid=2000(shell) groups=2000(shell) context=u:r:shell:s0'
      : 'uid=10212(u0_a212) gid=10212(u0_a212) groups=10212(u0_a212) context=u:r:runas_app:s0',
  );

const logcat: ShellCommands[string] = async (run) => {
  const { state } = run.phone;
  if (run.words.includes('-c')) {
    state.log.length = 0;
    return 0;
  }
  const write = ({ at, pid, level, tag, message }: (typeof state.log)[number]): void => {
    const stamp = new Date(at).toISOString().slice(5, 23).replace('T', ' ');
    run.out(
      `${stamp} ${String(pid).padStart(5)} ${String(pid).padStart(5)} ${level} ${tag}: ${message}\n`,
    );
  };
  const count = Number(after(run.words, '-t') ?? Number.POSITIVE_INFINITY);
  if (after(run.words, '-T') === undefined) {
    run.out('--------- beginning of main\n');
    for (const line of state.log.slice(-count)) write(line);
  }
  if (run.words.includes('-d') || run.words.includes('-t')) return 0;
  state.events.on('log', write);
  await new Promise<void>((resolve) => {
    if (run.signal.aborted) resolve();
    run.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  state.events.off('log', write);
  return 130;
};

const content: ShellCommands[string] = (run) => {
  const uri = after(run.words, '--uri');
  if (run.words[0] !== 'query' || uri === undefined || !uri.startsWith('content://sms'))
    return unknownUse(run, 'content', `Error while accessing provider: ${uri}`);
  const { messages } = run.phone.state;
  if (messages.length === 0) return lines(run, 'No result found.');
  const newestFirst = messages
    .map((message, index) => ({ ...message, id: index + 1 }))
    .toReversed();
  return lines(
    run,
    ...newestFirst.map(
      ({ id, from, body, at }, row) =>
        `Row: ${row} _id=${id}, address=${from}, date=${at}, read=0, type=1, body=${body}`,
    ),
  );
};

/** Commands that read or change what the system is set to. */
export const systemCommands: ShellCommands = {
  getprop,
  setprop,
  settings,
  wm,
  date,
  id,
  logcat,
  content,
  echo: (run) => lines(run, run.words.filter((word) => word !== '-n').join(' ')),
  true: () => 0,
  false: () => 1,
  // What adb puts before logcat; nothing here reads variables.
  export: () => 0,
  exec: (run) => run.run(run.words, run.user),
  exit: (run) => Number(run.words[0] ?? 0) % 256,
  whoami: (run) => lines(run, run.user === null ? 'shell' : 'u0_a212'),
  getenforce: (run) => lines(run, 'Enforcing'),
  uptime: (run) => lines(run, ' up 0 min,  0 users,  load average: 0.00, 0.00, 0.00'),
  uname: (run) => lines(run, 'Linux'),
  sleep: (run) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(0), Number(run.words[0] ?? 0) * 1000);
      run.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(130);
      });
    }),
};

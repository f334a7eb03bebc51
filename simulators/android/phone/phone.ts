import type { ApplicationEnvironment } from './application.ts';
import { permissionDialog } from './dialogs.ts';
import { exposeSocket } from './sockets.ts';
import {
  isReachable,
  writeLog,
  type AndroidProcess,
  type AndroidState,
  type InstalledPackage,
} from './state.ts';

/** Pids are handed out in order from here, as on a phone that has run for a while. */
const firstPid = 4210;

/** What the phone's system does with applications. */
export interface ActivityManager {
  /** Brings a package to the front and starts its process where there is none; whether it could. */
  readonly launch: (packageName: string) => boolean;
  /** Ends every process of a package; resolves once they have. */
  readonly forceStop: (packageName: string) => Promise<void>;
  /** Adds a process without a screen; its pid. */
  spawn(name: string, onKilled: () => void): number;
  /** Removes a process that ended by itself. */
  exited(pid: number): void;
  /** Shows the permission dialog unless the user has decided. */
  askPermission(packageName: string, permission: string): Promise<boolean>;
  /** Tells applications what their network is now, where that changed. */
  networkChanged(): void;
  stop(): Promise<void>;
}

/** Manages the processes of one phone's state. */
export const createActivityManager = (state: AndroidState): ActivityManager => {
  let lastPid = firstPid;
  const reachable = new Map<number, boolean>();
  const exposures: { close(): void }[] = [];
  const changed = (): void => void state.events.emit('changed');

  const add = (name: string, process: Omit<AndroidProcess, 'pid' | 'name'>): number => {
    lastPid += 7;
    state.processes.set(lastPid, { pid: lastPid, name, ...process });
    return lastPid;
  };
  const askPermission = (packageName: string, permission: string): Promise<boolean> => {
    const decided = state.packages.get(packageName)?.permissions.get(permission);
    if (decided !== undefined) return Promise.resolve(decided);
    return new Promise((resolve) => {
      const overlay = permissionDialog(permission, packageName, (isGranted) => {
        state.overlays.splice(state.overlays.indexOf(overlay), 1);
        state.packages.get(packageName)?.permissions.set(permission, isGranted);
        changed();
        resolve(isGranted);
      });
      state.overlays.push(overlay);
      changed();
    });
  };
  const environmentOf = (pid: () => number, name: string): ApplicationEnvironment => ({
    locale: state.device.locale,
    isOnline: () => isReachable(state, name),
    hasPermission: (permission) => state.packages.get(name)?.permissions.get(permission) === true,
    requestPermission: (permission) => askPermission(name, permission),
    changed,
    leave() {
      if (state.foreground === name) state.foreground = null;
      changed();
    },
    offerDevTools(kind, connect) {
      // A web view's socket carries its process's number, which is known once it has started.
      let socket: string | null = null;
      queueMicrotask(() => {
        socket = `localabstract:${kind === 'chrome' ? 'chrome_devtools_remote' : `webview_devtools_remote_${pid()}`}`;
        state.sockets.set(socket, connect);
      });
      return () => void (socket !== null && state.sockets.delete(socket));
    },
    async reversedPorts() {
      const inside = [...state.sockets.keys()].flatMap((socket) => {
        const port = /^tcp:(\d+)$/.exec(socket)?.[1];
        return port === undefined ? [] : [Number(port)];
      });
      const exposed = await Promise.all(inside.map((port) => exposeSocket(state, `tcp:${port}`)));
      exposures.push(...exposed);
      return inside.map((port, index) => ({ inside: port, outside: exposed[index]?.port ?? 0 }));
    },
    pageSize() {
      const { width, height, density } = state.device.screen;
      const scale = (state.density ?? density) / 160;
      return { width: Math.round(width / scale), height: Math.round(height / scale) };
    },
    log: (tag, message) => writeLog(state, tag, message, 'I', pid()),
  });
  const processOf = (name: string): AndroidProcess | undefined =>
    [...state.processes.values()].find((process) => process.name === name);
  const startProcess = ({ name, application }: InstalledPackage): void => {
    if (!application || processOf(name)) return;
    let pid = 0;
    const running = application.start(environmentOf(() => pid, name));
    pid = add(name, { running, onKilled: () => undefined });
    reachable.set(pid, isReachable(state, name));
    writeLog(state, 'ActivityManager', `Start proc ${pid}:${name}/u0a212 for top-activity`);
  };
  const end = async (process: AndroidProcess): Promise<void> => {
    state.processes.delete(process.pid);
    reachable.delete(process.pid);
    writeLog(state, 'ActivityManager', `Killing ${process.pid}:${process.name}: force stop`);
    process.onKilled();
    await process.running?.stop();
  };
  const networkChanged = (): void => {
    for (const { pid, name, running } of state.processes.values()) {
      const isOnline = isReachable(state, name);
      if (!running || reachable.get(pid) === isOnline) continue;
      reachable.set(pid, isOnline);
      running.networkChanged(isOnline);
    }
  };
  return {
    launch(packageName) {
      const installed = state.packages.get(packageName);
      if (!installed?.application) return false;
      state.foreground = packageName;
      state.focusedInput = null;
      startProcess(installed);
      networkChanged();
      changed();
      return true;
    },
    async forceStop(packageName) {
      const ending = [...state.processes.values()].filter(
        ({ name }) => name === packageName || name.startsWith(`${packageName}:`),
      );
      if (state.foreground === packageName) state.foreground = null;
      await Promise.all(ending.map(end));
      changed();
    },
    spawn: (name, onKilled) => add(name, { running: null, onKilled }),
    exited: (pid) => void state.processes.delete(pid),
    askPermission,
    networkChanged,
    async stop() {
      await Promise.all([...state.processes.values()].map(end));
      for (const exposure of exposures.splice(0)) exposure.close();
    },
  };
};

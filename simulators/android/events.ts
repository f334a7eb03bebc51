import type { PhoneControls } from './phone/controls.ts';
import { systemCall } from './phone/dialogs.ts';
import type { ActivityManager } from './phone/phone.ts';
import type { AndroidState, Overlay } from './phone/state.ts';

/** How the phone stands to adb. */
export interface AdbConditions {
  /** Milliseconds that each packet takes. */
  latency: number;
  isReachable: boolean;
  isAnswering: boolean;
  isAuthorising: boolean;
}

/** What can happen to a phone while something is tested on it. */
export interface AndroidEvents {
  /** A call of the telephone network rings over whatever is shown; once answered it has the microphone until it ends. */
  systemCall(from: string): { answer(): void; end(): void };
  /** The system asks for a permission; resolves with the user's decision. */
  permissionDialog(packageName: string, permission: string): Promise<boolean>;
  airplaneMode(isOn: boolean): void;
  network(kind: 'wifi' | '4g' | 'none'): void;
  /** Ends an application's process, as the system does when memory is short. */
  killProcess(packageName: string): Promise<void>;
  /** The user opens an application. */
  launch(packageName: string): boolean;
  rotate(quarterTurns: AndroidState['rotation']): void;
  lock(): void;
  unlock(): void;
  /** Doze on or off; on turns the screen off. */
  doze(isOn: boolean): void;
  /** An SMS arrives. */
  shortMessage(from: string, body: string): void;
  adb: {
    /** Milliseconds that each packet takes from now on. */
    latency(milliseconds: number): void;
    /** The cable is drawn: connections end and none is taken until `reconnect`. */
    disconnect(): void;
    reconnect(): void;
    /** New connections are taken and never answered: "offline". */
    offline(): void;
    /** Hosts must be accepted by the phone's user from now on: "unauthorized". */
    unauthorise(): void;
    /** The user accepts the hosts that wait, and their keys for later. */
    authorise(): void;
  };
}

/** What the events need of the ADB daemon. */
export interface AdbHandle {
  disconnect(): void;
  /** Accepts the hosts that wait. */
  authorise(): void;
  /** Forgets every host that was accepted. */
  forget(): void;
}

/** Events on one phone. */
export const createEvents = (
  state: AndroidState,
  manager: ActivityManager,
  controls: PhoneControls,
  conditions: AdbConditions,
  adb: AdbHandle,
): AndroidEvents => {
  const changed = (): void => void state.events.emit('changed');
  const interrupt = (isInterrupted: boolean): void => {
    for (const { running } of state.processes.values()) running?.interrupted(isInterrupted);
  };
  const ring = (from: string) => {
    let shown: Overlay | null = null;
    const show = (overlay: Overlay | null): void => {
      const at = shown ? state.overlays.indexOf(shown) : -1;
      if (at !== -1) state.overlays.splice(at, 1);
      if (overlay) state.overlays.push(overlay);
      shown = overlay;
      changed();
    };
    let isOver = false;
    let isAnswered = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      show(null);
      if (isAnswered) interrupt(false);
    };
    const answer = (): void => {
      if (isOver || isAnswered) return;
      isAnswered = true;
      show(systemCall(from, true, act));
      interrupt(true);
    };
    const act = (action: 'answer' | 'end'): void => (action === 'answer' ? answer() : end());
    show(systemCall(from, false, act));
    return { answer, end };
  };
  return {
    systemCall: ring,
    permissionDialog: (packageName, permission) => {
      state.packages.get(packageName)?.permissions.delete(permission);
      return manager.askPermission(packageName, permission);
    },
    airplaneMode: controls.setAirplaneMode,
    network(kind) {
      controls.setWifi(kind === 'wifi');
      controls.setMobileData(kind !== 'none');
    },
    killProcess: manager.forceStop,
    launch: manager.launch,
    rotate: controls.rotate,
    lock: controls.lock,
    unlock: controls.unlock,
    doze(isOn) {
      controls.setScreen(!isOn);
      controls.setIdle(isOn);
    },
    shortMessage: (from, body) => void state.messages.push({ from, body, at: Date.now() }),
    adb: {
      latency: (milliseconds) => void (conditions.latency = milliseconds),
      disconnect() {
        conditions.isReachable = false;
        adb.disconnect();
      },
      reconnect: () => void Object.assign(conditions, { isReachable: true, isAnswering: true }),
      offline() {
        conditions.isAnswering = false;
        adb.disconnect();
      },
      unauthorise() {
        conditions.isAuthorising = true;
        adb.forget();
        adb.disconnect();
      },
      authorise: () => adb.authorise(),
    },
  };
};

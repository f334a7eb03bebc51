import { lockScreen } from './dialogs.ts';
import type { ActivityManager } from './phone.ts';
import { makePackage, networkOf, writeLog, type AndroidState } from './state.ts';
import type { PhoneApplication } from './application.ts';

/** What a tester, a user or a script does to a phone; each tells the applications what it means for them. */
export interface PhoneControls {
  readonly setAirplaneMode: (isOn: boolean) => void;
  readonly setWifi: (isOn: boolean) => void;
  readonly setMobileData: (isOn: boolean) => void;
  readonly setIdle: (isIdle: boolean) => void;
  readonly exemptFromIdle: (packageName: string, isExempt: boolean) => void;
  readonly setScreen: (isOn: boolean) => void;
  readonly lock: () => void;
  readonly unlock: () => void;
  readonly rotate: (rotation: AndroidState['rotation']) => void;
  readonly goHome: () => void;
  /** Installs an application, or puts another version over it; data stay. The refusal's name, or null. */
  install(application: PhoneApplication, versionCode: number): string | null;
  uninstall(packageName: string): Promise<boolean>;
}

/** Controls over one phone. */
export const createControls = (state: AndroidState, manager: ActivityManager): PhoneControls => {
  const told = (change: () => void): void => {
    const before = networkOf(state);
    change();
    const after = networkOf(state);
    if (after !== before) writeLog(state, 'ConnectivityService', `network ${after}`);
    manager.networkChanged();
    state.events.emit('changed');
  };
  const unlock = (): void =>
    told(() => {
      const at = state.overlays.findIndex(({ kind }) => kind === 'lock-screen');
      if (at !== -1) state.overlays.splice(at, 1);
      state.isLocked = false;
    });
  return {
    setAirplaneMode: (isOn) =>
      told(() => {
        state.isAirplaneMode = isOn;
        state.isWifiEnabled = !isOn;
      }),
    setWifi: (isOn) => told(() => void (state.isWifiEnabled = isOn)),
    setMobileData: (isOn) => told(() => void (state.isDataEnabled = isOn)),
    setIdle: (isIdle) => told(() => void (state.isIdle = isIdle)),
    exemptFromIdle: (packageName, isExempt) =>
      told(() => {
        if (isExempt) state.idleWhitelist.add(packageName);
        else state.idleWhitelist.delete(packageName);
      }),
    setScreen: (isOn) => told(() => void (state.isScreenOn = isOn)),
    lock: () =>
      told(() => {
        if (!state.isLocked) state.overlays.push(lockScreen(unlock));
        state.isLocked = true;
      }),
    unlock,
    rotate: (rotation) => told(() => void (state.rotation = rotation)),
    goHome: () => told(() => void (state.foreground = null)),
    install(application, versionCode) {
      const { packageName, versionName } = application;
      const before = state.packages.get(packageName);
      if (before && versionCode < before.versionCode) return 'INSTALL_FAILED_VERSION_DOWNGRADE';
      const installed = before ?? makePackage(packageName, versionCode, versionName, application);
      const now = Date.now();
      if (!before) installed.installedAt = now;
      Object.assign(installed, { versionCode, updatedAt: now });
      state.packages.set(packageName, installed);
      return null;
    },
    async uninstall(packageName) {
      const installed = state.packages.get(packageName);
      if (!installed || installed.isSystem) return false;
      await manager.forceStop(packageName);
      state.packages.delete(packageName);
      await installed.application?.clearData();
      return true;
    },
  };
};

import { createServices } from './adbd/services.ts';
import type { OpenService } from './adbd/server.ts';
import { hierarchyXml } from './automation/hierarchy.ts';
import { drawScreen } from './automation/picture.ts';
import { startAutomationServer } from './automation/server.ts';
import type { AutomatedPhone } from './automation/session.ts';
import type { PhoneApplication } from './phone/application.ts';
import { createControls } from './phone/controls.ts';
import { usualDevice, type AndroidDevice } from './phone/device.ts';
import { createGestures } from './phone/gestures.ts';
import { layOut, type Screen } from './phone/layout.ts';
import { createActivityManager, type ActivityManager } from './phone/phone.ts';
import { createState } from './phone/state.ts';
import type { Widget } from './phone/widget.ts';
import { activityCommands } from './shell/commands/activities.ts';
import { fileCommands } from './shell/commands/files.ts';
import { systemCommands } from './shell/commands/system.ts';
import type { ShellPhone } from './shell/command.ts';
import { createShell, type Shell } from './shell/shell.ts';

/** What a simulated phone is and has. */
export interface MachineOptions {
  /** What differs from {@link usualDevice}. */
  readonly device?: Partial<AndroidDevice>;
  /** Installed from the beginning. */
  readonly applications?: readonly PhoneApplication[];
  /** Applications whose package files can be installed, beside those installed. */
  readonly installable?: readonly PhoneApplication[];
  /** Whether the user has granted what installed applications ask for (default), or is asked when they need it. */
  readonly permissions?: 'granted' | 'ask';
  /** Alters what an application shows, between it and the glass: a mutant's way to show something else. */
  readonly show?: (screen: Widget) => Widget;
}

/** A phone without its connection to adb. */
export interface Machine extends AutomatedPhone {
  readonly manager: ActivityManager;
  readonly shell: Shell;
  readonly services: OpenService;
  /** What was asked and is not simulated. */
  readonly unknown: string[];
}

const instrumentation =
  'io.appium.uiautomator2.server.test/androidx.test.runner.AndroidJUnitRunner';

const serverPackage = 'io.appium.uiautomator2.server';

/** Runs the UiAutomator2 server as the process of an instrumentation. */
const createInstrumentation =
  (phone: AutomatedPhone, manager: ActivityManager, unknown: string[]) =>
  (component: string, signal: AbortSignal): Promise<void> | null => {
    if (component !== instrumentation) return null;
    const ended = Promise.withResolvers<void>();
    const pid = manager.spawn(serverPackage, ended.resolve);
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    const run = async (): Promise<void> => {
      const server = await startAutomationServer(phone, ended.resolve, (what) =>
        unknown.push(what),
      );
      await ended.promise;
      await server.stop();
      manager.exited(pid);
    };
    return run();
  };

const commands = { ...systemCommands, ...fileCommands, ...activityCommands };

/** Puts a phone's parts together. */
export const createMachine = (options: MachineOptions): Machine => {
  const { applications = [], installable = [], permissions = 'granted', show } = options;
  const state = createState({ ...usualDevice, ...options.device });
  const unknown: string[] = [];
  const manager = createActivityManager(state);
  const controls = createControls(state, manager);
  for (const application of applications) {
    controls.install(application, application.versionCode);
    if (permissions === 'granted')
      for (const permission of application.permissions)
        state.packages.get(application.packageName)?.permissions.set(permission, true);
  }
  const screen = (): Screen => layOut(state, show);
  const gestures = createGestures(state, controls, screen);
  const picture = (): Uint8Array => drawScreen(screen());
  const automated: AutomatedPhone = { state, controls, gestures, screen, picture };
  const shellPhone: ShellPhone = {
    state,
    manager,
    controls,
    applications: [...applications, ...installable],
    screenshot: picture,
    hierarchy: () => hierarchyXml(screen()),
    instrument: createInstrumentation(automated, manager, unknown),
    key: gestures.key,
    tap: gestures.tapAt,
    typeText: gestures.type,
    unknown,
  };
  const shell = createShell(shellPhone, commands);
  return { ...automated, unknown, manager, shell, services: createServices(state, shell) };
};

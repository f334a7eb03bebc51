import type { AndroidState } from '../../phone/state.ts';
import { lines, unknownUse, type CommandRun, type ShellCommand } from '../command.ts';
import { describePackage } from './packages.ts';

/** Package and activity that have the focus. */
const focusOf = (state: AndroidState): string => {
  const overlay = state.overlays.at(-1);
  if (overlay) return `${overlay.packageName}/${overlay.activity}`;
  const application = state.packages.get(state.foreground ?? '')?.application;
  if (!application) return 'com.android.launcher3/com.android.launcher3.Launcher';
  return `${application.packageName}/${application.packageName}${application.activity}`;
};

const dumpWindow = (run: CommandRun): number => {
  const { state } = run.phone;
  const focus = focusOf(state);
  return lines(
    run,
    'WINDOW MANAGER DISPLAY CONTENTS (dumpsys window displays)',
    `  init=${state.device.screen.width}x${state.device.screen.height} ${state.device.screen.density}dpi rotation=${state.rotation}`,
    `  mCurrentFocus=Window{3c1f2a0 u0 ${state.isLocked ? 'Keyguard' : focus}}`,
    `  mFocusedApp=ActivityRecord{7d10c44 u0 ${focus} t21}`,
    `  mDreamingLockscreen=${state.isLocked} mShowingLockscreen=${state.isLocked}`,
    `  mScreenOnEarly=${state.isScreenOn} mScreenOnFully=${state.isScreenOn} mAwake=${state.isScreenOn}`,
    `  SurfaceOrientation: ${state.rotation}`,
    '  mInputShown=false',
  );
};

const dumpIdle = (run: CommandRun): number => {
  const { state, controls } = run.phone;
  const [, action, detail = ''] = run.words;
  if (action === 'force-idle') {
    controls.setScreen(false);
    controls.setIdle(true);
    return lines(run, 'Now forced in to deep idle mode');
  }
  if (action === 'unforce') {
    controls.setIdle(false);
    controls.setScreen(true);
    return lines(run, 'Light state: ACTIVE, deep state: ACTIVE');
  }
  if (action === 'get') return lines(run, state.isIdle ? 'IDLE' : 'ACTIVE');
  if (action === 'whitelist') {
    if (detail === '')
      return lines(run, ...[...state.idleWhitelist].map((name) => `user,${name},10212`));
    controls.exemptFromIdle(detail.slice(1), detail.startsWith('+'));
    return lines(run, `${detail.startsWith('+') ? 'Added' : 'Removed'}: ${detail.slice(1)}`);
  }
  return lines(
    run,
    '  Settings:',
    `  mState=${state.isIdle ? 'IDLE' : 'ACTIVE'} mForceIdle=${state.isIdle}`,
  );
};

const dumpBattery = (run: CommandRun): number => {
  const { state } = run.phone;
  const [, action, what, value] = run.words;
  if (action === 'unplug') state.isPluggedIn = false;
  else if (action === 'reset') state.isPluggedIn = true;
  else if (action === 'set' && what === 'level') state.batteryLevel = Number(value);
  else
    return lines(
      run,
      'Current Battery Service state:',
      `  AC powered: false`,
      `  USB powered: ${state.isPluggedIn}`,
      `  status: ${state.isPluggedIn ? 2 : 3}`,
      `  level: ${state.batteryLevel}`,
      '  scale: 100',
    );
  return 0;
};

const dumpServices = (run: CommandRun, name: string): number => {
  // The settings helper counts as running: its service is what UiAutomator2 looks for.
  if (name === 'io.appium.settings')
    return lines(run, `* ServiceRecord{9a3c3f1 u0 ${name}/.ForegroundService}`);
  return lines(run, 'ACTIVITY MANAGER SERVICES (dumpsys activity services)', '  (nothing)');
};

const dumpActivity = (run: CommandRun): number => {
  const { state } = run.phone;
  const [, section = 'activities', name = ''] = run.words;
  if (section === 'services') return dumpServices(run, name);
  if (section === 'processes')
    return lines(
      run,
      'ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)',
      ...[...state.processes.values()].map(
        ({ pid, name }) => `  *APP* UID 10212 ProcessRecord{5d1f0c3 ${pid}:${name}/u0a212}`,
      ),
    );
  if (section !== 'activities')
    return unknownUse(run, 'dumpsys', `Bad activity command: ${section}`);
  return lines(
    run,
    'ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)',
    `  mResumedActivity: ActivityRecord{7d10c44 u0 ${focusOf(state)} t21}`,
    `  topResumedActivity=ActivityRecord{7d10c44 u0 ${focusOf(state)} t21}`,
  );
};

/** `dumpsys`: what the system's services say of themselves, as far as tests and drivers read it. */
export const dumpsys: ShellCommand = (run) => {
  const { state } = run.phone;
  const [service = ''] = run.words;
  switch (service) {
    case 'window':
      return dumpWindow(run);
    case 'deviceidle':
      return dumpIdle(run);
    case 'battery':
      return dumpBattery(run);
    case 'activity':
      return dumpActivity(run);
    case 'package': {
      const installed = state.packages.get(run.words[1] ?? '');
      return installed
        ? lines(run, ...describePackage(installed))
        : lines(run, `Unable to find package: ${run.words[1]}`);
    }
    case 'input':
      return lines(run, `    SurfaceOrientation: ${state.rotation}`);
    case 'input_method':
      return lines(
        run,
        `  mInputShown=${state.focusedInput !== null}`,
        '  mCurMethodId=com.android.inputmethod.latin/.LatinIME',
      );
    case 'power':
      return lines(
        run,
        `  mHoldingDisplaySuspendBlocker=${state.isScreenOn}`,
        `  mWakefulness=${state.isScreenOn ? 'Awake' : 'Asleep'}`,
      );
    default:
      return unknownUse(run, 'dumpsys', `Can't find service: ${service}`);
  }
};

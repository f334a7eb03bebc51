import type { Overlay } from './state.ts';
import type { Widget } from './widget.ts';

const controller = 'com.android.permissioncontroller';

const questions: Readonly<Record<string, string>> = {
  'android.permission.RECORD_AUDIO': 'record audio',
  'android.permission.POST_NOTIFICATIONS': 'send you notifications',
  'android.permission.READ_SMS': 'send and view SMS messages',
};

const column = (...children: readonly Widget[]): Widget => ({ kind: 'column', children });

/** The dialog in which the user of Android 11 and later grants a permission. */
export const permissionDialog = (
  permission: string,
  packageName: string,
  decide: (isGranted: boolean) => void,
): Overlay => {
  const message = `Allow ${packageName} to ${questions[permission] ?? permission}?`;
  const prefix = `${controller}:id/permission`;
  const answers = new Map([
    [`${prefix}_allow_foreground_only_button`, true],
    [`${prefix}_allow_one_time_button`, true],
    [`${prefix}_deny_button`, false],
  ]);
  const texts = ['While using the app', 'Only this time', "Don't allow"];
  return {
    kind: 'permission',
    packageName: controller,
    activity: 'com.android.permissioncontroller.permission.ui.GrantPermissionsActivity',
    message,
    screen: column(
      { kind: 'text', id: `${prefix}_message`, text: message },
      ...[...answers.keys()].map((id, index): Widget => ({
        kind: 'button',
        id,
        text: texts[index] ?? '',
      })),
    ),
    tap(id) {
      const answer = answers.get(id);
      if (answer !== undefined) decide(answer);
    },
    accept: () => decide(true),
    dismiss: () => decide(false),
  };
};

/** A call of the telephone network over whatever is on the screen, first ringing and then answered. */
export const systemCall = (
  from: string,
  isAnswered: boolean,
  act: (action: 'answer' | 'end') => void,
): Overlay => {
  const prefix = 'com.android.dialer:id';
  const actions = new Map<string, 'answer' | 'end'>([
    [`${prefix}/incoming_call_answer`, 'answer'],
    [`${prefix}/incoming_call_decline`, 'end'],
    [`${prefix}/incall_end_call`, 'end'],
  ]);
  const buttons: readonly Widget[] = isAnswered
    ? [{ kind: 'button', id: `${prefix}/incall_end_call`, text: 'End call' }]
    : [
        { kind: 'button', id: `${prefix}/incoming_call_answer`, text: 'Answer' },
        { kind: 'button', id: `${prefix}/incoming_call_decline`, text: 'Decline' },
      ];
  return {
    kind: 'system-call',
    packageName: 'com.android.dialer',
    activity: 'com.android.incallui.LegacyInCallActivity',
    message: `Incoming call from ${from}`,
    screen: column(
      { kind: 'text', id: `${prefix}/contactgrid_contact_name`, text: from },
      ...buttons,
    ),
    tap(id) {
      const action = actions.get(id);
      if (action) act(action);
    },
    accept: () => act('answer'),
    dismiss: () => act('end'),
  };
};

/** The lock screen without a secret: a tap on it, or the menu key, opens the phone. */
export const lockScreen = (open: () => void): Overlay => ({
  kind: 'lock-screen',
  packageName: 'com.android.systemui',
  activity: 'com.android.systemui.keyguard',
  message: 'Locked',
  screen: column({
    kind: 'button',
    id: 'com.android.systemui:id/keyguard_indication_area',
    text: 'Swipe up to open',
  }),
  tap: open,
  accept: open,
  dismiss: () => undefined,
});

/** What can be wrong around phones, told apart so that each has its own way out. */
export type DeviceProblemCode =
  | 'no-adb'
  | 'adb-unreachable'
  | 'adb-version'
  | 'adb-refusal'
  | 'unauthorised'
  | 'offline'
  | 'no-permission'
  | 'unknown-device'
  | 'application-missing'
  | 'install-failed'
  | 'appium-unreachable'
  | 'port-taken'
  | 'chromedriver-version'
  | 'android-version'
  | 'session'
  | 'screen'
  | 'token'
  | 'file';

/** Something around a phone that its user can mend: one line with thing, reason and way out. */
export class DeviceProblem extends Error {
  override readonly name = 'DeviceProblem';
  readonly code: DeviceProblemCode;
  constructor(code: DeviceProblemCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

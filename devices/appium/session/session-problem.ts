import { DeviceProblem, type DeviceProblemCode } from '../problem.ts';

/** What a session was wanted for. */
export interface Wanted {
  readonly phone: string;
  readonly serial: string;
  readonly application: string;
  /** Where Appium was asked. */
  readonly server: string;
}

interface Known {
  readonly says: RegExp;
  readonly code: DeviceProblemCode;
  readonly tell: (wanted: Wanted, found: RegExpExecArray) => string;
}

/** What Appium, its drivers and webdriver clients say, and what it means; the first that fits counts. */
const known: readonly Known[] = [
  {
    says: /adb server version \((\d+)\) doesn't match this client \((\d+)\)/,
    code: 'adb-version',
    tell: (_wanted, [, server = '', client = '']) =>
      `adb: the server speaks version ${server}, this adb ${client}; end the other server with its own adb kill-server, or set ANDROID_HOME to its SDK`,
  },
  {
    says: /only supports Chrome version (\d+)[\s\S]*?(?:browser version is|Current browser version) (\d+)/i,
    code: 'chromedriver-version',
    tell: ({ phone }, [, driver = '', browser = '']) =>
      `phone ${phone}: chromedriver is for Chrome ${driver}, the phone has ${browser}; give the one of ${browser} as chromedriver in the farm file`,
  },
  {
    says: /No Chromedriver found that can automate Chrome '?([\d.]+)'?/i,
    code: 'chromedriver-version',
    tell: ({ phone }, [, browser = '']) =>
      `phone ${phone}: no chromedriver for its Chrome ${browser} is here; give one of that version as chromedriver in the farm file`,
  },
  {
    says: /(?:Could not find a connected Android device|was not in the list of connected devices|device '[^']*' not found)/i,
    code: 'unknown-device',
    tell: ({ phone, serial }) =>
      `phone ${phone}: Appium finds no ${serial}; adb devices -l on its machine shows what is connected`,
  },
  {
    says: /device unauthorized/i,
    code: 'unauthorised',
    tell: ({ phone, serial }) =>
      `phone ${phone} (${serial}) has not authorised this computer; unlock its screen, accept "Allow USB debugging", and try again`,
  },
  {
    says: /device(?: is)? (?:still )?offline/i,
    code: 'offline',
    tell: ({ phone, serial }) =>
      `phone ${phone} (${serial}) is offline to adb; draw its cable and put it back, or adb -s ${serial} reconnect`,
  },
  {
    says: /(?:Activity (?:name|class) .*does not exist|package .*(?:does not exist|is not installed)|Cannot (?:find|start) .* (?:package|application)|The application under test .* not installed)/i,
    code: 'application-missing',
    tell: ({ phone, application }) =>
      `phone ${phone}: ${application} is not installed; give its APK as application.apk in the farm file, or install it`,
  },
  {
    says: /(?:Android (?:API|SDK).*(?:not supported|lower than)|requires Android (?:8|API level 26)|supports? only Android .* (?:8|26))/i,
    code: 'android-version',
    tell: ({ phone }) =>
      `phone ${phone}: its Android is older than 8, which this driver does not take; docs/device-farm.md has an older driver, or a person’s steps`,
  },
  {
    says: /(?:EADDRINUSE|port (?:#?\d+ )?(?:is|may) (?:already )?(?:be )?(?:in use|busy)|systemPort .*busy)/i,
    code: 'port-taken',
    tell: ({ phone }) =>
      `phone ${phone}: a port of its session is taken; end the session that another Appium has on it`,
  },
  {
    says: /(?:HPE_[A-Z_]+|Could not parse response body|UND_ERR_SOCKET)/,
    code: 'port-taken',
    tell: ({ server }) =>
      `Appium at ${server}: another program listens there; end it (ss -ltnp shows which), or mend appium in the farm file`,
  },
  {
    says: /(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|Unable to connect|fetch failed|WebDriverError: Request failed)/,
    code: 'appium-unreachable',
    tell: ({ server }) =>
      `Appium at ${server} does not answer; start it, or mend appium in the farm file`,
  },
];

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 300);

/** One line for why a session could not be had. */
export const sessionProblem = (wanted: Wanted, said: string): DeviceProblem => {
  for (const { says, code, tell } of known) {
    const found = says.exec(said);
    if (found) return new DeviceProblem(code, tell(wanted, found));
  }
  return new DeviceProblem(
    'session',
    `phone ${wanted.phone}: Appium at ${wanted.server} gives no session: ${firstLine(said)}; its log says more`,
  );
};

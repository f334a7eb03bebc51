import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  factsOf,
  newestToken,
  parseClientVersion,
  parseInbox,
  parseLock,
  parseMajorVersion,
  parsePackage,
  parseProperties,
  parseServerVersion,
} from './device-facts.ts';
import { findDevice, parseDevices, stateProblem } from './devices-list.ts';

const list = `List of devices attached
* daemon started successfully
R58N30ABCDE            device usb:1-2 product:a52qnsxx model:SM_A525F device:a52q transport_id:7
127.0.0.1:41233        offline transport_id:9
0123456789ABCDEF       unauthorized usb:1-3 transport_id:3
HT7A1                  no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html]

`;

describe('adb devices -l', () => {
  it('is read line by line', () => {
    expect(parseDevices(list).map(({ serial, state }) => [serial, state])).toEqual([
      ['R58N30ABCDE', 'device'],
      ['127.0.0.1:41233', 'offline'],
      ['0123456789ABCDEF', 'unauthorized'],
      ['HT7A1', 'no permissions'],
    ]);
    expect(parseDevices(list)[0]).toMatchObject({ model: 'SM_A525F', transport: '7' });
  });

  it.each([
    [
      'a',
      '127.0.0.1:41233',
      'offline',
      /phone a \(127\.0\.0\.1:41233\) is offline to adb; draw its cable/,
    ],
    [
      'b',
      '0123456789ABCDEF',
      'unauthorised',
      /has not authorised this computer; unlock its screen, accept/,
    ],
    [
      'c',
      'HT7A1',
      'no-permission',
      /this user may not open its USB device; install the udev rules/,
    ],
    ['d', 'R58N', 'unknown-device', /adb lists no R58N, only R58N30ABCDE, .*; mend its serial/],
  ])('phone %s: what is wrong with %s', (name, serial, code, message) => {
    let thrown: unknown;
    try {
      findDevice(name, serial, parseDevices(list));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
    expect(String(thrown)).toMatch(message);
    expect(String(thrown)).not.toContain('\n');
  });

  it('a phone that is ready is found', () => {
    expect(findDevice('x', 'R58N30ABCDE', parseDevices(list)).model).toBe('SM_A525F');
    expect(
      parseDevices('s recovery')
        .map((device) => stateProblem('x', device)?.message)
        .join(),
    ).toContain('in the state recovery; start Android on it');
  });
});

const properties = (more = ''): string => `[ro.product.manufacturer]: [samsung]
[ro.product.model]: [SM-A525F]
[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.build.version.security_patch]: [2026-10-05]
[ro.build.fingerprint]: [samsung/a52q/a52q:14/UP1A/1:user/release-keys]
${more}`;

describe('a phone’s properties', () => {
  it('give its model, Android version and security patch level', () => {
    expect(factsOf('S', parseProperties(properties()))).toEqual({
      serial: 'S',
      manufacturer: 'samsung',
      model: 'SM-A525F',
      android: '14',
      sdk: 34,
      securityPatch: '2026-10-05',
      build: 'samsung/a52q/a52q:14/UP1A/1:user/release-keys',
      nature: 'device',
    });
  });

  it.each([
    ['[ro.kernel.qemu]: [1]', 'emulator'],
    ['[ro.hardware]: [ranchu]', 'emulator'],
    ['[ro.product.brand]: [discretio]', 'simulated'],
    ['[ro.kernel.qemu]: [0]', 'device'],
  ])('%s makes it %s', (line, nature) => {
    expect(factsOf('S', parseProperties(properties(line))).nature).toBe(nature);
  });
});

describe('dumpsys', () => {
  const dump = `Packages:
  Package [org.example.app] (8f1):
    appId=10245
    versionCode=42 minSdk=21 targetSdk=34
    versionName=1.4.2
    flags=[ DEBUGGABLE HAS_CODE ALLOW_CLEAR_USER_DATA ]
      runtime permissions:
        android.permission.RECORD_AUDIO: granted=true, flags=[ USER_SET ]
        android.permission.POST_NOTIFICATIONS: granted=false`;

  it('package gives version, build and permissions', () => {
    expect(parsePackage(dump, 'org.example.app')).toEqual({
      versionName: '1.4.2',
      versionCode: 42,
      isDebuggable: true,
      uid: 10_245,
      permissions: new Map([
        ['android.permission.RECORD_AUDIO', true],
        ['android.permission.POST_NOTIFICATIONS', false],
      ]),
    });
    expect(parsePackage(dump.replace('DEBUGGABLE ', ''), 'org.example.app')?.isDebuggable).toBe(
      false,
    );
    expect(parsePackage(dump, 'org.example.ap')).toBeNull();
  });

  it('power and window give screen and lock, or that it is not known', () => {
    expect(parseLock('  mWakefulness=Asleep', 'mDreamingLockscreen=true mX=false')).toEqual({
      isOn: false,
      isLocked: true,
    });
    expect(parseLock('', '')).toEqual({ isOn: null, isLocked: null });
  });
});

describe('the inbox', () => {
  const rows = `Row: 0 date=1700000002000, address=+33600000000, body=Your code is 654321, keep it
for yourself
Row: 1 date=1700000001000, address=Info, body=123456 is old
`;

  it('is read with bodies of several lines', () => {
    expect(parseInbox(rows)).toEqual([
      {
        at: 1_700_000_002_000,
        from: '+33600000000',
        body: 'Your code is 654321, keep it\nfor yourself',
      },
      { at: 1_700_000_001_000, from: 'Info', body: '123456 is old' },
    ]);
  });

  it('gives the newest token after a moment, and none from before', () => {
    const inbox = parseInbox(rows);
    expect(newestToken(inbox, 0, '\\b\\d{6,}\\b')).toBe('654321');
    expect(newestToken(inbox, 0, 'code is (\\d+)')).toBe('654321');
    expect(newestToken(inbox, 1_700_000_003_000, '\\b\\d{6,}\\b')).toBeNull();
    expect(parseInbox('No result found.')).toEqual([]);
  });
});

describe('versions', () => {
  it('of adb: both sides count alike', () => {
    expect(parseClientVersion('Android Debug Bridge version 1.0.41\nVersion 29.0.6')).toBe(41);
    expect(parseServerVersion('0029')).toBe(41);
    expect(parseServerVersion('OKAY')).toBeNull();
    expect(parseClientVersion('adb: command not found')).toBeNull();
  });

  it('of Chrome: the first number', () => {
    expect(parseMajorVersion('ChromeDriver 156.0.8078.79 (a21ce95)')).toBe(156);
    expect(parseMajorVersion('none')).toBeNull();
  });
});

test.prop([fc.string({ maxLength: 300 })])('no parser throws, whatever a phone prints', (text) => {
  expect(parseDevices(text)).toBeInstanceOf(Array);
  expect(parseProperties(text)).toBeInstanceOf(Map);
  expect(parseInbox(text)).toBeInstanceOf(Array);
  parsePackage(text, 'a.b');
  parseLock(text, text);
  parseClientVersion(text);
  parseMajorVersion(text);
});

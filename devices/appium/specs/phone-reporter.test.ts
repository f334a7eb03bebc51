import { describe, expect, it } from 'vitest';
import { phoneReporter, tellPhones } from './phone-reporter.ts';

const caller = { platformName: 'Android', deviceModel: 'SM-A525F', platformVersion: '14' };
const callee = { 'appium:deviceName': 'emulator-5556', 'appium:platformVersion': '13' };

describe('the report of the specs', () => {
  it.each([
    [
      { caller, callee },
      'caller on SM-A525F (Android 14) and callee on emulator-5556 (Android 13)',
    ],
    [
      { caller: { capabilities: caller }, callee: {} },
      'caller on SM-A525F (Android 14) and callee on a phone',
    ],
    [{ caller: null, callee: { udid: 'R58' } }, 'caller on a phone and callee on R58'],
  ])('names the phones of %j', (capabilities, told) => {
    expect(tellPhones(capabilities)).toBe(told);
  });

  it('says so in the place of browsers that there are none of', () => {
    const Reporter = phoneReporter as unknown as new (
      options: Parameters<typeof phoneReporter>[0],
    ) => ReturnType<typeof phoneReporter>;
    const reporter = new Reporter({ logFile: '/dev/null' } as never);
    expect(reporter.getEnviromentCombo({ caller, callee }, true, true)).toBe(
      'caller on SM-A525F (Android 14) and callee on emulator-5556 (Android 13)',
    );
    expect(reporter.getEnviromentCombo({ browserName: 'chrome', platformName: 'Linux' })).toMatch(
      /^chrome on Linux$/i,
    );
  });
});

import SpecReporter from '@wdio/spec-reporter';

/** What a session says of its phone; the names come with and without the vendor's prefix. */
const tellPhone = ([role, given]: readonly [string, unknown]): string => {
  const outer = typeof given === 'object' && given !== null ? given : {};
  const inner = 'capabilities' in outer ? outer.capabilities : outer;
  const told = new Map(typeof inner === 'object' && inner !== null ? Object.entries(inner) : []);
  const textOf = (...names: readonly string[]): string => {
    const values = names.flatMap((name) => [told.get(name), told.get(`appium:${name}`)]);
    return String(values.find((value) => typeof value === 'string' && value !== '') ?? '');
  };
  const model = textOf('deviceModel', 'deviceName', 'udid');
  const version = textOf('platformVersion');
  return `${role} on ${model || 'a phone'}${version && ` (Android ${version})`}`;
};

/** The phones of a multiremote session, by what the specs call them. */
export const tellPhones = (capabilities: object): string =>
  Object.entries(capabilities).map(tellPhone).join(' and ');

/** WebdriverIO's own reporter of specs, but that of several phones it names browsers, which they have none of. WebdriverIO calls it with `new`. */
export function phoneReporter(
  options: ConstructorParameters<typeof SpecReporter>[0],
): SpecReporter {
  const reporter = new SpecReporter(options);
  const usual = reporter.getEnviromentCombo.bind(reporter);
  reporter.getEnviromentCombo = (capabilities, verbose, isMultiremote) =>
    isMultiremote === true ? tellPhones(capabilities) : usual(capabilities, verbose, false);
  return reporter;
}

import { markup, type Markup } from '../render/markup.ts';
import { oneLine } from '../render/text.ts';
import type { Cell, DeviceEntry, FarmResults } from './results.ts';

const outcomeOf = ({ outcome, reason }: Cell): Markup | null => {
  const message = oneLine(reason);
  switch (outcome) {
    case 'pass':
      return null;
    case 'warn':
      return markup`<system-out>warn: ${message}</system-out>`;
    case 'fail':
      return markup`<failure message="${message}" type="fail"/>`;
    case 'flaky':
    case 'inconclusive':
    case 'unsupported':
      return markup`<error message="${message}" type="${outcome}"/>`;
    case 'skipped':
      return markup`<skipped message="${message}"/>`;
  }
};

const tookOf = ({ attempts }: Cell): number =>
  attempts.reduce((total, { took }) => total + took, 0);

const testCase = (cell: Cell): Markup =>
  markup`    <testcase classname="${cell.device}.${cell.network}" name="${oneLine(`${cell.scenario} as ${cell.role} with ${cell.peer}`)}" time="${(tookOf(cell) / 1000).toFixed(3)}">${outcomeOf(cell)}</testcase>\n`;

const property = (name: string, value: string): Markup =>
  markup`      <property name="${name}" value="${oneLine(value)}"/>\n`;

const propertiesOf = ({ facts, labels }: DeviceEntry): Markup | null =>
  facts &&
  markup`    <properties>\n${[
    property('serial', facts.serial),
    property('model', `${facts.manufacturer} ${facts.model}`),
    property('android', facts.android),
    property('securityPatch', facts.securityPatch),
    property('nature', facts.nature),
    property('labels', labels.join(' ')),
  ]}    </properties>\n`;

/** A phone that did not run shows as one skipped case, so that it is missed by whoever looks. */
const notRun = (device: DeviceEntry): readonly Markup[] =>
  device.standing === 'ran'
    ? []
    : [
        markup`    <testcase classname="${device.name}" name="the phone runs"><skipped message="${oneLine(device.reason ?? device.standing)}"/></testcase>\n`,
      ];

const suite = (device: DeviceEntry, { cells, startedAt }: FarmResults): Markup => {
  const own = cells.filter((cell) => cell.device === device.name);
  const absent = notRun(device);
  const count = (...kinds: readonly Cell['outcome'][]) =>
    own.filter(({ outcome }) => kinds.includes(outcome)).length;
  return markup`  <testsuite name="${device.name}" tests="${own.length + absent.length}" failures="${count('fail')}" errors="${count('flaky', 'inconclusive', 'unsupported')}" skipped="${count('skipped') + absent.length}" timestamp="${startedAt}">
${propertiesOf(device)}${own.map(testCase)}${absent}  </testsuite>\n`;
};

/** One phone's results as JUnit XML: fail is a failure; flaky, inconclusive and unsupported are errors. */
export const renderDeviceJunit = (device: DeviceEntry, results: FarmResults): string =>
  markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="discretio devices: ${results.farm}">
${suite(device, results)}</testsuites>
`.safe;

/** A run for which there was no phone, as JUnit XML: one skipped case. */
export const renderSkippedJunit = ({ farm, startedAt, skipped = '' }: FarmResults): string =>
  markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="discretio devices: ${farm}">
  <testsuite name="devices" tests="1" failures="0" errors="0" skipped="1" timestamp="${startedAt}">
    <testcase classname="devices" name="phones of the farm are there"><skipped message="${oneLine(skipped)}"/></testcase>
  </testsuite>
</testsuites>
`.safe;

import type { Cell, DeviceEntry, DeviceOutcome, FarmResults } from './results.ts';

/** A file of Allure's results folder. */
export interface AllureFile {
  readonly name: string;
  readonly content: object;
}

/** Allure knows four words; only a pass is `passed`, and what is flaky is broken until it is understood. */
const statuses: Readonly<Record<DeviceOutcome, 'passed' | 'failed' | 'broken' | 'skipped'>> = {
  pass: 'passed',
  warn: 'passed',
  fail: 'failed',
  flaky: 'broken',
  inconclusive: 'broken',
  unsupported: 'skipped',
  skipped: 'skipped',
};

const label = (name: string, value: string) => ({ name, value });

const resultOf = (
  cell: Cell,
  device: DeviceEntry | undefined,
  { farm, startedAt }: FarmResults,
  uuid: string,
): AllureFile => {
  const start = Date.parse(startedAt);
  const took = cell.attempts.reduce((total, attempt) => total + attempt.took, 0);
  const { facts } = device ?? {};
  const model = facts ? `${facts.manufacturer} ${facts.model}, Android ${facts.android}` : '';
  return {
    name: `${uuid}-result.json`,
    content: {
      uuid,
      historyId: `${cell.device}/${cell.network}/${cell.scenario}`,
      testCaseId: cell.scenario,
      name: `${cell.scenario} on ${cell.device} (${cell.network})`,
      fullName: `${farm}: ${cell.scenario} on ${cell.device} as ${cell.role} with ${cell.peer}, ${cell.network}`,
      status: statuses[cell.outcome],
      statusDetails: {
        message: `${cell.outcome}: ${cell.reason}`,
        flaky: cell.outcome === 'flaky',
      },
      stage: 'finished',
      start,
      stop: start + took,
      labels: [
        label('suite', cell.device),
        label('host', cell.device),
        label('feature', cell.scenario),
        label('framework', 'discretio'),
      ],
      parameters: [
        { name: 'device', value: cell.device },
        { name: 'model', value: model },
        { name: 'securityPatch', value: facts?.securityPatch ?? '' },
        { name: 'network', value: cell.network },
        { name: 'role', value: cell.role },
        { name: 'peer', value: cell.peer },
      ],
      steps: cell.attempts.map(({ kind, reason, run }, index) => ({
        name: `attempt ${index + 1}: ${kind}, run ${run}`,
        status: statuses[kind],
        statusDetails: { message: reason },
        stage: 'finished',
      })),
    },
  };
};

/** Results for `allure generate`, a file for each cell; `uuidOf` names them, by their number. */
export const renderAllure = (
  results: FarmResults,
  uuidOf: (index: number) => string,
): readonly AllureFile[] =>
  results.cells.map((cell, index) =>
    resultOf(
      cell,
      results.devices.find(({ name }) => name === cell.device),
      results,
      uuidOf(index),
    ),
  );

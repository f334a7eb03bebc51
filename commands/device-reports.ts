import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderAllure } from '../reports/devices/allure.ts';
import { renderDeviceGrid } from '../reports/devices/grid-html.ts';
import { renderDeviceJunit, renderSkippedJunit } from '../reports/devices/junit.ts';
import {
  farmResultsSchema,
  type Cell,
  type DeviceEntry,
  type FarmResults,
} from '../reports/devices/results.ts';

/** What a phone said of itself in the evidence of its runs; null where it said nothing. */
export const factsFrom = async (
  folder: string,
  name: string,
  cells: readonly Cell[],
): Promise<DeviceEntry['facts']> => {
  for (const { run } of cells
    .filter(({ device }) => device === name)
    .flatMap((cell) => cell.attempts)) {
    const path = join(folder, run, 'evidence/devices', name, 'device.json');
    const text = await readFile(path, 'utf8').catch(() => null);
    const parsed =
      text === null
        ? null
        : farmResultsSchema.shape.devices.element.shape.facts.safeParse(JSON.parse(text));
    if (parsed?.success === true) return parsed.data;
  }
  return null;
};

/** Writes a farm's results: JSON, a page, JUnit XML for each phone, and a folder for Allure. */
export const writeDeviceReports = async (folder: string, results: FarmResults): Promise<void> => {
  const write = (name: string, content: string): Promise<void> =>
    writeFile(join(folder, name), content);
  await mkdir(join(folder, 'allure-results'), { recursive: true });
  await write('devices.json', `${JSON.stringify(results, null, 2)}\n`);
  await write('index.html', renderDeviceGrid(results));
  if (results.skipped !== undefined) await write('junit.xml', renderSkippedJunit(results));
  for (const device of results.devices)
    await write(`junit-${device.name}.xml`, renderDeviceJunit(device, results));
  for (const { name, content } of renderAllure(results, () => randomUUID()))
    await write(join('allure-results', name), `${JSON.stringify(content)}\n`);
};

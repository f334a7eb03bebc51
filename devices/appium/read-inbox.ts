import { adbServerOf } from './farm/discovery.ts';
import { readFarm } from './farm/read.ts';
import { readInbox } from './device/link.ts';
import { DeviceProblem } from './problem.ts';

/**
 * Prints the texts in the inbox of the phone of a farm that has a number, oldest first, for a target's file:
 * `tokens: { from: command, command: [node, devices/appium/read-inbox.ts, farm.yaml, '{number}'] }`.
 */
const printInbox = async (file: string, number: string): Promise<void> => {
  const { farm } = readFarm(file);
  const found = Object.entries(farm.phones).find(([, phone]) => phone.number === number);
  const [phone, described] = found ?? [];
  if (phone === undefined || !described || !('serial' in described) || !described.readsInbox)
    throw new DeviceProblem(
      'token',
      `farm ${file}: no phone with the number ${number} has readsInbox: true; add it, or read tokens another way`,
    );
  const link = { phone, serial: described.serial, server: adbServerOf(farm), adb: '' };
  const messages = await readInbox(link);
  for (const { body } of messages.toSorted((left, right) => left.at - right.at))
    process.stdout.write(`${body}\n`);
};

const [file, number] = process.argv.slice(2);
if (file === undefined || number === undefined) {
  process.stderr.write('usage: node devices/appium/read-inbox.ts FARM NUMBER\n');
  process.exitCode = 64;
} else
  await printInbox(file, number).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });

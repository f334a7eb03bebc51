import type { Command } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { version } from './version.ts';

interface DoctorOptions {
  readonly json?: boolean;
}

const doctor = async ({ json = false }: DoctorOptions): Promise<number> => {
  const { examineMachine } = await import('./machine.ts');
  const parts = await examineMachine();
  const exit = parts.every(({ problem }) => problem === null)
    ? exitCodes.clean
    : exitCodes.inconclusive;
  if (json) {
    console.log(JSON.stringify({ tool: 'discretio', version, parts, exit }, null, 2));
    return exit;
  }
  const width = Math.max(...parts.map(({ name }) => name.length));
  for (const { name, found, problem, without } of parts)
    console.log(
      problem === null
        ? `✓ ${name.padEnd(width)}  ${found ?? ''}`
        : `– ${name.padEnd(width)}  ${problem}: ${without}`,
    );
  const missing = parts.filter(({ problem }) => problem !== null).length;
  console.log(
    missing === 0
      ? 'Everything is there.'
      : `${missing} of ${parts.length} are not there; ./setup installs what this system offers, and everything else works without them.`,
  );
  return exit;
};

/** `discretio doctor`: what this machine has of what the testbed can use. */
export const addDoctorCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('doctor')
    .description('say what of this machine the testbed can use, and what works without the rest')
    .option('--json', 'print one JSON object')
    .action(async (options: DoctorOptions) => finish(await doctor(options)));
};

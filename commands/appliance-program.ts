import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../reports/model/verdict.ts';
import { CommandProblem } from './command-problem.ts';

/** The appliance is a program of its own: commands know its words, and nothing of what it is made of. */
const program = fileURLToPath(
  new URL('../reference/appliance/service/program.ts', import.meta.url),
);

/**
 * Becomes the appliance's program, in this very process where the system can, so that signals, the terminal and systemd reach it
 * directly. Gives its exit code where it has to run beside this process.
 */
export const becomeAppliance = (words: readonly string[]): number => {
  const args = [...process.execArgv, program, ...words];
  process.execve?.(process.execPath, [process.execPath, ...args], process.env);
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (error)
    throw new CommandProblem(
      `the appliance cannot be started: ${error.message}; run ./setup`,
      exitCodes.inconclusive,
    );
  return status ?? exitCodes.inconclusive;
};

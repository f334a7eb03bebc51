import { Command, CommanderError } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { addAuthoritiesCommand } from './authorities.ts';
import { addAdminCommand } from './admin.ts';
import { addApplianceCommand } from './appliance.ts';
import { addClaimsCommand } from './claims.ts';
import { CommandProblem } from './command-problem.ts';
import { addDiffCommand } from './diff.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addFuzzCommand } from './fuzz.ts';
import { addInspectCommand } from './inspect.ts';
import { addJudgeCommand } from './judge.ts';
import { addKeystoreCommand } from './keystore.ts';
import { addLabCommand } from './lab.ts';
import { addMutantsCommand } from './mutants.ts';
import { addProbeCommand } from './probe.ts';
import { addUpCommand } from './up.ts';
import { version } from './version.ts';

/** Commander's messages as one line each, with the way out. */
const inOneLine = (command: Command, hint: string): void => {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const message = text
        .replace(/^error: /, '')
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ');
      write(`discretio: ${message.replace(/\.$/, '')}; ${hint}\n`);
    },
  });
};

const buildProgram = (finish: (code: number) => void): Command => {
  const program = new Command('discretio')
    .description('Conformance and simulation testbed for a secure mobile telephony system')
    .version(version);
  addEvaluateCommand(program, finish);
  addJudgeCommand(program, finish);
  addDiffCommand(program, finish);
  addClaimsCommand(program, finish);
  addInspectCommand(program, finish);
  addKeystoreCommand(program, finish);
  addProbeCommand(program, finish);
  addLabCommand(program, finish);
  addUpCommand(program, finish);
  addMutantsCommand(program, finish);
  addFuzzCommand(program, finish);
  addApplianceCommand(program, finish);
  addAdminCommand(program, finish);
  addAuthoritiesCommand(program, finish);
  inOneLine(program, 'discretio --help lists the commands');
  for (const command of program.commands) {
    inOneLine(command, `discretio ${command.name()} --help lists its options`);
    for (const sub of command.commands)
      inOneLine(sub, `discretio ${command.name()} ${sub.name()} --help lists its options`);
  }
  return program;
};

const fromCommander = (error: CommanderError): number =>
  error.exitCode === 0 ? exitCodes.clean : exitCodes.usage;

/** Runs one command line and gives its exit code; a problem is one line on standard error, never a stack trace. */
export const main = async (words: readonly string[]): Promise<number> => {
  let exitCode: number = exitCodes.clean;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return fromCommander(error);
    process.stderr.write(
      `discretio: ${messageOf(error)
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ')}\n`,
    );
    return error instanceof CommandProblem ? error.exitCode : exitCodes.inconclusive;
  }
  return exitCode;
};

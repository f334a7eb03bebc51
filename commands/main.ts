import { Command, CommanderError } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { addClaimsCommand } from './claims.ts';
import { CommandProblem } from './command-problem.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addJudgeCommand } from './judge.ts';
import { version } from './version.ts';

const nodeIsTooOld = (): boolean => Number(process.versions.node.split('.')[0]) < 24;

const buildProgram = (finish: (code: number) => void): Command => {
  const program = new Command('discretio')
    .description('Conformance and simulation testbed for a secure mobile telephony system')
    .version(version)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'discretio: ')),
    })
    .showHelpAfterError('(discretio --help, or discretio COMMAND --help, lists what there is)');
  addEvaluateCommand(program, finish);
  addJudgeCommand(program, finish);
  addClaimsCommand(program, finish);
  for (const command of program.commands) {
    command.exitOverride().configureOutput(program.configureOutput());
    command.showHelpAfterError(`(discretio ${command.name()} --help lists its options)`);
  }
  return program;
};

const fromCommander = (error: CommanderError): number =>
  error.exitCode === 0 ? exitCodes.clean : exitCodes.usage;

/** Runs one command line and gives its exit code; a problem is one line on standard error, never a stack trace. */
export const main = async (words: readonly string[]): Promise<number> => {
  if (nodeIsTooOld()) {
    process.stderr.write(
      `discretio: Node ${process.versions.node} is too old; run ./setup, then npm run evaluate or npx discretio, which find Node 24\n`,
    );
    return exitCodes.usage;
  }
  let exitCode: number = exitCodes.clean;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return fromCommander(error);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`discretio: ${message.replaceAll('\n', ' ')}\n`);
    return error instanceof CommandProblem ? error.exitCode : exitCodes.inconclusive;
  }
  return exitCode;
};

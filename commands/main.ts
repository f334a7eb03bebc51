import { Command, CommanderError } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { CommandProblem } from './command-problem.ts';
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

/** Adds one command; `finish` takes its exit code. */
type AddCommand = (program: Command, finish: (code: number) => void) => void;

/** Every command in the order of the help, each loaded only where it is asked for: all together take half a second. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  evaluate: async () => (await import('./evaluate.ts')).addEvaluateCommand,
  judge: async () => (await import('./judge.ts')).addJudgeCommand,
  diff: async () => (await import('./diff.ts')).addDiffCommand,
  claims: async () => (await import('./claims.ts')).addClaimsCommand,
  inspect: async () => (await import('./inspect.ts')).addInspectCommand,
  keystore: async () => (await import('./keystore.ts')).addKeystoreCommand,
  probe: async () => (await import('./probe.ts')).addProbeCommand,
  lab: async () => (await import('./lab.ts')).addLabCommand,
  up: async () => (await import('./up.ts')).addUpCommand,
  mutants: async () => (await import('./mutants.ts')).addMutantsCommand,
  doctor: async () => (await import('./doctor.ts')).addDoctorCommand,
  fuzz: async () => (await import('./fuzz.ts')).addFuzzCommand,
  appliance: async () => (await import('./appliance.ts')).addApplianceCommand,
  admin: async () => (await import('./admin.ts')).addAdminCommand,
  authorities: async () => (await import('./authorities.ts')).addAuthoritiesCommand,
};

/** The program with the command that the words name, or with all of them, for its help and for the likeliest meaning of a misspelt one. */
const buildProgram = async (
  [name = '']: readonly string[],
  finish: (code: number) => void,
): Promise<Command> => {
  const program = new Command('discretio')
    .description('Conformance and simulation testbed for a secure mobile telephony system')
    .version(version);
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined;
  for (const load of named ? [named] : Object.values(commands)) (await load())(program, finish);
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
  try {
    const program = await buildProgram(words, (code) => {
      exitCode = code;
    });
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

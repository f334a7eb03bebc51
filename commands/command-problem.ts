import { exitCodes, type ExitCode } from '../reports/model/verdict.ts';

/** Ends a command with one line for the user: the thing, the reason and the way out. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

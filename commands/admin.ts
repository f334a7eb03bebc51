import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { becomeAppliance } from './appliance-program.ts';
import { CommandProblem } from './command-problem.ts';

interface StateOptions {
  readonly config?: string;
  readonly state?: string;
}

/** Reasons of RFC 5280 section 5.3.1 that the appliance gives. */
const reasons = ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'] as const;

const withState = (command: Command): Command =>
  command
    .option('--config <file>', 'the appliance’s configuration, which names its state folder')
    .addOption(new Option('--state <folder>', 'the state folder itself').conflicts('config'));

const placeOf = ({ config, state }: StateOptions): readonly [kind: string, path: string] => {
  if (state !== undefined) return ['state', resolve(state)];
  if (config !== undefined) return ['config', resolve(config)];
  throw new CommandProblem('admin: whose state is not said; give --config FILE or --state FOLDER');
};

/** `discretio admin`: what administrators do from a shell, by the running appliance or on the state of a stopped one. */
export const addAdminCommand = (program: Command, finish: (code: number) => void): void => {
  const admin = program
    .command('admin')
    .description('administer an appliance from a shell, whether it runs or not');
  const run = (...words: readonly string[]): void => finish(becomeAppliance(words));
  const operate = (options: StateOptions, operation: object): void =>
    run('operation', ...placeOf(options), JSON.stringify(operation));
  const command = (name: string, description: string): Command =>
    withState(admin.command(name).description(description));

  command('revoke <number>', 'revoke a number’s certificates and block it')
    .addOption(
      new Option('--reason <reason>', 'for the revocation list')
        .choices(reasons)
        .default('unspecified'),
    )
    .action((number: string, options: StateOptions & { readonly reason: string }) =>
      operate(options, { operation: 'revoke', number, reason: options.reason }),
    );
  command('release <number>', 'let a blocked number enrol again').action(
    (number: string, options: StateOptions) => operate(options, { operation: 'release', number }),
  );
  command('list', 'numbers with their newest certificate, a line of JSON each').action(
    (options: StateOptions) => operate(options, { operation: 'list' }),
  );
  command('export', 'every table as lines of JSON, without secrets').action(
    (options: StateOptions) => operate(options, { operation: 'export' }),
  );
  command('verify-log', 'check the hash chain of the audit log, changing nothing')
    .option('--head <hash>', 'an entry’s hash noted earlier, which must be among them')
    .action((options: StateOptions & { readonly head?: string }) =>
      run('verify-log', ...placeOf(options), options.head ?? ''),
    );
  command('backup <folder>', 'copy the state, whether the appliance runs or not').action(
    (folder: string, options: StateOptions) =>
      operate(options, { operation: 'backup', folder: resolve(folder) }),
  );
  admin
    .command('restore <backup>')
    .description('make a state folder from a backup, after verifying all of it')
    .requiredOption('--to <folder>', 'a new or empty folder')
    .action((backup: string, options: { readonly to: string }) =>
      run('restore', resolve(backup), resolve(options.to)),
    );
  command('add <name>', 'add an administrator, and print the one-time password').action(
    (name: string, options: StateOptions) => operate(options, { operation: 'add', name }),
  );
  command('reset-password <name>', 'give an administrator a new one-time password').action(
    (name: string, options: StateOptions) =>
      operate(options, { operation: 'reset-password', name }),
  );
};

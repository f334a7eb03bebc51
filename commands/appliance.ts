import { resolve } from 'node:path';
import type { Command } from 'commander';
import { becomeAppliance } from './appliance-program.ts';
import { CommandProblem } from './command-problem.ts';
import { version } from './version.ts';

interface ConfigurationOption {
  readonly config: string;
}

interface FirewallOptions extends ConfigurationOption {
  readonly print?: boolean;
  readonly load?: boolean;
}

const withConfiguration = (command: Command): Command =>
  command.requiredOption(
    '--config <file>',
    'the appliance’s configuration; docs/appliance/appliance.example.yaml shows every field',
  );

const wayOf = ({ print, load }: FirewallOptions): 'print' | 'load' => {
  if (print === load)
    throw new CommandProblem(
      'appliance firewall: what to do with the rules is not said, or twice; give --print or --load',
    );
  return print === true ? 'print' : 'load';
};

/** `discretio appliance`: the reference appliance on durable state, its firewall, and a look at what it needs. */
export const addApplianceCommand = (program: Command, finish: (code: number) => void): void => {
  const appliance = program
    .command('appliance')
    .description('run the reference appliance on its durable state');
  const run = (...words: readonly string[]): void => finish(becomeAppliance(words));
  withConfiguration(
    appliance.command('start').description('run it until SIGTERM or Ctrl-C'),
  ).action(({ config }: ConfigurationOption) => run('start', resolve(config), version));
  withConfiguration(
    appliance.command('check').description('look at everything it needs, and change nothing'),
  ).action(({ config }: ConfigurationOption) => run('check', resolve(config)));
  withConfiguration(
    appliance
      .command('firewall')
      .description('the nftables rules that follow from its configuration')
      .option('--print', 'print them')
      .option('--load', 'load them into this host, in place of older ones'),
  ).action((options: FirewallOptions) => run('firewall', resolve(options.config), wayOf(options)));
};

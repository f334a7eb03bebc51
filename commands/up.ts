import { once } from 'node:events';
import { InvalidArgumentError, type Command } from 'commander';
import { mostByHand, startByHand, type SystemByHand } from '../devices/reference/by-hand.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { openLoopbackSite } from '../simulators/lab/site.ts';
import { CommandProblem } from './command-problem.ts';
import { watchInterruption } from './interruption.ts';

interface UpOptions {
  readonly phones: number;
  readonly enrolled?: boolean;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const endpointText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host}:${port}`;

const describe = ({ appliance, phones }: SystemByHand, { enrolled = false }: UpOptions): void => {
  const { relay } = appliance;
  print(`appliance  signalling    ${endpointText(appliance.sip)} (TLS)`);
  print(`appliance  registration  ${endpointText(appliance.registration)} (HTTPS)`);
  print(`appliance  audio relay   ${relay.host}:${relay.first}-${relay.last} (UDP)`);
  for (const { name, number, url } of phones)
    print(`${name.padEnd(10)} ${number}  ${url}${enrolled ? '' : '  (to be enrolled)'}`);
  print(
    'Each address opens a phone in a browser on this computer, once, and lets whoever has it use it; the next is printed then.',
  );
  print('Ctrl-C ends everything and removes what it stored.');
};

const start = async (options: UpOptions, signal: AbortSignal): Promise<void> => {
  const site = await openLoopbackSite();
  // Phones that are enrolled already need nobody to read their tokens.
  let isForUsers = options.enrolled !== true;
  try {
    const system = await startByHand(site, {
      phones: options.phones,
      areEnrolled: options.enrolled === true,
      onText: (number, text) => {
        if (isForUsers) print(`SMS to ${number} (a test token, of use here alone): ${text}`);
      },
      onOpened: (phone, url) => print(`${phone.padEnd(10)} was opened; opens next with  ${url}`),
      onRefusal: (who, { code, detail }) => {
        // What ends together refuses each other's farewells.
        if (!signal.aborted) process.stderr.write(`${who}: refused ${code}: ${detail}\n`);
      },
    });
    try {
      describe(system, options);
      isForUsers = true;
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await system.stop();
    }
  } finally {
    await site.close();
  }
};

const isSignalName = (reason: unknown): boolean =>
  typeof reason === 'string' && /^SIG[A-Z]+$/.test(reason);

const up = async (options: UpOptions): Promise<number> => {
  const interruption = watchInterruption();
  const { signal } = interruption;
  try {
    await start(options, signal).catch((error: unknown) => {
      throw new CommandProblem(messageOf(error), exitCodes.inconclusive);
    });
  } finally {
    interruption.release();
  }
  if (isSignalName(signal.reason)) return exitCodes.clean;
  throw new CommandProblem(
    `the phones were ended: ${messageOf(signal.reason)}`,
    exitCodes.inconclusive,
  );
};

const numberOfPhones = (text: string): number => {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count >= 1 && count <= mostByHand) return count;
  throw new InvalidArgumentError(`give a whole number from 1 to ${mostByHand}`);
};

/** `discretio up`: the reference appliance and phones to use by hand, until Ctrl-C. */
export const addUpCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('up')
    .description('start the reference appliance and phones to use in a browser, until Ctrl-C')
    .option('--phones <number>', 'how many phones', numberOfPhones, 2)
    .option('--enrolled', 'have them enrolled and connected already')
    .action(async (options: UpOptions) => finish(await up(options)));
};

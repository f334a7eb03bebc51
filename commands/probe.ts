import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodeOf, exitCodes } from '../reports/model/verdict.ts';
import type { ProbedService } from '../scenarios/probe/facts-model.ts';
import { probeBounds, probeServer } from '../scenarios/probe/gather.ts';
import { contactProblem, judgeProbe } from '../scenarios/probe/judge.ts';
import { observeProbe } from '../scenarios/probe/observe.ts';
import type { Endpoint } from '../simulators/attackers/endpoint.ts';
import { CommandProblem } from './command-problem.ts';
import { readCertificates, readIdentity, type IdentityFiles } from './probe-files.ts';
import { probeLines } from './probe-report.ts';
import { version } from './version.ts';

interface ProbeCommandOptions extends IdentityFiles {
  readonly as?: ProbedService;
  readonly ca?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

const sipPort = 5061;

const parseAddress = (address: string): Endpoint => {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535)
    throw new InvalidArgumentError(
      'an address is HOST:PORT with a port from 1 to 65535, such as sip.example:5061 or [::1]:443.',
    );
  return { host, port };
};

const parseTimeout = (text: string): number => {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds < 0.1 || seconds > 60)
    throw new InvalidArgumentError('a time is a number of seconds from 0.1 to 60.');
  return seconds;
};

const addressOf = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const clearLine = '\r\u001b[K';

/** Says once how much traffic is to come, then keeps one line up to date where someone can see it. */
const progressOn = (stream: NodeJS.WriteStream, endpoint: Endpoint, seconds: number) => {
  let announced = false;
  return {
    update(connections: number, step: string): void {
      if (!announced) {
        announced = true;
        stream.write(
          `discretio probe: at most ${probeBounds.connections} connections to ${addressOf(endpoint)}, ${probeBounds.parallel} at a time, ${seconds} s each at most\n`,
        );
      }
      if (stream.isTTY) stream.write(`${clearLine}${connections} connections: ${step}`);
    },
    end(): void {
      if (stream.isTTY) stream.write(clearLine);
    },
  };
};

const gather = async (endpoint: Endpoint, options: ProbeCommandOptions) => {
  const identity = await readIdentity(options);
  const authorities = options.ca === undefined ? [] : await readCertificates('--ca', options.ca);
  const progress = progressOn(process.stderr, endpoint, options.timeout);
  try {
    return await probeServer({
      endpoint,
      service: options.as ?? (endpoint.port === sipPort ? 'sip' : 'registration'),
      deadlineMs: options.timeout * 1_000,
      identity,
      authorities,
      onProgress: (connections, step) => progress.update(connections, step),
    });
  } finally {
    progress.end();
  }
};

const probe = async (
  endpoint: Endpoint,
  options: ProbeCommandOptions,
  finish: (code: number) => void,
): Promise<void> => {
  const facts = await gather(endpoint, options);
  const problem = contactProblem(facts);
  if (problem !== null && options.json !== true)
    throw new CommandProblem(
      `${addressOf(endpoint)}: ${problem}; check the address, and that a TLS server listens there`,
      exitCodes.inconclusive,
    );
  const verdicts = judgeProbe(facts);
  const observations = observeProbe(facts);
  const exit = exitCodeOf(verdicts.map(({ kind }) => kind));
  if (options.json === true) {
    const input = addressOf(endpoint);
    const result = { tool: 'discretio', version, input, verdicts, observations, exit };
    console.log(JSON.stringify(result, null, 2));
  } else {
    console.log(probeLines({ facts, verdicts, observations }, process.stdout.isTTY).join('\n'));
  }
  finish(exit);
};

/** `discretio probe HOST:PORT`: what a TLS server accepts and refuses, and whether that is as the target says. */
export const addProbeCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('probe')
    .description(
      'examine a TLS server: versions, suites, Diffie-Hellman, certificates, known faults',
    )
    .argument('<host:port>', 'the server; up to 1000 connections are made to it', parseAddress)
    .addOption(
      new Option('--as <service>', 'whose claims apply (default: sip on port 5061)').choices([
        'sip',
        'registration',
      ]),
    )
    .option('--cert <file>', 'client certificate to complete handshakes with, in PEM')
    .option('--key <file>', 'its private key, in PEM')
    .option('--passphrase-file <file>', 'its first line opens the key')
    .option('--ca <file>', 'authorities that the server’s certificate should lead to, in PEM')
    .option('--timeout <seconds>', 'for each connection', parseTimeout, 3)
    .option('--json', 'print one JSON object')
    .action((endpoint: Endpoint, options: ProbeCommandOptions) => probe(endpoint, options, finish));
};

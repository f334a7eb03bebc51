import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { createInterface } from 'node:readline';
import { answerCalls, makeCall, registerLine } from './calls.ts';
import { openLine, tlsOptionsOf, type Line, type LoadTls } from './line.ts';

/**
 * The load driver, a process of its own: `node worker.ts CONFIGURATION`, a JSON file. It prints `ready` once everything is
 * registered, begins when a line comes on standard input, and prints its measurement as JSON.
 */
export interface LoadConfiguration {
  readonly server: { readonly host: string; readonly port: number };
  readonly tls: LoadTls;
  readonly users: readonly { readonly number: string; readonly certificate: string }[];
  readonly work:
    /** Pairs of users call each other, one call after the other. */
    | { readonly kind: 'calls'; readonly milliseconds: number }
    /** Every user registers again and again over its one connection. */
    | { readonly kind: 'registrations'; readonly milliseconds: number }
    /** One connection after the other, each with a full handshake. */
    | { readonly kind: 'handshakes'; readonly milliseconds: number };
}

/** What was done: finished calls, registrations or handshakes. */
export interface LoadMeasurement {
  readonly done: number;
  readonly seconds: number;
}

const repeat = async (end: number, once: () => Promise<void>): Promise<number> => {
  let done = 0;
  while (performance.now() < end) {
    await once();
    done += 1;
  }
  return done;
};

const openLines = async (configuration: LoadConfiguration): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for (const { number, certificate } of configuration.users) {
    const line = await openLine(number, certificate, configuration.server, configuration.tls);
    await registerLine(line, configuration.server.host, `r${process.pid}-${lines.length}`);
    lines.push(line);
  }
  return lines;
};

const prepareCalls = async (configuration: LoadConfiguration) => {
  const lines = await openLines(configuration);
  const half = Math.floor(lines.length / 2);
  const callees = lines.slice(half);
  callees.forEach(answerCalls);
  let count = 0;
  const run = async (end: number): Promise<number> => {
    const counts = await Promise.all(
      lines.slice(0, half).map((line, index) => {
        const callee = callees[index]?.number ?? '';
        return repeat(end, () => {
          count += 1;
          return makeCall(line, callee, configuration.server.host, `c${process.pid}-${count}`);
        });
      }),
    );
    return counts.reduce((total, done) => total + done, 0);
  };
  return { run, close: () => lines.forEach((line) => line.close()) };
};

const prepareRegistrations = async (configuration: LoadConfiguration) => {
  const lines = await openLines(configuration);
  let count = 0;
  const run = async (end: number): Promise<number> => {
    const counts = await Promise.all(
      lines.map((line) =>
        repeat(end, () => {
          count += 1;
          return registerLine(line, configuration.server.host, `a${process.pid}-${count}`);
        }),
      ),
    );
    return counts.reduce((total, done) => total + done, 0);
  };
  return { run, close: () => lines.forEach((line) => line.close()) };
};

const prepareHandshakes = async (configuration: LoadConfiguration) => {
  const options = configuration.users.map(({ certificate }) =>
    tlsOptionsOf(configuration.server, configuration.tls, certificate),
  );
  let count = 0;
  const shake = async (): Promise<void> => {
    const socket = connect(options[(count += 1) % options.length] ?? {});
    await once(socket, 'secureConnect');
    socket.destroy();
    await once(socket, 'close');
  };
  // The first connections find neither code nor caches warm.
  for (const _ of options) await shake();
  return { run: (end: number) => repeat(end, shake), close: () => undefined };
};

const [, , file = ''] = process.argv;
const configuration = JSON.parse(readFileSync(file, 'utf8')) as LoadConfiguration;
const { work } = configuration;
const preparations = {
  calls: prepareCalls,
  registrations: prepareRegistrations,
  handshakes: prepareHandshakes,
} as const;
const prepared = await preparations[work.kind](configuration);
process.stdout.write('ready\n');
const input = createInterface({ input: process.stdin });
await once(input, 'line');
const started = performance.now();
const done = await prepared.run(started + work.milliseconds);
const measured: LoadMeasurement = { done, seconds: (performance.now() - started) / 1000 };
process.stdout.write(`${JSON.stringify(measured)}\n`);
prepared.close();
input.close();

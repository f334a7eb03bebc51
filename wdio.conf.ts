import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { discover } from './devices/appium/farm/discovery.ts';
import { readFarm, simulatedFarm } from './devices/appium/farm/read.ts';
import { phoneReporter } from './devices/appium/specs/phone-reporter.ts';
import { openSpecWorld, type SpecWorld } from './devices/appium/specs/world.ts';
import { makeSecretPath, type SecretPath } from './devices/appium/session/appium-server.ts';
import { freePorts } from './devices/appium/session/ports.ts';
import { findAndroidTools } from './devices/appium/session/tools.ts';

/** Specs on the phones of a farm file: `DISCRETIO_FARM=farm.yaml npx wdio run wdio.conf.ts`; simulated ones unless given. */

const isWorker = process.env['WDIO_WORKER_ID'] !== undefined;
const read = readFarm(process.env['DISCRETIO_FARM'] ?? simulatedFarm);
const folder = (process.env['DISCRETIO_SPECS_OUT'] ??= resolve(
  'runs',
  `specs-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`,
));

/** With no phone: one line, a skipped record, and 0; with REQUIRE_DEVICES=1 it fails. */
const leaveWithoutPhones = async (): Promise<void> => {
  const { ready, problems } = await discover(read.farm);
  if (ready.length >= 2) return;
  const reason = `not there of the farm ${read.farm.name}: ${problems.map(({ problem }) => problem.message).join('; ')}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'skipped.json'), `${JSON.stringify({ skipped: reason })}\n`);
  writeFileSync(
    join(folder, 'junit-skipped.xml'),
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="devices" tests="1" skipped="1"><testcase classname="devices" name="phones of the farm are there"><skipped/></testcase></testsuite></testsuites>\n',
  );
  process.stderr.write(`skipped: ${reason}; the record is in ${folder}\n`);
  process.exit(process.env['REQUIRE_DEVICES'] === '1' ? 1 : 0);
};

let world: SpecWorld | undefined;
let port = Number(process.env['DISCRETIO_SPECS_APPIUM'] ?? 0);
let path = process.env['DISCRETIO_SPECS_APPIUM_PATH'] ?? '/';
let secret: SecretPath | undefined;

if (!isWorker) {
  await leaveWithoutPhones();
  const { home } = await findAndroidTools(process.env);
  Object.assign(process.env, {
    APPIUM_HOME: import.meta.dirname,
    ANDROID_HOME: home,
    ANDROID_SDK_ROOT: home,
  });
  [port = 0] = await freePorts(1);
  process.env['DISCRETIO_SPECS_APPIUM'] = String(port);
  if (read.farm.server.kind === 'own') {
    secret = await makeSecretPath();
    ({ path } = secret);
    process.once('exit', secret.remove);
    process.env['DISCRETIO_SPECS_APPIUM_PATH'] = path;
  }
  mkdirSync(folder, { recursive: true });
}

const server = read.farm.server;
const remote = server.kind === 'own' ? null : new URL(server.url);
/** Where each session is asked for; without it the service gives them a path of its own. */
const connection = {
  hostname: remote?.hostname ?? '127.0.0.1',
  port: remote === null ? port : Number(remote.port) || 80,
  path: remote?.pathname ?? path,
};

export const config = {
  runner: 'local' as const,
  specs: ['./devices/appium/specs/*.spec.ts'],
  maxInstances: 1,
  ...connection,
  logLevel: 'error' as const,
  connectionRetryTimeout: 90_000,
  connectionRetryCount: 0,
  /** Filled in once the phones are there. */
  capabilities: {
    caller: { ...connection, capabilities: {} },
    callee: { ...connection, capabilities: {} },
  } as Record<'caller' | 'callee', { capabilities: Record<string, unknown> }>,
  services:
    remote === null
      ? [
          [
            'appium',
            {
              appiumStartTimeout: 90_000,
              // Its start is told at this level, and so is every text that is typed: what it says is kept nowhere.
              // The path is in the file that config names: what is null is not written on the command line.
              args: {
                address: '127.0.0.1',
                port,
                logLevel: 'info',
                config: secret?.config ?? null,
                basePath: null,
              },
            },
          ] as const,
        ]
      : [],
  framework: 'mocha' as const,
  mochaOpts: { ui: 'bdd', timeout: 300_000, bail: true },
  reporters: [
    [phoneReporter, { showPreface: false }] as const,
    [
      'junit',
      {
        outputDir: folder,
        outputFileFormat: ({ cid }: { cid: string }) => `junit-specs-${cid}.xml`,
      },
    ] as const,
    [
      'allure',
      {
        outputDir: join(folder, 'allure-results'),
        disableWebdriverScreenshotsReporting: false,
        disableWebdriverStepsReporting: true,
      },
    ] as const,
  ],
  async onPrepare(
    _config: unknown,
    capabilities: Record<string, { capabilities: Record<string, unknown> }>,
  ) {
    world = await openSpecWorld(read, folder).catch((error: unknown) => {
      process.stderr.write(
        `discretio specs: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      process.exit(1);
    });
    Object.assign(process.env, world.environment);
    for (const [role, given] of Object.entries(world.capabilities))
      Object.assign(capabilities[role]?.capabilities ?? {}, given.capabilities);
  },
  async onComplete() {
    await world?.close();
  },
};

import { readConfiguration } from '../configuration/read.ts';
import { openLog, type ApplianceLog } from '../logging/log.ts';
import { startService, type RunningService } from './compose.ts';
import { showOnce } from './first-administrator.ts';
import { feedWatchdog, notifySystemd } from './notify.ts';

/** Exit codes of the appliance: stopped as asked, and could not run or go on. */
export const exits = { clean: 0, failed: 2 } as const;

const write = (text: string): void => void process.stderr.write(text);

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');

/** Resolves with the signal that asks for the end; a second one ends the process at once. */
const watchSignals = (log: ApplianceLog): Promise<NodeJS.Signals> => {
  let isAsked = false;
  process.on('SIGHUP', () => log.reopen());
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        if (isAsked) {
          write(`discretio: ${signal} again: ended at once; nothing acknowledged is lost\n`);
          process.exit(exits.failed);
        }
        isAsked = true;
        resolve(signal);
      });
  });
};

/** A fault of the program: what was acknowledged is on the disk, so a new start is the best way on. */
const endOnFaults = (log: ApplianceLog): void => {
  process.on('uncaughtException', (error) => {
    log.failed(reasonOf(error));
    write(
      `discretio: a fault of the appliance: ${reasonOf(error)}; start it again, and report this\n`,
    );
    process.exit(exits.failed);
  });
};

const stop = async (
  service: RunningService,
  log: ApplianceLog,
  signal: string,
  deadline: number,
): Promise<number> => {
  const begun = performance.now();
  log.stopping(signal, service.calls());
  notifySystemd('STOPPING=1');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), deadline);
  });
  const outcome = await Promise.race([service.stop().then(() => 'stopped' as const), late]);
  clearTimeout(timer);
  if (outcome === 'late') {
    log.warning('appliance/stop-deadline', `not every part had ended after ${deadline} ms`);
    return exits.failed;
  }
  log.stopped(Math.round(performance.now() - begun));
  return exits.clean;
};

const listens = ({ endpoints }: RunningService): string => {
  const { registration, sip, relay, administration, metrics } = endpoints;
  const measured = metrics === null ? '' : `, metrics ${metrics}`;
  return `registration ${registration}, SIP ${sip}, relay ${relay}, administration ${administration}${measured}`;
};

/**
 * Runs the appliance of a configuration file until a signal asks for its end; gives the exit code. Rejects with one line when it
 * cannot start, with a ConfigurationError when the file is wrong.
 */
export const runAppliance = async (file: string, version: string): Promise<number> => {
  const configuration = readConfiguration(file);
  const log = openLog(configuration.log);
  log.starting(version, configuration.state);
  const asked = watchSignals(log);
  let service: RunningService;
  try {
    const showPassword = showOnce(configuration, write);
    service = await startService(configuration, { log, now: Date.now, showPassword });
  } catch (error) {
    log.failed(reasonOf(error));
    throw error;
  }
  endOnFaults(log);
  log.ready(service.endpoints);
  write(`discretio: the appliance is ready: ${listens(service)}\n`);
  notifySystemd('READY=1');
  const starve = feedWatchdog();
  const signal = await asked;
  starve();
  return stop(service, log, signal, configuration.limits.stopSeconds * 1000 + 1000);
};

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fault } from '../../reference/core/result.ts';
import {
  nothingRelayed,
  type Relay,
  type RelaySettings,
} from '../../reference/appliance/relay/relay.ts';
import type { EngineFailure } from './failure.ts';
import { freeUdpPort } from './free-port.ts';
import { askRelay } from './ng.ts';
import { startOwnGroup } from './own-group.ts';
import { programProblem, rtpengineProgram } from './programs.ts';
import type { RelayControl } from './revoke.ts';
import { rtpengineOptions } from './rtpengine-options.ts';

/** A running rtpengine. */
export interface RunningRtpengine extends RelayControl {
  /** Resolves with how it ended, in words. */
  readonly ended: Promise<string>;
  /** What the appliance holds of it where Kamailio tells it of calls: none is opened here. */
  readonly relay: Relay;
}

const controlHost = '127.0.0.1';

/**
 * A first port in the lower half of the range, even as RTP's are. It gives ports out in order and takes the first source that it hears for the
 * phone's, so that a start of its own keeps a phone of the appliance before it, which still sends, from being taken for one.
 */
const startWithin = (first: number, last: number): number =>
  first + 2 * randomInt(Math.max(1, Math.floor((last - first) / 4)));

/** Starts rtpengine in a run directory and asks it for a sign of life. Rejects with one line, nothing left running. */
export const startRtpengine = async (
  { host, first, last }: RelaySettings,
  folder: string,
  failure: EngineFailure,
): Promise<RunningRtpengine> => {
  const problem = await programProblem(rtpengineProgram);
  if (problem !== null) throw new Error(problem);
  // It would start all the same, and have no port to give.
  await freeUdpPort(host).catch((error: unknown) => {
    throw new Error(
      `rtpengine: cannot bind UDP ports of ${host} (${String(error)}); give the relay an address of this machine`,
      { cause: error },
    );
  });
  const control = { host: controlHost, port: await freeUdpPort(controlHost) };
  const options = rtpengineOptions({ host, first: startWithin(first, last), last, control });
  const group = startOwnGroup(
    rtpengineProgram.path,
    options,
    join(folder, 'rtpengine.log'),
    () => undefined,
  );
  let isStopping = false;
  void group.ended.then((how) => {
    if (!isStopping)
      failure.report(`rtpengine ${how} in the middle of the run: ${group.lastWords()}`);
  });
  const close = async (): Promise<void> => {
    isStopping = true;
    await group.stop();
  };
  const ready = await Promise.race([
    askRelay(control, { command: 'ping' }).catch((error: unknown) => String(error)),
    group.ended,
  ]);
  if (!ready.includes('pong')) {
    await close();
    throw new Error(`rtpengine: not ready (${ready}): ${group.lastWords()}`);
  }
  const end = async (callId: string): Promise<void> => {
    await askRelay(control, { command: 'delete', 'call-id': callId });
  };
  return {
    control,
    end,
    ended: group.ended,
    relay: {
      mode: 'plain',
      open: () => fault('relay-failed'),
      call: () => null,
      end,
      counters: () => null,
      calls: () => 0,
      totals: () => nothingRelayed,
      close,
    },
  };
};

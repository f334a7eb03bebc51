import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngineFailure } from '../devices/kamailio/failure.ts';
import { askRelay } from '../devices/kamailio/ng.ts';
import { startRtpengine } from '../devices/kamailio/rtpengine.ts';
import { createRelay, type RelayMode } from '../reference/appliance/relay/relay.ts';
import type { CallPorts, MeasuredRelay, RelayOrder, RelayReady } from './relay-protocol.ts';

/** The relay under measurement, in a process of its own: `node relay-worker.ts batch|plain|rtpengine`. */

const host = '127.0.0.1';

interface Started {
  connect(callId: string, phones: CallPorts): Promise<CallPorts>;
  close(): Promise<void>;
}

const startOurs = async (mode: RelayMode): Promise<Started> => {
  const relay = await createRelay({ host, mode, first: 12_000, last: 13_999 });
  if (relay.mode !== mode) throw new Error(`${mode} mode cannot run here`);
  return {
    async connect(callId, { caller, callee }) {
      const opened = relay.open(callId);
      if (!opened.ok) throw new Error(`${callId}: ${opened.error.code}`);
      opened.value.setPhone('caller', host, caller);
      opened.value.setPhone('callee', host, callee);
      return { caller: opened.value.port('caller'), callee: opened.value.port('callee') };
    },
    close: () => relay.close(),
  };
};

const sessionAt = (port: number): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 97`,
    'a=rtpmap:97 SPEEX/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');

/** As the appliance starts it, but told of the calls over its ng protocol from here. */
const startPeer = async (): Promise<Started> => {
  const folder = await mkdtemp(join(tmpdir(), 'discretio-bench-'));
  const settings = { host, first: 14_000, last: 15_999 };
  const { control, relay } = await startRtpengine(settings, folder, createEngineFailure());
  const place = async (fields: Readonly<Record<string, string>>, port: number): Promise<number> => {
    const common = { ICE: 'remove', 'transport-protocol': 'RTP/AVP', sdp: sessionAt(port) };
    const answer = await askRelay(control, { ...fields, ...common });
    const given = /m=audio (\d+) /.exec(answer)?.[1];
    if (given === undefined) throw new Error(`rtpengine refused a call: ${answer}`);
    return Number(given);
  };
  return {
    async connect(callId, { caller, callee }) {
      const call = { 'call-id': callId, 'from-tag': 'caller' };
      // The offer's answer goes to the callee: its port is the leg that faces it.
      const toCallee = await place({ ...call, command: 'offer' }, caller);
      const toCaller = await place({ ...call, command: 'answer', 'to-tag': 'callee' }, callee);
      return { caller: toCaller, callee: toCallee };
    },
    async close() {
      await relay.close();
      await rm(folder, { recursive: true });
    },
  };
};

const run = async (which: MeasuredRelay): Promise<void> => {
  const started = which === 'rtpengine' ? await startPeer() : await startOurs(which);
  const [{ phones }] = (await once(process, 'message')) as [RelayOrder];
  const legs: CallPorts[] = [];
  for (const [index, ports] of phones.entries())
    legs.push(await started.connect(`call-${index}`, ports));
  process.send?.({ legs } satisfies RelayReady);
  await once(process, 'disconnect');
  await started.close();
};

await run(process.argv[2] as MeasuredRelay);

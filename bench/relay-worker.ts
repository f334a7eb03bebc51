import { once } from 'node:events';
import { createRelay, type RelayMode } from '../reference/appliance/relay/relay.ts';
import type { RelayOrder, RelayReady } from './relay-protocol.ts';

/** The relay under measurement, in a process of its own so that its CPU time is all there is. */

const host = '127.0.0.1';

const run = async (mode: RelayMode): Promise<void> => {
  const relay = await createRelay({ host, mode, first: 12_000, last: 13_999 });
  if (relay.mode !== mode) throw new Error(`${mode} mode cannot run here`);
  const [{ phones }] = (await once(process, 'message')) as [RelayOrder];
  const legs = phones.map((ports, index) => {
    const opened = relay.open(`call-${index}`);
    if (!opened.ok) throw new Error(`call ${index}: ${opened.error.code}`);
    opened.value.setPhone('caller', host, ports.caller);
    opened.value.setPhone('callee', host, ports.callee);
    return { caller: opened.value.port('caller'), callee: opened.value.port('callee') };
  });
  process.send?.({ legs } satisfies RelayReady);
  await once(process, 'disconnect');
  await relay.close();
};

await run(process.argv[2] as RelayMode);

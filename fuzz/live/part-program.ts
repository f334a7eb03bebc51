import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startAppliance, type ReferenceAppliance } from '../../reference/appliance/appliance.ts';
import { applianceParts } from '../../reference/appliance/parts.ts';
import { phoneParts } from '../../reference/client/parts.ts';
import { createPhone, type ReferencePhone } from '../../reference/client/phone.ts';
import type { ReferenceTargetParts } from '../../devices/reference/target.ts';
import { serveOrders } from '../../simulators/attackers/on-host.ts';
import { bytesInUse } from '../harness/heap.ts';
import { allocatedBytes } from './allocated.ts';
import { createJournal } from './journal.ts';
import type { PartAnswer, PartFigures, PartOrder } from './part-protocol.ts';
import { watchShown } from './shown.ts';
import { createTokens } from './tokens.ts';

/** The appliance or one phone under live fuzzing, in a process of its own; it ends when its control channel closes. */

const journal = createJournal();

const otherParts = async (file: string | undefined): Promise<ReferenceTargetParts> => {
  if (file === undefined) return {};
  const loaded: { readonly parts: ReferenceTargetParts } = await import(pathToFileURL(file).href);
  return loaded.parts;
};

let appliance: ReferenceAppliance | null = null;
let phone: ReferencePhone | null = null;
let shown: ReturnType<typeof watchShown> | null = null;
const tokens = createTokens();

const openAppliance = async (order: Extract<PartOrder, { do: 'appliance' }>): Promise<unknown> => {
  const parts = await otherParts(order.partsFile);
  appliance = await startAppliance(
    {
      host: order.host,
      sipPort: 0,
      registrationPort: 0,
      relay: { host: order.host, ...order.relay },
      sms: tokens,
      onRefusal: journal.add,
    },
    { ...applianceParts, ...parts.appliance },
  );
  const { sip, registration, relay, trust } = appliance;
  return { sip, registration, relay, trust };
};

const openPhone = async ({ settings, partsFile }: Extract<PartOrder, { do: 'phone' }>) => {
  const parts = await otherParts(partsFile);
  phone = createPhone(settings, { refusal: journal.add }, { ...phoneParts, ...parts.phone });
  shown = watchShown(phone);
};

const opened = <Part>(part: Part | null): Part => {
  if (part === null) throw new Error('the part was not started; start it first');
  return part;
};

/** Puts the monotonic clock forward: what is remembered for some time is then forgotten as if it had passed. */
const advance = (() => {
  const real = performance.now.bind(performance);
  let ahead = 0;
  return (milliseconds: number): void => {
    ahead += milliseconds;
    Object.defineProperty(performance, 'now', { value: () => real() + ahead, configurable: true });
  };
})();

/** Milliseconds in which what a collection found free is given back. */
const finalising = 10;

/** What is in use, once what was collected is given back too: native memory goes with the objects that hold it, in a later turn. */
const memory = async (): Promise<Pick<PartFigures, 'heap' | 'native'>> => {
  bytesInUse();
  await delay(finalising);
  return { heap: bytesInUse(), native: allocatedBytes() };
};

const carryOut = async (order: PartOrder): Promise<unknown> => {
  switch (order.do) {
    case 'appliance':
      return openAppliance(order);
    case 'token':
      return tokens.of(order.number);
    case 'phone':
      return openPhone(order);
    case 'user': {
      const given = opened(phone);
      return Reflect.apply(given[order.method], given, order.args) as unknown;
    }
    case 'wait':
      return opened(shown).wait(order.states, order.packets, order.deadline);
    case 'shown':
      return opened(shown).soFar();
    case 'advance':
      return advance(order.milliseconds);
    case 'figures':
      return { ...(await memory()), ...journal.take() };
    case 'stop':
      await phone?.stop();
      await appliance?.stop();
      return undefined;
  }
};

serveOrders(async (order: PartOrder): Promise<PartAnswer> => {
  try {
    return { ok: true, value: await carryOut(order) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
});
// Ctrl-C reaches every process of a terminal; the run decides when its parts end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

import { createClient, type LiveClient } from '../client.ts';
import { controlCall } from '../control-call.ts';
import { openBench, type Bench, type LabOptions } from '../lab.ts';
import { udpPortsOf } from '../part.ts';
import type { LivePhone } from '../phones.ts';
import type { LiveLab, LiveTarget } from '../target.ts';
import { phoneCases, type PhoneCase } from './cases.ts';
import { performForPhone, type PhoneStage } from './perform.ts';

/** Milliseconds that clocks go forward after a batch: transactions are remembered for 32 s, offers for five minutes (I-2). */
const ahead = { appliance: 33_000, phone: 301_000 } as const;

/** Clients whose cases take turns: a phone remembers 64 offers of one certificate. */
const usualClients = 4;

/** Numbers of this lab alone. */
const numberOf = (role: number, index: number): string => `+336399874${role}${index}`;

const roles = { phone: 6, control: 7, client: 8 } as const;

const at = <Value>(values: readonly Value[], index: number): Value => {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError('a lab without clients');
  return value;
};

interface Opened {
  readonly bench: Bench;
  readonly part: Awaited<ReturnType<Bench['phoneApart']>>['part'];
  readonly phone: LivePhone;
  readonly good: readonly LivePhone[];
  readonly clients: readonly LiveClient[];
  readonly other: LiveClient;
}

const openAll = async (bench: Bench, { partsFile, phones = 3 }: LabOptions): Promise<Opened> => {
  const { part, phone } = await bench.phoneApart(numberOf(roles.phone, 0), partsFile);
  const [good, clients]: [LivePhone[], LiveClient[]] = [[], []];
  for (let index = 0; index < phones; index += 1)
    good.push(await bench.phone(numberOf(roles.control, index)));
  for (let index = 0; index <= usualClients; index += 1)
    clients.push(
      createClient(bench.description, await bench.identity(numberOf(roles.client, index))),
    );
  return { bench, part, phone, good, clients, other: at(clients, usualClients) };
};

const labOf = ({ bench, part, phone, good, clients, other }: Opened): LiveLab<PhoneCase> => {
  const stage: PhoneStage = {
    phone,
    authority: bench.authority,
    other,
    openPorts: () => udpPortsOf(part.pid),
  };
  let turn = 0;
  return {
    parts: [
      { name: 'phone', part },
      { name: 'appliance', part: bench.appliance },
    ],
    // One call at a time is all that a phone takes.
    workers: 1,
    async begin(round) {
      if (round > 0) {
        await bench.appliance.ask({ do: 'advance', milliseconds: ahead.appliance });
        await part.ask({ do: 'advance', milliseconds: ahead.phone });
      }
      for (const client of clients) await client.refresh();
      await phone.register();
    },
    perform: (made) => performForPhone(at(clients, (turn += 1) % usualClients), made, stage),
    end: async () => [],
    control: (round) => {
      const each = at(good, Math.floor(round / 2));
      return Math.floor(round / 2) % 2 === 0 ? controlCall(each, phone) : controlCall(phone, each);
    },
    async close() {
      for (const client of clients) client.close();
      await bench.close();
    },
  };
};

/** A running phone: calls, answers, changes of calls, requests and datagrams of an enrolled malicious user. */
export const livePhone: LiveTarget<PhoneCase> = {
  name: 'live-phone',
  about: 'a running phone',
  batch: 100,
  cases: phoneCases,
  reaches: [],
  async open(options) {
    const bench = await openBench();
    try {
      return labOf(await openAll(bench, options));
    } catch (error) {
      await bench.close();
      throw error;
    }
  },
};

import { createPrivateKey } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { CallView } from '../reference/client/calls/call.ts';
import { phoneParts } from '../reference/client/parts.ts';
import {
  openUnlockedPhone,
  type PhoneEvents,
  type UnlockedPhone,
} from '../reference/client/unlocked-phone.ts';
import { parsePemChain } from '../reference/core/keystore/pem.ts';
import { parseCertificate } from '../reference/core/pki/certificate.ts';
import { aesCm128HmacSha1Tag80Tables } from '../reference/core/rtp/srtp-tables.ts';
import type {
  CallTotals,
  FleetConfiguration,
  FleetOrder,
  FleetReport,
  FleetUser,
  PhoneTotals,
} from './soak-protocol.ts';
import { countingSuite, type CountingSuite, type Tally } from './soak-tally.ts';

/** Reference phones of many calls in one process: real signalling, key agreement and SRTP (the table-driven variant), audio both ways. */

const stepDeadline = 120_000;

interface FleetPhone {
  readonly number: string;
  readonly phone: UnlockedPhone;
  readonly events: PhoneEvents;
  readonly counting: CountingSuite;
}

interface FleetCall {
  readonly caller: FleetPhone;
  readonly callee: FleetPhone;
}

const openPhone = (
  configuration: FleetConfiguration,
  user: FleetUser,
  key: string,
  refusals: string[],
): FleetPhone => {
  const { number, certificateChain } = user;
  const { sip, host, trust } = configuration;
  const chain = parsePemChain(certificateChain, 'CERTIFICATE');
  const certificate = chain.ok ? parseCertificate(chain.value[0]) : chain;
  if (!certificate.ok) throw new Error(`${number}: ${certificate.error.code}`);
  const privateKey = createPrivateKey(key);
  const identity = { number, privateKey, certificate: certificate.value, certificateChain, trust };
  const events: PhoneEvents = new EventEmitter();
  const counting = countingSuite(aesCm128HmacSha1Tag80Tables);
  const refusal = ({ code, detail }: { readonly code: string; readonly detail: string }): void =>
    void refusals.push(`${number} ${code}: ${detail}`);
  // The fleet's certificates are made without an appliance that could be asked about them.
  const revocation = () => Promise.resolve('good' as const);
  const parts = { ...phoneParts, suite: counting.suite, revocation };
  const phone = openUnlockedPhone({ identity, sip, trust, host, parts, logs: { refusal }, events });
  return { number, phone, events, counting };
};

const until = async (
  { phone, events, number }: FleetPhone,
  condition: (view: CallView) => boolean,
): Promise<void> => {
  const signal = AbortSignal.timeout(stepDeadline);
  while (!condition(phone.calls.view())) {
    await once(events, 'changed', { signal });
    const { state, endedBy } = phone.calls.view();
    if (state === 'ended' && endedBy !== null)
      throw new Error(`${number}: the call ended: ${endedBy}`);
  }
};

const open = async (
  configuration: FleetConfiguration,
  refusals: string[],
): Promise<readonly FleetCall[]> => {
  const calls: FleetCall[] = [];
  for (const { caller, callee } of configuration.calls) {
    const call = {
      caller: openPhone(configuration, caller, configuration.callerKey, refusals),
      callee: openPhone(configuration, callee, configuration.calleeKey, refusals),
    };
    for (const { phone } of [call.caller, call.callee]) {
      await phone.register();
      phone.calls.setAutoAnswer(true);
    }
    calls.push(call);
  }
  return calls;
};

const talks = ({ state, packetsReceived }: CallView): boolean =>
  state === 'in-call' && packetsReceived > 0;

const dialAll = async (calls: readonly FleetCall[]): Promise<void> => {
  for (const { caller, callee } of calls) {
    await caller.phone.calls.dial(callee.number);
    await Promise.all([until(caller, talks), until(callee, talks)]);
  }
};

type Marks = ReadonlyMap<FleetPhone, Tally>;

const marksOf = (calls: readonly FleetCall[]): Marks =>
  new Map(
    calls
      .flatMap(({ caller, callee }) => [caller, callee])
      .map((phone) => [phone, phone.counting.tally()]),
  );

const hangUpAll = async (calls: readonly FleetCall[]): Promise<void> => {
  for (const { caller } of calls) caller.phone.calls.hangUp();
  await Promise.all(calls.map(({ callee }) => until(callee, ({ state }) => state === 'ended')));
};

const totalsOf = (phone: FleetPhone, before: Marks, after: Marks): PhoneTotals => ({
  number: phone.number,
  sentMeanwhile: (after.get(phone)?.sent ?? 0) - (before.get(phone)?.sent ?? 0),
  receivedMeanwhile: (after.get(phone)?.received ?? 0) - (before.get(phone)?.received ?? 0),
  refused: phone.phone.calls.view().packetsRefused,
  whole: phone.counting.tally(),
});

const report = (message: FleetReport): void => {
  process.send?.(message);
};

const serve = () => {
  const refusals: string[] = [];
  let calls: readonly FleetCall[] = [];
  let [before, after]: [Marks, Marks] = [new Map(), new Map()];
  const obey = async (order: FleetOrder): Promise<FleetReport> => {
    switch (order.kind) {
      case 'open':
        calls = await open(order.configuration, refusals);
        return { kind: 'done' };
      case 'call':
        await dialAll(calls);
        return { kind: 'done' };
      case 'talk':
        before = marksOf(calls);
        await setTimeout(order.seconds * 1000);
        after = marksOf(calls);
        return { kind: 'done' };
      case 'hang-up': {
        await hangUpAll(calls);
        const totals = calls.map(({ caller, callee }): CallTotals => ({
          caller: totalsOf(caller, before, after),
          callee: totalsOf(callee, before, after),
        }));
        await Promise.all(
          calls.flatMap(({ caller, callee }) => [caller.phone.close(), callee.phone.close()]),
        );
        return { kind: 'totals', calls: totals, refusals };
      }
    }
  };
  process.on('message', (order: FleetOrder) => {
    obey(order).then(report, (error: unknown) => {
      process.stderr.write(`fleet: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
  });
  process.once('disconnect', () => process.exit());
};

serve();

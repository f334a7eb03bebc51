import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LegCounters } from '../relay/session.ts';
import { dropReasons } from '../relay/session.ts';
import { handshakeReason } from './handshake-reason.ts';
import { createLabels } from './labels.ts';

/** What the appliance holds now; asked for at each reading. */
export interface ApplianceState {
  readonly registered: number;
  readonly connections: number;
  readonly calls: number;
  /** Calls that hold ports of the relay. */
  readonly relaySessions: number;
  /** Of the relay since the start, calls under way included. */
  readonly relayed: LegCounters;
  readonly blockedNumbers: number;
  readonly pendingEnrolments: number;
  readonly waitingMessages: number;
  /** Milliseconds since 1970 at which each certificate and list runs out, by a name from the configuration or the program. */
  readonly expiries: readonly { readonly name: string; readonly at: number }[];
}

/** Measurements of a running appliance. Labels come from the program's own words, never from a client: no numbers, no addresses. */
export interface ApplianceMetrics {
  refused(code: string, detail: string): void;
  enrolled(): void;
  revoked(certificates: number, reason: string): void;
  callStarted(): void;
  /** What a revocation brought about, and how many milliseconds after its commit. */
  readonly revocationTook: (effect: string, milliseconds: number) => void;
  message(outcome: 'sent' | 'failed'): void;
  /** Milliseconds that an operation of the store took. */
  readonly stored: (operation: string, milliseconds: number) => void;
  /** In the text format of Prometheus, version 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

const prefix = 'discretio_';

const createCounters = (registers: Registry[]) => {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: prefix + name, help, labelNames, registers });
  return {
    refusals: counter('refusals_total', 'Refusals by their code.', ['code']),
    handshakes: counter('tls_handshakes_refused_total', 'TLS handshakes refused.', ['reason']),
    enrolments: counter('enrolments_total', 'Enrolment requests by outcome.', ['outcome']),
    revocations: counter('certificates_revoked_total', 'Certificates revoked.', ['reason']),
    calls: counter('calls_total', 'Calls that began.'),
    messages: counter('messages_total', 'Texts handed to the SMS centre.', ['outcome']),
    revocationTimes: new Histogram({
      name: `${prefix}revocation_seconds`,
      help: 'Time from the commit of a revocation until its effect.',
      labelNames: ['effect'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    }),
    store: new Histogram({
      name: `${prefix}store_seconds`,
      help: 'Time of an operation of the durable state, its commit included.',
      labelNames: ['operation'],
      buckets: [0.0002, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
      registers,
    }),
  };
};

/** Counters that the relay keeps itself: read, not counted here. */
const registerRelay = (registers: Registry[], relayed: () => LegCounters): void => {
  const counter = (name: string, help: string, valueOf: (totals: LegCounters) => number): void => {
    void new Counter({
      name: prefix + name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(valueOf(relayed()));
      },
    });
  };
  counter('relay_packets_total', 'Datagrams relayed.', ({ packets }) => packets);
  counter('relay_bytes_total', 'UDP payload relayed, in bytes.', ({ bytes }) => bytes);
  void new Counter({
    name: `${prefix}relay_dropped_total`,
    help: 'Datagrams that the relay dropped.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      const { dropped } = relayed();
      for (const reason of dropReasons) this.inc({ reason }, dropped[reason]);
    },
  });
};

/** Gauges over what is held; gives what takes a fresh look before they are read, once for all of them. */
const registerState = (
  registers: Registry[],
  read: () => ApplianceState,
  now: () => number,
): (() => void) => {
  let held: ApplianceState | undefined;
  const state = (): ApplianceState => (held ??= read());
  const gauge = (name: string, help: string, valueOf: (state: ApplianceState) => number): void => {
    void new Gauge({
      name: prefix + name,
      help,
      registers,
      collect() {
        this.set(valueOf(state()));
      },
    });
  };
  gauge('registrations', 'Numbers registered now.', ({ registered }) => registered);
  gauge('connections', 'TCP connections to the SIP service.', ({ connections }) => connections);
  gauge('calls', 'Calls under way now.', ({ calls }) => calls);
  gauge('relay_sessions', 'Calls that hold relay ports now.', (state) => state.relaySessions);
  registerRelay(registers, () => state().relayed);
  gauge('blocked_numbers', 'Numbers blocked.', ({ blockedNumbers }) => blockedNumbers);
  gauge('pending_enrolments', 'Enrolments whose token waits.', (state) => state.pendingEnrolments);
  gauge('waiting_messages', 'Notices not delivered yet.', ({ waitingMessages }) => waitingMessages);
  void new Gauge({
    name: `${prefix}expiry_seconds`,
    help: 'Seconds until a certificate or revocation list runs out; below 0 it has.',
    labelNames: ['name'],
    registers,
    collect() {
      for (const { name, at } of state().expiries) this.set({ name }, (at - now()) / 1000);
    },
  });
  return () => {
    held = undefined;
  };
};

/** Makes the measurements; `read` gives what is held now, `now` milliseconds since 1970. */
export const createMetrics = (read: () => ApplianceState, now: () => number): ApplianceMetrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = createCounters([registry]);
  const lookAgain = registerState([registry], read, now);
  const [codes, operations, effects] = [createLabels(), createLabels(), createLabels()];
  return {
    refused(code, detail) {
      counters.refusals.inc({ code: codes(code) });
      if (code.startsWith('enrolment/')) counters.enrolments.inc({ outcome: codes(code) });
      if (code === 'tls/handshake') counters.handshakes.inc({ reason: handshakeReason(detail) });
      if (code === 'sip/client-certificate')
        counters.handshakes.inc({ reason: 'client certificate' });
    },
    enrolled: () => counters.enrolments.inc({ outcome: 'issued' }),
    revoked: (certificates, reason) =>
      counters.revocations.inc({ reason: codes(reason) }, certificates),
    callStarted: () => counters.calls.inc(),
    revocationTook: (effect, milliseconds) =>
      counters.revocationTimes.observe({ effect: effects(effect) }, milliseconds / 1000),
    message: (outcome) => counters.messages.inc({ outcome }),
    stored: (operation, milliseconds) =>
      counters.store.observe({ operation: operations(operation) }, milliseconds / 1000),
    text() {
      lookAgain();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
};

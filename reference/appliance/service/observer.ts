import { createRefusalLog } from '../../core/sip/proxy/log.ts';
import type { ApplianceLog } from '../logging/log.ts';
import { createMetrics, type ApplianceMetrics, type ApplianceState } from '../metrics/metrics.ts';
import { logRelayEvent } from '../relay/log.ts';
import type { RelayEvent } from '../relay/relay.ts';
import type { SmsSender } from '../sms/sms-sender.ts';
import type { ApplianceStore, StoreEvent } from '../store/contract.ts';

/** Where everything that happens in the appliance becomes lines of the log and measurements. */
export interface Observer {
  readonly metrics: ApplianceMetrics;
  /** Refused by the SIP service, which sums up floods itself. */
  readonly signallingRefusal: (code: string, detail: string) => void;
  /** Refused by a web service; a flood of one code is summed up here. */
  readonly webRefusal: (code: string, detail: string) => void;
  readonly warning: (code: string, detail: string) => void;
  readonly relayEvent: (event: RelayEvent) => void;
  /** A way to the owners of numbers whose outcomes are noted, never its texts. */
  readonly watchSms: (sms: SmsSender) => SmsSender;
  /** Whether the relay works. */
  readonly relayWorks: () => boolean;
  readonly close: () => void;
}

/** How often the rest of a flood is told, milliseconds. */
const flushInterval = 60_000;

const noteStoreEvent = (event: StoreEvent, log: ApplianceLog, metrics: ApplianceMetrics): void => {
  switch (event.kind) {
    case 'certificate-issued':
      if (event.authority === 'client') metrics.enrolled();
      return log.certificateIssued(event.serial, event.subject, event.authority);
    case 'certificates-revoked':
      metrics.revoked(event.serials.length, event.reason);
      return log.certificatesRevoked(event.serials.length, event.number, event.reason);
    case 'number-blocked':
      return log.numberBlocked(event.number);
    case 'number-released':
      return log.numberReleased(event.number);
    case 'message-queued':
    case 'audit-appended':
      return undefined;
  }
};

const watchSms =
  (log: ApplianceLog, metrics: ApplianceMetrics) =>
  (sms: SmsSender): SmsSender => ({
    async send(number, text) {
      try {
        await sms.send(number, text);
        metrics.message('sent');
        log.messageSent(number);
      } catch (error) {
        metrics.message('failed');
        // The centre's own words could repeat the text: only the kind of failure is written.
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'refused';
        log.messageFailed(number, code);
        throw error;
      }
    },
  });

/** Observes a store and whatever reports to it; `read` gives what is held at the moment. */
export const createObserver = (
  log: ApplianceLog,
  onCommitted: ApplianceStore['onCommitted'],
  read: () => ApplianceState,
  now: () => number,
): Observer => {
  const metrics = createMetrics(read, now);
  const floods = createRefusalLog();
  let isRelaying = true;
  const write = (entries: ReturnType<typeof floods.flush>): void => {
    for (const { code, detail } of entries) log.refused(code, detail);
  };
  const timer = setInterval(() => write(floods.flush()), flushInterval).unref();
  const forget = onCommitted((event) => noteStoreEvent(event, log, metrics));
  return {
    metrics,
    signallingRefusal(code, detail) {
      metrics.refused(code, detail);
      log.refused(code, detail);
    },
    webRefusal(code, detail) {
      metrics.refused(code, detail);
      write(floods.add({ code, detail }, 'the web services', performance.now()));
    },
    warning: (code, detail) => log.warning(code, detail),
    relayEvent(event) {
      if (event.kind === 'failed') isRelaying = false;
      logRelayEvent(event, (code, detail) => log.warning(code, detail));
      if (event.kind !== 'ended') return;
      const { caller, callee } = event.counters;
      log.callEnded(event.callId, caller.packets + callee.packets, caller.bytes + callee.bytes);
    },
    watchSms: watchSms(log, metrics),
    relayWorks: () => isRelaying,
    close() {
      clearInterval(timer);
      forget();
      write(floods.flush());
    },
  };
};

import type { Phone } from '../../devices/contract.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import { startCapture, type Capture } from '../../simulators/lab/capture/packet-socket.ts';
import type { CapturePoint } from '../../simulators/lab/site.ts';
import type { Activity } from './activity.ts';
import { failureOf, messageOf, within } from './deadline.ts';
import { captureName } from './evidence-on-disk.ts';

/** How a capture is started. */
export type StartCapture = typeof startCapture;

/** What became of a capture; the content of `capture.json`. */
export type Recorded =
  | { readonly kind: 'captured'; readonly packets: number; readonly dropped: number }
  | { readonly kind: 'missing'; readonly reason: string };

/** What recording works with. */
export interface Recorder {
  /** The interface whose packets are captured, and those of further segments. */
  readonly interface: string;
  readonly segments: readonly CapturePoint[];
  readonly store: EvidenceStore;
  /** {@link startCapture} unless a test gives another. */
  readonly start?: StartCapture;
  /** Milliseconds that asking one phone for its key log, and completing the file, may take. */
  readonly limits: { readonly keyLog: number; readonly file: number };
  /** Told what went wrong without ending the recording. */
  readonly problem: (text: string) => void;
}

/** A recording under way, or one that could not begin. */
export interface Recording {
  /** Ends the capture, with the phones' TLS secrets in it, and writes what became of it; rejects only when evidence cannot be written. */
  end(phones: readonly Phone[]): Promise<Recorded>;
}

/** Path of an activity's capture in the run folder. */
export const captureOf = (activity: Activity, segment?: string): string =>
  `evidence/${activity.id}/${captureName(segment)}.pcapng`;

/** The TLS key log lines of every phone that gives them in time. */
const keyLogsOf = async (
  phones: readonly Phone[],
  { limits, problem }: Recorder,
): Promise<readonly string[]> => {
  const able = phones.filter((phone) => phone.capabilities.has('tls-key-log'));
  const logs = able.map(async (phone) => {
    const what = `asking phone ${phone.name} for its TLS key log`;
    try {
      return await within(limits.keyLog, what, phone.tlsKeyLog());
    } catch (error) {
      problem(`${failureOf(what, error)}; its connections stay encrypted in the capture`);
      return [];
    }
  });
  return (await Promise.all(logs)).flat();
};

/** A capture that broke off is a missing one: what it lacks cannot be told. */
const complete = async (
  capture: Capture,
  tlsKeyLog: readonly string[],
  { limits }: Recorder,
): Promise<Recorded> => {
  try {
    const stopped = capture.stop({ tlsKeyLog });
    const { packets, dropped } = await within(limits.file, 'completing the capture', stopped);
    return { kind: 'captured', packets, dropped };
  } catch (error) {
    return { kind: 'missing', reason: messageOf(error) };
  }
};

/** A capture of one interface, with what is to be said of it. */
const recordInterface = async (
  activity: Activity,
  recorder: Recorder,
  device: string,
  segment?: string,
) => {
  const { start = startCapture, store } = recorder;
  const started = await start({
    interface: device,
    file: await store.locate(captureOf(activity, segment)),
    comment: `discretio: ${activity.title}${segment === undefined ? '' : `, segment ${segment}`}`,
  });
  return async (tlsKeyLog: () => Promise<readonly string[]>): Promise<Recorded> => {
    const recorded: Recorded = started.ok
      ? await complete(started.value, await tlsKeyLog(), recorder)
      : { kind: 'missing', reason: started.error.detail ?? started.error.code };
    await store.write(`evidence/${activity.id}/${captureName(segment)}.json`, recorded);
    return recorded;
  };
};

/** Starts capturing for an activity; where that is impossible the reason becomes evidence instead. */
export const startRecording = async (
  activity: Activity,
  recorder: Recorder,
): Promise<Recording> => {
  const [main, ...others] = await Promise.all([
    recordInterface(activity, recorder, recorder.interface),
    ...recorder.segments.map((point) =>
      recordInterface(activity, recorder, point.interface, point.segment),
    ),
  ]);
  return {
    async end(phones) {
      let asked: Promise<readonly string[]> | undefined;
      const keyLogs = () => (asked ??= keyLogsOf(phones, recorder));
      const [recorded] = await Promise.all([main, ...others].map((end) => end(keyLogs)));
      return recorded ?? { kind: 'missing', reason: 'no capture was made' };
    },
  };
};

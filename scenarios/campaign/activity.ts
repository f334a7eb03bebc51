import type {
  Appliance,
  ApplianceDescription,
  Capability,
  Phone,
  Target,
} from '../../devices/contract.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import type { WireFacts } from '../wire/facts-model.ts';

/** What an activity works with. Everything it starts through this is stopped at the end of the run, whatever happens. */
export interface World {
  readonly target: Target;
  readonly site: LabSite;
  /** Seeds every choice of the run; printed in the report. */
  readonly seed: number;
  /** `full` takes its time: longer calls. */
  readonly profile: 'quick' | 'full';
  /** Aborted when the run is to end early. */
  readonly signal: AbortSignal;
  /** The run's appliance, started on first use. */
  appliance(): Promise<Appliance>;
  /** A phone of the run by name, started on first use; at other servers than the appliance's where `at` names them. */
  phone(name: string, at?: ApplianceDescription): Promise<Phone>;
  /** Writes a piece of evidence; the path is relative to the activity's own folder. */
  write(path: string, content: Uint8Array | string | object): Promise<void>;
}

/** Something done to the target while evidence is gathered. Many scenarios may judge what one activity left. */
export interface Activity {
  /** Stable; also the name of its folder of evidence. */
  readonly id: string;
  /** For the progress line. */
  readonly title: string;
  /** What it does to the target, for whoever has to authorise it beforehand: one line. */
  readonly effect: string;
  /** Whether it leaves the target other than it found it, beyond the accounts it enrols: revoked numbers, blocked addresses, load. */
  readonly disturbs: boolean;
  /** `hosts`: only where every part has a host of its own. */
  readonly lab?: 'hosts';
  readonly needs: readonly Capability[];
  /** Milliseconds that it usually takes, for the plan; 2,000 unless declared or measured (expected-times.ts). */
  readonly expected?: number;
  /** Activities that must have been done before: their phones and accounts are used again. Others may meet another instance of the target. */
  readonly after: readonly string[];
  /** Whether the wire is captured meanwhile. */
  readonly captured: boolean;
  /** Whether every segment of the lab is captured, beside the one that all of them meet on. */
  readonly everySegment?: boolean;
  readonly run: (world: World) => Promise<Secrets | void>;
}

/** Values that must stay confidential, kept in memory only, to be searched for in what was captured. */
export interface Secrets {
  /** Looks through the decoded capture; the result, which names no secret, becomes evidence. */
  readonly searchCapture: (facts: WireFacts) => object;
}

import {
  startHostProcess,
  type HostEntry,
  type HostProcess,
  type HostProgram,
} from './host-process.ts';
import type { CarriedCounts, Way } from './link/frame-carrier.ts';
import { openRunFolders } from './run-folders.ts';
import type { CheckedTopology } from './topology/check.ts';
import type { Link } from './topology/schema.ts';

/** A place where packets can be captured. */
export interface CapturePoint {
  /** The segment that is seen there whole. */
  readonly segment: string;
  /** An interface of this process's own network namespace. */
  readonly interface: string;
}

/** A host that joins the lab while it runs. */
export interface Guest {
  readonly name: string;
  /** The host on whose segment it stands, behind the same router. */
  readonly beside: string;
  /** Its link to that segment, done in user space: rate, delay, jitter and loss as link/link-model.ts has them. */
  readonly link: Link;
}

/** A guest that is up. */
export interface GuestHost {
  readonly address: string;
  /** Takes its network away, or gives it back; its programs are not told otherwise than by silence. */
  setUp(up: boolean): Promise<void>;
  /** What its link carried so far. */
  carried(): Promise<Readonly<Record<Way, CarriedCounts>>>;
}

/** Where the parts of one run live: folders of their own, hosts, addresses, and what is between them. */
export interface LabSite {
  readonly kind: 'loopback' | 'netns';
  /** The interface that all traffic between phones, appliance and testbed crosses. */
  readonly interface: string;
  /** Further segments, each behind or beside that interface. */
  readonly segments: readonly CapturePoint[];
  /** Hosts and segments, for the evidence; null where there is but one host. */
  readonly topology: CheckedTopology | null;
  readonly folder: (name: string) => Promise<string>;
  /** An address of a host; `testbed` is the host of this process. */
  address(host: string, segment?: string): string;
  /** Whether a part has its host to itself. */
  readonly ownsHost: boolean;
  /** Starts a program on a host. All are stopped when the site is closed. */
  readonly start: (host: string, program: HostProgram) => HostProcess;
  /** Adds a host; only where hosts are network namespaces. Rejects with one line. */
  readonly attach?: (guest: Guest) => Promise<GuestHost>;
  /** Stops the programs and removes every folder. */
  close(): Promise<void>;
}

const loopbackInterface = (): string => (process.platform === 'linux' ? 'lo' : 'lo0');

/** Milliseconds that a program may take to end once its control channel is closed. */
const stopLimit = 5_000;

/** Programs on hosts, stopped together. */
export const createPrograms = (entry: (host: string) => HostEntry) => {
  const running = new Set<HostProcess>();
  return {
    start: (host: string, program: HostProgram): HostProcess => {
      const started = startHostProcess(entry(host), program);
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    stop: async () => void (await Promise.all([...running].map((each) => each.stop(stopLimit)))),
  };
};

/** The loopback lab: every host is 127.0.0.1, told apart by port. */
export const openLoopbackSite = async (parent?: string): Promise<LabSite> => {
  const folders = await openRunFolders(parent);
  const programs = createPrograms(() => []);
  return {
    kind: 'loopback',
    interface: loopbackInterface(),
    segments: [],
    topology: null,
    folder: folders.folder,
    address: () => '127.0.0.1',
    ownsHost: false,
    start: programs.start,
    async close() {
      await programs.stop();
      await folders.remove();
    },
  };
};

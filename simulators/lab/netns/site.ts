import { openRunFolders } from '../run-folders.ts';
import { createPrograms, type LabSite } from '../site.ts';
import { readTopology, type CheckedTopology } from '../topology/check.ts';
import { buildTopology, namespacePath } from './build.ts';
import { linkProblem } from './commands.ts';
import { attachGuest, planGuest } from './guest.ts';
import { segmentInterface } from './interface-names.ts';

const addressOf = (topology: CheckedTopology, name: string, segment?: string): string => {
  const { hosts, testbed } = topology;
  const host = hosts.find((each) => each.name === name);
  const attachments = name === 'testbed' ? [testbed] : (host?.attachments ?? []);
  const found = attachments.find((each) => segment === undefined || each.segment === segment);
  const address = found?.ipv4 ?? found?.ipv6;
  if (address !== undefined) return address;
  const known = ['testbed', ...hosts.map((each) => each.name)].join(', ');
  throw new Error(
    segment === undefined || attachments.length === 0
      ? `the lab has no host ${name}; its hosts are ${known}`
      : `the host ${name} has no address on segment ${segment}`,
  );
};

/** Reads a topology that this lab can build. Rejects with one line that names the file, the place in it and the reason. */
export const readBuildable = async (path: string): Promise<CheckedTopology> => {
  const topology = await readTopology(path);
  const problem = linkProblem(topology);
  if (problem !== null) throw new Error(`topology ${path}: ${problem}`);
  return topology;
};

/** How a program comes to run on a host. */
export const hostEntry = (host: string): readonly string[] =>
  host === 'testbed' ? [] : ['nsenter', `--net=${namespacePath(host)}`, '--'];

/**
 * Builds the lab of network namespaces, in a process that has namespaces of its own (scope `lab` of own-namespace.ts).
 * Nothing of it outlives this process. Rejects with one line.
 */
export const openNetnsSite = async (
  topology: CheckedTopology,
  parent?: string,
): Promise<LabSite> => {
  const problem = linkProblem(topology);
  if (problem !== null) throw new Error(problem);
  const folders = await openRunFolders(parent);
  /** Addresses by name. */
  const guests = new Map<string, string>();
  const address = (host: string, segment?: string): string =>
    guests.get(host) ?? addressOf(topology, host, segment);
  const programs = createPrograms((host) => {
    address(host);
    return hostEntry(host);
  });
  try {
    await buildTopology(topology, await folders.folder('network'));
  } catch (error) {
    await folders.remove();
    throw error;
  }
  const primary = topology.testbed.segment;
  return {
    kind: 'netns',
    interface: segmentInterface(topology, primary),
    segments: topology.segments
      .filter(({ name }) => name !== primary)
      .map(({ name }) => ({ segment: name, interface: segmentInterface(topology, name) })),
    topology,
    folder: folders.folder,
    address,
    ownsHost: true,
    start: programs.start,
    async attach(guest) {
      const index = guests.size;
      const plan = planGuest(topology, guest.beside, index);
      guests.set(guest.name, plan.address);
      return attachGuest(topology, guest, plan, index, (program) =>
        programs.start('testbed', program),
      );
    },
    async close() {
      await programs.stop();
      await folders.remove();
    },
  };
};

import { fileURLToPath } from 'node:url';
import { nodeProgram, type HostProcess, type HostProgram } from '../host-process.ts';
import type { CarriedCounts, Way } from '../link/frame-carrier.ts';
import type { Guest, GuestHost } from '../site.ts';
import { contains, prefixOf } from '../topology/address.ts';
import type { CheckedTopology } from '../topology/check.ts';
import { configureGuest } from './build.ts';
import { segmentInterface } from './interface-names.ts';
import { runTool } from './run-tool.ts';

/** Milliseconds for the two devices of a link to come up, and for its counts to be told. */
const limits = { up: 10_000, counts: 2_000 } as const;

/** First host number of guests on a segment; the standard topology's hosts have smaller ones. */
const firstNumber = 200;

/** Everything of a guest that follows from the data alone. */
export interface GuestPlan {
  readonly segment: string;
  readonly address: string;
  /** For `ip address add`. */
  readonly prefixed: string;
  readonly gateway: string;
}

const addressIn = (prefix: string, number: number): string => {
  const { address } = prefixOf(prefix);
  return address.includes(':')
    ? `${address.replace(/::$/, '')}::${number.toString(16)}`
    : address.replace(/\d+$/, (last) => String(Number(last) + number));
};

/** Where a guest stands: on the first segment of the host beside it, behind the same router. Throws with one line. */
export const planGuest = (topology: CheckedTopology, beside: string, index: number): GuestPlan => {
  const neighbour = topology.hosts.find(({ name }) => name === beside);
  const router = topology.hosts.find(({ name }) => name === neighbour?.gateway);
  const segment = neighbour?.attachments[0]?.segment;
  const at = topology.segments.find(({ name }) => name === segment);
  const via = router?.attachments.find((each) => each.segment === segment);
  const family = at?.ipv4 !== undefined && via?.ipv4 !== undefined ? 'ipv4' : 'ipv6';
  const [prefix, gateway] = [at?.[family], via?.[family]];
  if (segment === undefined || prefix === undefined || gateway === undefined)
    throw new Error(`the lab has no host ${beside} with a router of its own to stand beside`);
  const address = addressIn(prefix, firstNumber + index);
  const taken = topology.hosts.some(({ attachments }) =>
    attachments.some((each) => each[family] === address),
  );
  if (taken || !contains(prefix, address))
    throw new Error(`segment ${segment} has no room for a guest at ${address}`);
  return { segment, address, prefixed: `${address}/${prefixOf(prefix).length}`, gateway };
};

const answerOf = <Answer>(
  running: HostProcess,
  what: string,
  wanted: string,
  limit: number,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${what}: not within ${limit / 1000} s`)),
      limit,
    );
    running.onMessage((message) => {
      if ((message as { readonly kind?: unknown }).kind !== wanted) return;
      clearTimeout(late);
      resolve(message as Answer);
    });
    void running.ended.then((how) => {
      clearTimeout(late);
      reject(new Error(`${what}: ${how}`));
    });
  });

/** Starts a guest's link and makes its host; `start` starts a program beside the testbed. Rejects with one line. */
export const attachGuest = async (
  topology: CheckedTopology,
  { name, link }: Guest,
  plan: GuestPlan,
  index: number,
  start: (program: HostProgram) => HostProcess,
): Promise<GuestHost> => {
  const [near, far] = [`near${index}`, `far${index}`];
  const file = fileURLToPath(new URL('link-program.ts', import.meta.url));
  const carrier = start(nodeProgram(file, [near, far, JSON.stringify(link)]));
  const what = `network lab: the link of ${name}`;
  await answerOf(carrier, what, 'up', limits.up);
  await runTool('ip', ['link', 'set', far, 'master', segmentInterface(topology, plan.segment)]);
  await configureGuest(name, near, plan);
  const setUp = (up: boolean) => runTool('ip', ['link', 'set', far, up ? 'up' : 'down']);
  await setUp(true);
  return {
    address: plan.address,
    setUp,
    async carried() {
      const told = answerOf<{ readonly counts: Readonly<Record<Way, CarriedCounts>> }>(
        carrier,
        what,
        'counts',
        limits.counts,
      );
      carrier.send({});
      return (await told).counts;
    },
  };
};

import { networkInterfaces } from 'node:os';
import type { Target } from '../devices/contract.ts';
import type { Plan } from '../reports/model/run.ts';
import type { Activity } from '../scenarios/campaign/activity.ts';
import { activitiesOf, type Repertoire } from '../scenarios/campaign/plan.ts';
import { CommandProblem } from './command-problem.ts';

const isLoopback = (host: string): boolean =>
  host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.');

/** A target's addresses that are not this machine's own; one of another network namespace is another machine's. */
export const foreignHosts = ({ external }: Pick<Target, 'external'>): readonly string[] => {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
  );
  return (external?.hosts ?? []).filter((host) => !isLoopback(host) && !own.has(host));
};

const lineOf = ({ id, effect, disturbs }: Activity): string =>
  `  ${id}: ${effect}${disturbs ? ' (leaves the target changed)' : ''}`;

/** What a run will do to a target that stands elsewhere, for whoever authorises it: a line each. */
const effects = (plan: Plan, repertoire: Repertoire, target: Target): readonly string[] =>
  activitiesOf(plan, repertoire)
    .filter(({ needs }) => needs.every((need) => target.capabilities.has(need)))
    .map(lineOf);

/** What was said on the matter. */
export interface Authorising {
  readonly plan: Plan;
  readonly repertoire: Repertoire;
  readonly target: Target;
  /** Whether the user said `--i-am-authorised`. */
  readonly isAuthorised: boolean;
  readonly say: (line: string) => void;
}

/** Says what will be done to a target that is not on this machine, and refuses to do it unless the user is authorised to have it done. */
export const requireAuthorisation = ({
  plan,
  repertoire,
  target,
  isAuthorised,
  say,
}: Authorising): void => {
  const hosts = foreignHosts(target);
  if (hosts.length === 0) return;
  say(`What this run does to ${hosts.join(', ')}:`);
  for (const line of effects(plan, repertoire, target)) say(line);
  if (!isAuthorised)
    throw new CommandProblem(
      `the target ${target.name} is not on this machine: nothing was done; whoever answers for ${hosts.join(', ')} must allow it, then add --i-am-authorised`,
    );
};

import { resolve } from 'node:path';
import type { Target } from '../devices/contract.ts';
import { captureStarter } from '../devices/external/capture.ts';
import { openExternalSite } from '../devices/external/site.ts';
import { targetOnHosts } from '../devices/remote/remote-target.ts';
import type { EvidenceStore } from '../reports/evidence/store.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { progressLine } from '../reports/render/terminal.ts';
import type { Campaign } from '../scenarios/campaign/campaign.ts';
import { messageOf, within } from '../scenarios/campaign/deadline.ts';
import { usualLimits, type Remark } from '../scenarios/campaign/gather.ts';
import type { Start } from '../scenarios/campaign/start.ts';
import type { Repertoire } from '../scenarios/campaign/plan.ts';
import { bringLoopbackUp } from '../simulators/lab/capture/packet-socket.ts';
import { openNetnsSite, readBuildable } from '../simulators/lab/netns/site.ts';
import { openLoopbackSite, type LabSite } from '../simulators/lab/site.ts';
import type { CheckedTopology } from '../simulators/lab/topology/check.ts';
import { usualTopology } from '../simulators/lab/topology/standard.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluateOptions } from './evaluate-options.ts';

/** A line on standard error. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** A progress line for something that is no activity; `took` in milliseconds. */
export const sayTook = (what: string, took: number): void => {
  const line = progressLine(what, { id: what, status: 'done', took });
  if (line !== null) say(line);
};

/** Hosts and segments to run on; null in the lab that has but one host. */
export const chooseTopology = async ({
  lab,
  topology,
}: Pick<EvaluateOptions, 'lab' | 'topology'>): Promise<CheckedTopology | null> => {
  if (lab === 'loopback') return null;
  if (topology === undefined) return usualTopology();
  return readBuildable(topology).catch((error: unknown) => {
    throw new CommandProblem(`--topology: ${messageOf(error)}`);
  });
};

/** Milliseconds that building a lab may take: a hundred times what it does. */
const labLimit = 30_000;

/** The lab, up. */
export const openLab = async (
  wanted: CheckedTopology | null,
  { external }: Target,
): Promise<LabSite> => {
  if (external) return openExternalSite(external);
  if (wanted === null) return openLoopbackSite();
  const before = performance.now();
  const site = await within(labLimit, 'building the lab', openNetnsSite(wanted));
  sayTook(
    `the lab ${wanted.name} of ${wanted.hosts.length} hosts is up`,
    performance.now() - before,
  );
  return site;
};

/** In the lab of namespaces every part of the target runs on its own host. */
const placeTarget = (target: Target, file: string | undefined, site: LabSite): Target =>
  site.topology === null
    ? target
    : targetOnHosts(target, file === undefined ? undefined : resolve(file), site);

/** What a campaign of this process works with. */
export interface CampaignParts {
  readonly start: Start;
  readonly repertoire: Repertoire;
  readonly target: Target;
  /** The file that the target came from; the reference where absent. */
  readonly targetFile: string | undefined;
  readonly site: LabSite;
  readonly store: EvidenceStore;
  readonly signal: AbortSignal;
  /** Behind every line of progress, such as which lane it is of. */
  readonly suffix: string;
}

/** A campaign that tells its progress on standard error. */
export const campaignOf = ({ suffix, targetFile, ...parts }: CampaignParts): Campaign => {
  const { target, site } = parts;
  return {
    ...parts,
    target: placeTarget(target, targetFile, site),
    remark: (remark: Remark) =>
      remark.kind === 'took'
        ? sayTook(`${remark.what}${suffix}`, remark.took)
        : say(`! ${remark.text}${suffix}`),
    ...captureStarter(target.external),
    ...(target.activityLimit === undefined
      ? {}
      : { limits: { ...usualLimits, activity: target.activityLimit } }),
    progress: (activity, outcome) => {
      const line = progressLine(`${activity.title}${suffix}`, outcome);
      if (line !== null) say(line);
    },
  };
};

/** Brings up the loopback interface of the process's own network namespace. */
export const raiseLoopback = (): void => {
  const raised = bringLoopbackUp();
  if (raised.ok) return;
  const reason = raised.error.detail ?? raised.error.code;
  throw new CommandProblem(
    `the loopback interface of the run's own network namespace cannot be brought up: ${reason}; without the program unshare in PATH the run uses the shared one`,
    exitCodes.inconclusive,
  );
};

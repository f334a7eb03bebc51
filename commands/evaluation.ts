import { resolve } from 'node:path';
import type { Target } from '../devices/contract.ts';
import { captureStarter } from '../devices/external/capture.ts';
import { openExternalSite } from '../devices/external/site.ts';
import { targetOnHosts } from '../devices/remote/remote-target.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import type { Run } from '../reports/model/run.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { progressLine } from '../reports/render/terminal.ts';
import { judgeRun, type Start } from '../scenarios/campaign/assemble.ts';
import { runCampaign } from '../scenarios/campaign/campaign.ts';
import { messageOf, untilAborted } from '../scenarios/campaign/deadline.ts';
import { usualLimits, type Remark } from '../scenarios/campaign/gather.ts';
import { makePlan } from '../scenarios/campaign/plan.ts';
import { repertoire } from '../scenarios/repertoire.ts';
import { bringLoopbackUp, captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import { commandStart, inOwnNamespace } from '../simulators/lab/own-namespace.ts';
import { openNetnsSite, readBuildable } from '../simulators/lab/netns/site.ts';
import { openLoopbackSite, type LabSite } from '../simulators/lab/site.ts';
import type { CheckedTopology } from '../simulators/lab/topology/check.ts';
import { usualTopology } from '../simulators/lab/topology/standard.ts';
import { requireAuthorisation } from './authorisation.ts';
import { CommandProblem } from './command-problem.ts';
import { watchInterruption } from './interruption.ts';
import { printRun, writeReports } from './reports.ts';
import { makeRunFolder } from './run-folder.ts';
import { loadTarget } from './target-file.ts';
import { version } from './version.ts';

/** What `discretio evaluate` was asked for. */
export interface EvaluateOptions {
  readonly target?: string;
  /** Whether the user may have done to a target elsewhere what the run does. */
  readonly iAmAuthorised?: boolean;
  readonly only?: readonly string[];
  readonly profile: 'quick' | 'full';
  readonly seed: number;
  readonly lab: 'loopback' | 'netns';
  /** Path of a JSON file. */
  readonly topology?: string;
  readonly lang: 'en' | 'fr';
  readonly out?: string;
  readonly json?: boolean;
}

/** One line on how the wire is captured here, or why it is not. */
const captureLine = (
  lab: EvaluateOptions['lab'],
  namespaceProblem: string | null,
  external: Target['external'],
): string => {
  if (external && external.capture.from !== 'interface')
    return external.capture.from === 'command'
      ? 'what a command of the target’s file streams'
      : 'files that are added to the finished run';
  const support = captureSupport();
  if (!support.ok) {
    const reason = support.error.detail ?? support.error.code;
    return `none: ${reason}${namespaceProblem === null ? '' : `; ${namespaceProblem}`}`;
  }
  if (lab === 'netns') return `${support.value} on every segment of the lab`;
  if (external) return `${support.value}, on ${external.interface}`;
  return namespaceProblem === null
    ? `${support.value}, in a network namespace of its own`
    : `${support.value}, on the shared loopback interface: ${namespaceProblem}`;
};

const startOf = (
  options: EvaluateOptions,
  target: Target,
  startedAt: string,
  capture: string,
): Start => {
  const planned = makePlan(
    {
      only: options.only ?? [],
      seed: options.seed,
      profile: options.profile,
      lab: options.lab,
      ...(options.topology === undefined ? {} : { topology: options.topology }),
      target: options.target ?? target.name,
    },
    repertoire,
  );
  if (!planned.ok)
    throw new CommandProblem(
      `--only ${planned.error.detail}: there is no such claim; discretio claims lists them`,
    );
  return {
    schema: 1,
    version,
    run: startedAt,
    startedAt,
    language: options.lang,
    environment: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      platform: `${process.platform} ${process.arch}`,
      capture,
      codec: target.codec(),
    },
    capabilities: [...target.capabilities],
    plan: planned.value,
  };
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** A progress line for something that is no activity; `took` in milliseconds. */
const sayTook = (what: string, took: number): void => {
  const line = progressLine(what, { id: what, status: 'done', took });
  if (line !== null) say(line);
};

/** Milliseconds since the user's command began. */
const sinceStart = (): number => performance.timeOrigin + performance.now() - commandStart();

const sayRemark = (remark: Remark): void =>
  remark.kind === 'took' ? sayTook(remark.what, remark.took) : say(`! ${remark.text}`);

/** Hosts and segments to run on; null in the lab that has but one host. */
const chooseTopology = async ({
  lab,
  topology,
}: EvaluateOptions): Promise<CheckedTopology | null> => {
  if (lab === 'loopback') return null;
  if (topology === undefined) return usualTopology();
  return readBuildable(topology).catch((error: unknown) => {
    throw new CommandProblem(`--topology: ${messageOf(error)}`);
  });
};

/** The lab, up. */
const openLab = async (
  wanted: CheckedTopology | null,
  { external }: Target,
): Promise<LabSite> => {
  if (external) return openExternalSite(external);
  if (wanted === null) return openLoopbackSite();
  const before = performance.now();
  const site = await openNetnsSite(wanted);
  sayTook(
    `the lab ${wanted.name} of ${wanted.hosts.length} hosts is up`,
    performance.now() - before,
  );
  return site;
};

/** In the lab of namespaces every part of the target runs on its own host. */
const placeTarget = (target: Target, { target: file }: EvaluateOptions, site: LabSite): Target =>
  site.topology === null
    ? target
    : targetOnHosts(target, file === undefined ? undefined : resolve(file), site);

/** Does the activities and leaves their evidence in the run folder, whose absolute path it gives. */
const gatherEvidence = async (
  options: EvaluateOptions,
  namespaceProblem: string | null,
  signal: AbortSignal,
): Promise<string> => {
  const target = await untilAborted(signal, loadTarget(options.target));
  const startedAt = new Date().toISOString();
  const start = startOf(options, target, startedAt, captureLine(options.lab, namespaceProblem, target.external));
  requireAuthorisation({
    plan: start.plan,
    repertoire,
    target,
    isAuthorised: options.iAmAuthorised === true,
    say,
  });
  const topology = await chooseTopology(options);
  const folder = await makeRunFolder(options.out, startedAt);
  const store = await createEvidenceStore(folder);
  sayTook('program and target loaded', sinceStart());
  const site = await openLab(topology, target);
  try {
    await runCampaign({
      start,
      target: placeTarget(target, options, site),
      site,
      store,
      repertoire,
      signal,
      remark: sayRemark,
      ...captureStarter(target.external),
      ...(target.activityLimit === undefined
        ? {}
        : { limits: { ...usualLimits, activity: target.activityLimit } }),
      progress: (activity, outcome) => {
        const line = progressLine(activity.title, outcome);
        if (line !== null) say(line);
      },
    });
  } finally {
    await site.close();
  }
  return folder;
};

const judgeAndReport = async (folder: string, json: boolean): Promise<Run> => {
  const before = performance.now();
  const run = await judgeRun(folder, repertoire);
  const manifest = await writeReports(run, await createEvidenceStore(folder));
  sayTook('evidence judged, report written', performance.now() - before);
  sayTook('total', sinceStart());
  printRun(run, folder, manifest, json);
  if (run.status === 'incomplete')
    say(
      `discretio: ${run.ended ?? 'the run is incomplete'}; the evidence kept so far, with its report, is in ${folder}; run it again for the rest`,
    );
  return run;
};

const raiseLoopback = (): void => {
  const raised = bringLoopbackUp();
  if (raised.ok) return;
  const reason = raised.error.detail ?? raised.error.code;
  throw new CommandProblem(
    `the loopback interface of the run's own network namespace cannot be brought up: ${reason}; without the program unshare in PATH the run uses the shared one`,
    exitCodes.inconclusive,
  );
};

/** Evaluates in this process and prints the run; gives the exit code. `namespaceProblem` says why the process has no network namespace of its own, null where it has one. */
export const evaluateHere = async (
  options: EvaluateOptions,
  namespaceProblem: string | null,
): Promise<number> => {
  if (inOwnNamespace()) raiseLoopback();
  const interruption = watchInterruption();
  try {
    const folder = await gatherEvidence(options, namespaceProblem, interruption.signal);
    return (await judgeAndReport(folder, options.json === true)).exit;
  } finally {
    interruption.release();
  }
};

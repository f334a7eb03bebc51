import type { LiveCampaignReport } from './campaign.ts';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const memoryLines = ({ samples }: LiveCampaignReport): readonly string[] =>
  [...samples].flatMap(([name, all]) => {
    const [first, last] = [all[0], all.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      `  ${name}: heap ${megabytes(first.heap)} to ${megabytes(last.heap)} MB, native ${megabytes(first.native)} to ${megabytes(last.native)} MB, resident ${megabytes(first.resident)} to ${megabytes(last.resident)} MB, ${last.descriptors} descriptors`,
    ];
  });

/** A run in a few lines. */
export const liveLines = (report: LiveCampaignReport): readonly string[] => {
  const { name, runs, batches, seed, failure, inconclusive, unreached, casesPerSecond } = report;
  const found = failure === null ? 'no failure' : '1 failure';
  return [
    `${name.padEnd(20)} ${runs} cases in ${batches} batches, ${casesPerSecond} a second, seed ${seed}: ${found}`,
    ...memoryLines(report),
    ...(failure === null
      ? []
      : [
          `  ${failure.property}: expected ${failure.expected}, observed ${failure.observed}`,
          `    ${failure.file}, ${failure.cases.length} cases; again: discretio fuzz ${name} --seed ${seed} --path ${failure.path}`,
        ]),
    ...(unreached.length === 0 ? [] : [`  never reached: ${unreached.join(', ')}`]),
    ...(inconclusive === null ? [] : [`  inconclusive: ${inconclusive}`]),
  ];
};

/** The public shape of a run. */
export const liveJson = (report: LiveCampaignReport) => {
  const { name, runs, batches, seed, failure, inconclusive, unreached, reached } = report;
  return {
    name,
    runs,
    batches,
    seed,
    failures: failure === null ? [] : [{ path: failure.path, file: failure.file }],
    ...(inconclusive === null ? {} : { inconclusive }),
    ...(unreached.length === 0 ? {} : { unreached }),
    casesPerSecond: report.casesPerSecond,
    memory: Object.fromEntries(report.samples),
    reached: Object.fromEntries(reached),
  };
};

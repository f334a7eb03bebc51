import type { Run } from '../../reports/model/run.ts';
import type { Judgement, Verdict } from '../../reports/model/verdict.ts';

interface Sides {
  readonly left: string;
  readonly right: string;
}

/** What differs between two runs on one claim, on one scenario's word on it, or on what one observed; `none` where a run has nothing. */
export type Difference =
  | (Sides & { readonly claim: string; readonly scenario?: string })
  | (Sides & { readonly observation: string; readonly scenario: string });

/** What legitimately differs from run to run, each with what stands for it: a version, a length in bits or a status stays as it is. */
const passing: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}T[\d:.]+Z?/g, 'TIME'],
  [/\b\d+(\.\d+)? ?(?=(ms|s|milliseconds|seconds)\b)/g, 'N '],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, 'ADDRESS'],
  [/\[?[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}\]?(:\d+)?/gi, 'ADDRESS'],
  [/\bports? \d+/gi, 'port N'],
  [/\b[0-9a-f]{4}( [0-9a-f]{4})+\b/gi, 'HEX'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, 'HEX'],
  [/\b\d+(?= (\p{L}+ )?(packets|frames|messages|bytes|octets|connections|attempts)\b)/gu, 'N'],
];

const essence = (text: string): string =>
  passing.reduce((rest, [pattern, sign]) => rest.replaceAll(pattern, sign), text);

/** What one run says, so that runs that say the same are equal: the kind, and the reason of anything but a pass. */
const wordOf = ({ kind, reason }: Verdict): string =>
  kind === 'pass' || reason === undefined ? kind : `${kind}: ${reason}`;

const same = (left: string, right: string): boolean => essence(left) === essence(right);

const byClaim = (verdicts: readonly Verdict[]): ReadonlyMap<string, string> =>
  new Map(verdicts.map((verdict) => [verdict.claim, wordOf(verdict)]));

const keyOf = ({ claim, scenario }: Judgement): string => `${claim}\n${scenario}`;

/** Why a claim has no verdict in a run. */
const absent = (run: Run, claim: string): string => {
  const out = run.plan.leftOut.find((each) => each.claim === claim);
  return out ? `left out: ${out.reason}` : 'none';
};

/** The verdict is told by its decisive judgement, so that its reason is compared there; here the kinds. */
const verdictDifferences = (left: Run, right: Run): readonly Difference[] => {
  const [before, after] = [byClaim(left.verdicts), byClaim(right.verdicts)];
  const claims = [...new Set([...before.keys(), ...after.keys()])];
  return claims.flatMap((claim) => {
    const [one, other] = [
      before.get(claim) ?? absent(left, claim),
      after.get(claim) ?? absent(right, claim),
    ];
    return same(one, other) ? [] : [{ claim, left: one, right: other }];
  });
};

const judgementDifferences = (left: Run, right: Run): readonly Difference[] => {
  const words = (run: Run) =>
    new Map(run.judgements.map((judgement) => [keyOf(judgement), wordOf(judgement)]));
  const [before, after] = [words(left), words(right)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [claim = '', scenario = ''] = key.split('\n');
    const [one, other] = [before.get(key) ?? 'none', after.get(key) ?? 'none'];
    return same(one, other) ? [] : [{ claim, scenario, left: one, right: other }];
  });
};

/** What each scenario observed, by the observation's name and its own; null where the run is of a version that did not look. */
const observed = ({ seen }: Run): ReadonlyMap<string, string> | null =>
  seen === undefined
    ? null
    : new Map(
        seen.flatMap(({ id, text, scenarios }) =>
          scenarios.map((scenario) => [`${id}\n${scenario}`, text] as const),
        ),
      );

/** Figures and languages differ in the texts: what counts is whether it was seen. */
const observationDifferences = (left: Run, right: Run): readonly Difference[] => {
  const [before, after] = [observed(left), observed(right)];
  if (before === null || after === null) return [];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    if (before.has(key) && after.has(key)) return [];
    const [observation = '', scenario = ''] = key.split('\n');
    const unseen = ({ plan }: Run): string =>
      plan.scenarios.some(({ id }) => id === scenario) ? 'none' : 'not looked for';
    return [
      {
        observation,
        scenario,
        left: before.get(key) ?? unseen(left),
        right: after.get(key) ?? unseen(right),
      },
    ];
  });
};

/**
 * Compares what two runs say: of each claim, of each scenario's word on it, and of what was observed. Times, serials, nonces, ports, counts, hashes and
 * what was observed where a claim passes are no difference; neither is which target, lab, seed or version gave the same word.
 */
export const compareRuns = (left: Run, right: Run): readonly Difference[] => [
  ...verdictDifferences(left, right),
  ...judgementDifferences(left, right),
  ...observationDifferences(left, right),
];

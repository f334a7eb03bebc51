import { networks, type Farm, type FarmPhone, type Network } from './schema.ts';

/** Two phones that call each other, on one network. */
export interface Pair {
  readonly caller: string;
  readonly callee: string;
  readonly network: Network;
}

/** A phone that is left out, and until when. */
export interface Quarantined {
  readonly phone: string;
  readonly reason: string;
  readonly until: string;
}

/** What is to be run: pairs of each batch have no phone in common, and run side by side. */
export interface Matrix {
  readonly batches: readonly (readonly Pair[])[];
  readonly quarantined: readonly Quarantined[];
  /** Phones whose quarantine is over and that run again, though the file still has it. */
  readonly expired: readonly Quarantined[];
  /** Phones that cannot be on a network of the matrix, or have nobody to call there. */
  readonly without: readonly {
    readonly phone: string;
    readonly network: Network;
    readonly reason: string;
  }[];
}

/** Whether a quarantine counts on a day (both such as 2026-12-31): the last day is one of it. */
const counts = ({ until }: { readonly until: string }, today: string): boolean => today <= until;

const quarantines = ({ phones }: Farm): readonly Quarantined[] =>
  Object.entries(phones).flatMap(([phone, { quarantine }]) =>
    quarantine ? [{ phone, ...quarantine }] : [],
  );

/** Everybody calls somebody: neighbours in the file's order, and the one left over calls the first again. */
const pairsOf = (names: readonly string[], network: Network): readonly Pair[] =>
  names.flatMap((caller, index) => {
    if (index % 2 === 1) return [];
    const callee = names[index + 1] ?? names[0];
    return callee === undefined || callee === caller ? [] : [{ caller, callee, network }];
  });

/** Pairs in order, each in the first batch where it meets none of its own phones and room is left. */
const batchesOf = (pairs: readonly Pair[], most: number): readonly (readonly Pair[])[] => {
  const batches: Pair[][] = [];
  for (const pair of pairs) {
    const names = [pair.caller, pair.callee];
    const free = batches.find(
      (batch) =>
        batch.length < most &&
        !batch.some(({ caller, callee }) => names.includes(caller) || names.includes(callee)),
    );
    if (free) free.push(pair);
    else batches.push([pair]);
  }
  return batches;
};

const isOn = (phone: FarmPhone | undefined, network: Network): boolean =>
  phone?.networks.includes(network) === true;

/** The matrix of a farm on a day; `only` names phones or labels, all where it is empty. */
export const planMatrix = (farm: Farm, today: string, only: readonly string[] = []): Matrix => {
  const all = quarantines(farm);
  const quarantined = all.filter((each) => counts(each, today));
  const names = Object.entries(farm.phones)
    .filter(
      ([name, { labels }]) =>
        only.length === 0 || only.includes(name) || labels.some((label) => only.includes(label)),
    )
    .map(([name]) => name)
    .filter((name) => !quarantined.some(({ phone }) => phone === name));
  const columns = networks
    .filter((network) => farm.networks.includes(network))
    .map((network) => ({
      network,
      able: names.filter((name) => isOn(farm.phones[name], network)),
    }));
  const without = columns.flatMap(({ network, able }) =>
    names.flatMap((phone) => {
      if (!able.includes(phone)) return [{ phone, network, reason: 'it has no such network' }];
      return able.length === 1 ? [{ phone, network, reason: 'nobody is there to call' }] : [];
    }),
  );
  return {
    batches: columns.flatMap(({ network, able }) =>
      batchesOf(pairsOf(able, network), farm.parallel),
    ),
    quarantined,
    expired: all.filter((each) => !counts(each, today)),
    without,
  };
};

import type { CallView } from '../../reference/client/calls/call.ts';
import type { LivePhone } from './phones.ts';

/** Audio packets that each side has to hear. */
const packetsHeard = 3;

/** Milliseconds: one step of a control call takes no longer, however busy the machine. */
const stepDeadline = 10_000;

const states = (views: readonly CallView[]): string =>
  views
    .map(({ state, endedBy }) => `${state}${endedBy === null ? '' : ` (${endedBy})`}`)
    .join(', ');

/** What is wrong with a call that should stand; null where nothing is. */
const callProblem = (atCaller: CallView, atCallee: CallView): string | null => {
  const both = [atCaller, atCallee];
  if (both.some(({ state }) => state !== 'in-call')) return `no call: ${states(both)}`;
  if (both.some(({ packetsReceived }) => packetsReceived < packetsHeard)) return 'no audio';
  const [ours, theirs] = [atCaller.identifiers, atCallee.identifiers];
  const isCrosswise =
    ours !== null && theirs !== null && ours.local === theirs.peer && ours.peer === theirs.local;
  return isCrosswise ? null : 'the identifiers differ';
};

const converse = async (caller: LivePhone, callee: LivePhone): Promise<string | null> => {
  await Promise.all([caller, callee].map((phone) => phone.register()));
  await caller.dial(callee.number);
  const heard = (phone: LivePhone, ...also: readonly CallView['state'][]) =>
    phone.wait(['in-call', ...also], packetsHeard, stepDeadline);
  const atCaller = await heard(caller, 'ended');
  if (atCaller.state !== 'in-call') return `no call: ${states([atCaller])}`;
  const problem = callProblem(atCaller, await heard(callee));
  await callee.hangUp();
  const views = await Promise.all(
    [caller, callee].map((phone) => phone.wait(['ended'], 0, stepDeadline)),
  );
  if (problem !== null) return problem;
  return views.every(({ state, endedBy }) => state === 'ended' && endedBy === null)
    ? null
    : `after hanging up: ${states(views)}`;
};

/** Two good phones register, call, see the same identifiers crosswise, hear each other and hang up; what was wrong, null where nothing was. */
export const controlCall = async (caller: LivePhone, callee: LivePhone): Promise<string | null> => {
  try {
    return await converse(caller, callee);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const phone of [caller, callee]) await phone.hangUp().catch(() => undefined);
  }
};

/**
 * Ordered pairs of phones in turn: a callee remembers 64 offers of one certificate for five minutes (I-2), so that no pair may
 * come too often.
 */
export const pairOf = <Value>(
  values: readonly Value[],
  round: number,
): readonly [caller: Value, callee: Value] => {
  const count = values.length;
  const from = round % count;
  const distance = 1 + (Math.floor(round / count) % (count - 1));
  const [caller, callee] = [values[from], values[(from + distance) % count]];
  if (caller === undefined || callee === undefined || caller === callee)
    throw new Error('control calls need two phones and more');
  return [caller, callee];
};

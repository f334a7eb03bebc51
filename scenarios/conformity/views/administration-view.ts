import type { Visit } from '../activities/administration-evidence.ts';

/** What came of a visit, in a few words. */
export const describeVisit = ({ path, outcome }: Visit): string => {
  switch (outcome.kind) {
    case 'answered':
      return `${path} answered ${outcome.status}${outcome.asksPassword ? ', asking for a password' : ''}`;
    case 'failed':
      return `${path} failed: ${outcome.reason}`;
    case 'deadline':
      return `${path} did not answer in time`;
  }
};

/** Statuses that refuse nobody in particular: too slow, too early, too many, or the server's own fault. */
const isOfNobody = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/** Refused for who one is: by the status that says so, or by being asked for the password (again). */
export const isRefusedSignIn = ({ outcome }: Visit): boolean =>
  outcome.kind === 'answered' &&
  !isOfNobody(outcome.status) &&
  (outcome.asksPassword || outcome.status === 401 || outcome.status === 403);

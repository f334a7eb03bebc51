import type { Claim } from './claim.ts';
import { sectionFiveOne } from './section-5.1.ts';
import { sectionFiveThree } from './section-5.3.ts';
import { sectionFiveTwo } from './section-5.2.ts';
import { sectionFour } from './section-4.ts';
import { sectionSixOne } from './section-6.1.ts';
import { sectionSixTwo } from './section-6.2.ts';
import { sectionThreeOne } from './section-3.1.ts';
import { sectionTwoOne } from './section-2.1.ts';
import { sectionTwoThree } from './section-2.3.ts';
import { sectionTwoTwo } from './section-2.2.ts';

/** Order of the target's table of contents: a section's own claims come before those of its subsections. */
const bySectionThenId = (left: Claim, right: Claim): number => {
  const [leftNumbers, rightNumbers] = [left.section.split('.'), right.section.split('.')];
  for (const [index, number] of leftNumbers.entries()) {
    const difference = Number(number) - Number(rightNumbers[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return leftNumbers.length - rightNumbers.length || (left.id < right.id ? -1 : 1);
};

/** Every claim of the security target, in the order of its sections. */
export const claims: readonly Claim[] = [
  ...sectionTwoOne,
  ...sectionTwoTwo,
  ...sectionTwoThree,
  ...sectionThreeOne,
  ...sectionFour,
  ...sectionFiveOne,
  ...sectionFiveTwo,
  ...sectionFiveThree,
  ...sectionSixOne,
  ...sectionSixTwo,
].sort(bySectionThenId);

const byId = new Map(claims.map((claim) => [claim.id, claim]));

/** The claim of that id, if there is one. */
export const claimById = (id: string): Claim | undefined => byId.get(id);

/** Claims that no scenario without a real device can show: a person judges them, each with a form. */
export const personOnly: readonly Claim[] = claims.filter(
  ({ shownBy }) =>
    shownBy.includes('person') && shownBy.every((how) => how === 'person' || how === 'device'),
);

import type { ClaimText } from '../../reports/model/run.ts';
import type { ThreatId } from './threats.ts';

/** The same text in the two languages of the reports. */
export interface LocalText {
  readonly en: string;
  readonly fr: string;
}

/**
 * How a claim can be shown: from a capture alone, by probing a server, by a scripted enrolment or call, by an attempt that must
 * fail, from files or the data store, by a run on real devices, or by a person who fills in the report's form.
 */
export type Shown = 'wire' | 'active' | 'call' | 'attack' | 'state' | 'device' | 'person';

/** One atomic statement of the security target. */
export interface Claim {
  /** Section and a letter, such as 5.1.b; never changes. */
  readonly id: string;
  readonly section: string;
  /** The subsection of the printed target that says it, where the identifier names the section above. */
  readonly printedIn?: string;
  /** Paragraphs of that section, from 1: a list belongs to the sentence that introduces it, a table's row is a paragraph. */
  readonly paragraphs: readonly number[];
  /** Whose word it is: the target says it, it follows from the target, or an interpretation of ours. */
  readonly basis: ClaimText['basis'];
  /** How strongly the target commits to it. */
  readonly level: NonNullable<ClaimText['level']>;
  readonly shownBy: readonly Shown[];
  readonly text: LocalText;
  /** Threats of section 4 that a system which keeps the claim stands against. */
  readonly counters: readonly ThreatId[];
  /** Threats that it does not prevent, but lets users notice. */
  readonly reveals?: readonly ThreatId[];
  /** Entries of the interpretation register whose reading the verdict depends on, such as I-1. */
  readonly interpretations: readonly string[];
}

/** The section of the printed target that a claim is read in. */
export const printedSection = (claim: Pick<Claim, 'section' | 'printedIn'>): string =>
  claim.printedIn ?? claim.section;

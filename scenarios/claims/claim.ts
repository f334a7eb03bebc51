import type { ClaimText } from '../../reports/model/run.ts';

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
  /** Whose word it is: the target says it, it follows from the target, or an interpretation of ours. */
  readonly basis: ClaimText['basis'];
  readonly shownBy: readonly Shown[];
  readonly text: LocalText;
  /** Entries of the interpretation register whose reading the verdict depends on, such as I-1. */
  readonly interpretations: readonly string[];
}

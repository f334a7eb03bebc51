import type { VerdictKind } from '../../reports/model/verdict.ts';

/** The claims that stored files can show. */
export type StoredKeyClaim = '3.1.a' | '5.3.a' | '5.3.b' | '6.1.a' | '6.1.c';

/** Where a parameter stands: bytes of the file, or bytes of its object's DER. */
export interface Place {
  readonly within: 'file' | 'der';
  readonly offset: number;
}

/** One parameter of a stored file, and what it means for the claims it belongs to. */
export interface Finding {
  readonly claims: readonly StoredKeyClaim[];
  readonly parameter: string;
  readonly value: string;
  readonly place: Place | null;
  readonly kind: VerdictKind;
  /** What would have passed. */
  readonly expected: string;
  /** Why it does not pass. */
  readonly reason?: string;
}

/** A place in an object's DER. */
export const der = (offset: number): Place => ({ within: 'der', offset });

/** The parts of a finding that its row names. */
type Row = Omit<Finding, 'claims' | 'kind' | 'parameter'>;

/** A finding that passes if its value is as expected, or if told so. */
export const row = (
  claims: readonly StoredKeyClaim[],
  parameter: string,
  { value, place, expected, reason }: Row,
  passes = value === expected,
): Finding => ({
  claims,
  parameter,
  value,
  place,
  expected,
  kind: passes ? 'pass' : 'fail',
  ...(passes || reason === undefined ? {} : { reason }),
});

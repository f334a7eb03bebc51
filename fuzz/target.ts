import type * as fc from 'fast-check';

/** A property that a case violates: thrown by a target's `check`, and by nothing else. */
export class PropertyFault extends Error {
  override readonly name = 'PropertyFault';
  /** Name of the property, such as `round trip` or `differential: node:crypto`. */
  readonly property: string;
  readonly expected: string;
  readonly observed: string;

  constructor(property: string, expected: string, observed: string) {
    super(`${property}: expected ${expected}, observed ${observed}`);
    this.property = property;
    this.expected = expected;
    this.observed = observed;
  }
}

/** One thing to fuzz: what is made, what must hold, what must be reached. */
export interface FuzzTarget<Case = unknown> {
  /** The NAME of `discretio fuzz NAME`, such as `csl-headers`. */
  readonly name: string;
  /** Parsers that it covers, as `path#export`; a test lists every public parser and fails when one has none. */
  readonly parsers: readonly string[];
  /** Cases; shrinkable. Cheap: bytes come from seeds and few draws, since the generator must not be slower than the parser. */
  readonly cases: fc.Arbitrary<Case>;
  /**
   * One case. Returns the shapes it reached (`ok`, an error code, a generator's shape); throws {@link PropertyFault} when a
   * property is violated, and never otherwise: any other throw is taken for the parser's own and violates totality. A method,
   * so that targets of all cases fit into one catalogue.
   */
  check(value: Case): readonly string[] | string;
  /** Shapes that so many cases must have reached: every error code of the parsers that bytes can reach. */
  readonly reaches: readonly string[];
  /** A file that shows the case to `inspect`, `keystore` or a test. */
  file(value: Case): { readonly extension: string; readonly bytes: Uint8Array };
  /** What a production installation lacks, mostly second opinions: a run says that it went without. Empty unless given. */
  readonly missing?: readonly string[];
  /** Milliseconds that one case may take; 1000 unless given. */
  readonly limit?: number;
  /** Cases after which every shape of `reaches` must have been met; 20,000 unless given. */
  readonly enough?: number;
}

import { contentCases } from './chain-cases-content.ts';
import { encodingCases } from './chain-cases-encoding.ts';
import { keyAndSignatureCases } from './chain-cases-keys.ts';
import { structureCases } from './chain-cases-structure.ts';
import type { ChainCase } from './chain-plan.ts';

/** Every case, in the order of the table in fixtures/chains. */
export const chainCases: readonly ChainCase[] = [
  ...structureCases,
  ...encodingCases,
  ...contentCases,
  ...keyAndSignatureCases,
];

import type { CallFault } from '../../simulators/attackers/call-faults.ts';
import type { Scenario } from '../campaign/scenario.ts';
import {
  afterAnswer,
  asCallee,
  asCaller,
  callScenario,
  type Refusal,
} from './key-agreement-calls.ts';

/** Tried by a caller and by a callee, refused for the same reason. */
const both = (fault: CallFault, code: string, status: 403 | 488): readonly Refusal[] => [
  asCaller(fault, [code], status),
  asCallee(fault, [code]),
];

/** What is no power of the generator must be refused before it is computed with: a tag that does not fit comes too late. */
const unused = (fault: CallFault, ...codes: readonly string[]): readonly Refusal[] =>
  [asCaller(fault, codes, 403), asCallee(fault, codes)].map((refusal) => ({
    ...refusal,
    used: ['csl/tag'],
  }));

const range = 'csl/public-value-range';

/** The faults that each scenario tries, by its id. */
export const formRefusals: Readonly<
  Record<string, { readonly claims: readonly string[]; readonly refusals: readonly Refusal[] }>
> = {
  'K1/degenerate-values': {
    claims: ['5.1.i'],
    refusals: [
      ...unused('public-value-zero', range),
      ...unused('public-value-one', range),
      ...unused('public-value-p-minus-one', range),
      ...unused('public-value-p', range),
      ...unused('public-value-p-plus-one', range),
      ...unused('public-value-non-residue', 'csl/public-value-residue'),
    ],
  },
  'K1/length-of-values': {
    claims: ['5.1.i'],
    refusals: [
      ...both('public-value-empty', 'csl/info1-length', 488),
      ...both('public-value-short', 'csl/info1-length', 488),
      ...both('public-value-long', 'csl/info1-length', 488),
    ],
  },
  'K2/other-group': { claims: ['5.1.i'], refusals: both('other-group', 'csl/group', 488) },
  'K3/own-values': {
    claims: ['5.1.j'],
    refusals: [
      asCallee('reflected-nonce', ['csl/reflection']),
      afterAnswer('reflected-tag', ['csl/tag']),
    ],
  },
  'K5/other-signatures': {
    claims: ['5.1.j'],
    refusals: [
      ...both('truncated-signature', 'csl/info2-length', 488),
      ...both('sha1-signature', 'csl/signature', 403),
      ...both('sha512-signature', 'csl/signature', 403),
      ...both('pss-signature', 'csl/signature', 403),
    ],
  },
  'K5/other-tags': {
    claims: ['5.1.j'],
    refusals: [
      afterAnswer('truncated-tag', ['csl/info2-length']),
      afterAnswer('zero-tag', ['csl/tag']),
      asCallee('truncated-tag', ['csl/info2-length']),
      asCallee('zero-tag', ['csl/tag']),
    ],
  },
  'K8/other-time': {
    claims: ['5.1.j'],
    refusals: [...both('past-time', 'csl/time', 403), ...both('future-time', 'csl/time', 403)],
  },
};

/** Calls that must come about whatever bytes chance gives. */
const leadingZeros = [
  { role: 'caller', fault: 'leading-zero-value' },
  { role: 'callee', fault: 'leading-zero-value' },
  { role: 'callee', fault: 'leading-zero-secret' },
] as const;

/** Values and proofs in every form but the right one (catalogue K1 to K3, K5, K8), and right ones that are rare (K13). */
export const keyAgreementFormAttacks: readonly Scenario[] = [
  ...Object.entries(formRefusals).map(([id, { claims, refusals }]) =>
    callScenario(id, claims, refusals),
  ),
  callScenario('K13/leading-zeros', ['5.1.i'], [], leadingZeros),
];

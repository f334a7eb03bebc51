import type { Scenario } from '../campaign/scenario.ts';
import { afterAnswer, asCallee, asCaller, callScenario } from './key-agreement-calls.ts';

/** Attacks on the key agreement (catalogue K) and on certificates in a call (X). */
export const keyAgreementAttacks: readonly Scenario[] = [
  callScenario(
    'K7/callee-checks-number',
    ['5.2.d'],
    [asCaller('certificate-of-another-number', ['csl/identity'], 403)],
  ),
  callScenario(
    'K7/caller-checks-number',
    ['5.2.f'],
    [asCallee('certificate-of-another-number', ['csl/identity'])],
  ),
  callScenario(
    'X12/chain-of-peer',
    ['5.2.c'],
    [
      asCaller('rogue-authority', ['csl/issuer'], 403),
      asCaller('rogue-chain', ['csl/from-chain'], 403),
      asCallee('rogue-authority', ['csl/issuer']),
      asCallee('rogue-chain', ['csl/from-chain']),
    ],
  ),
  callScenario(
    'X8/revoked-certificate',
    ['4.d'],
    [
      asCaller('revoked-certificate', ['csl/revoked'], 403),
      asCallee('revoked-certificate', ['csl/revoked']),
    ],
  ),
  callScenario(
    'X4/altered-certificate',
    ['3.1.c'],
    [
      asCaller('altered-certificate', ['csl/issuer'], 403),
      asCallee('altered-certificate', ['csl/issuer']),
    ],
  ),
  callScenario(
    'K5/signature',
    ['5.1.j'],
    [
      asCaller('altered-signature', ['csl/signature'], 403),
      asCaller('missing-signature', ['csl/info2-length', 'csl/info2-parts'], 488),
      asCallee('altered-signature', ['csl/signature']),
      asCallee('missing-signature', ['csl/info2-length', 'csl/info2-parts']),
    ],
  ),
  callScenario(
    'K5/tag',
    ['5.1.j'],
    [
      afterAnswer('altered-tag', ['csl/tag']),
      afterAnswer('missing-tag', ['csl/headers-absent']),
      asCallee('altered-tag', ['csl/tag']),
      asCallee('missing-tag', ['csl/info2-length', 'csl/info2-parts']),
    ],
  ),
  callScenario(
    'K9/no-call-in-clear',
    ['2.1.e', '5.1.m'],
    [
      asCaller('no-headers', ['csl/headers-absent'], 488),
      asCallee('no-headers', ['csl/headers-absent']),
    ],
  ),
];

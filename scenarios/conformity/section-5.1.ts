import type { Scenario } from '../campaign/scenario.ts';
import { audioScenarios } from './section-5.1-audio.ts';
import { keyAgreementScenarios } from './section-5.1-key-agreement.ts';
import { tlsScenarios } from './section-5.1-tls.ts';

/** Section 5.1: encryption. */
export const sectionFiveOne: readonly Scenario[] = [
  ...tlsScenarios,
  ...audioScenarios,
  ...keyAgreementScenarios,
];

import { describe, expect, it } from 'vitest';
import { mutants } from '../../simulators/mutants/catalogue.ts';
import { repertoire } from '../repertoire.ts';
import { readRecorded, validationDocuments } from './recorded.ts';

const matrix = readRecorded();
const again =
  'record it again: npx discretio mutants --repeat 20 --record, with --thorough where a scenario is new';

/** Scenarios that report strength or shape, of which nothing fails but what others fail first. */
const observing: readonly string[] = [];

describe('the recorded matrix', () => {
  it('is of the mutants that there are', () => {
    const recorded = matrix.mutants.map(({ id }) => id);
    expect(recorded, again).toEqual(mutants.map(({ id }) => id));
  });

  it('is of the scenarios that there are', () => {
    const known = new Set(matrix.scenarios.map(({ id }) => id));
    const unrecorded = repertoire.scenarios.filter(({ id }) => !known.has(id)).map(({ id }) => id);
    expect(unrecorded, again).toEqual([]);
  });

  it('has every mutant killed for the right reason, and no false alarm', () => {
    expect(matrix.mutants.filter(({ end }) => end !== 'killed')).toEqual([]);
    expect(matrix.falseAlarms).toEqual([]);
    expect(matrix.repeats).toBeGreaterThanOrEqual(20);
  });

  it('has no attack that kills nothing', () => {
    const idle = matrix.scenarios
      .filter(({ id, kills }) => id.startsWith('attacks/') && kills === 0)
      .map(({ id }) => id);
    expect(idle.filter((id) => !observing.includes(id))).toEqual([]);
  });

  it('is in every report, in both languages', () => {
    for (const language of ['en', 'fr'] as const) {
      const [killed, scenarios] = validationDocuments(matrix, language);
      expect(JSON.stringify(killed)).toContain('tag-of-32-bits');
      expect(JSON.stringify(scenarios)).toContain('5.1/audio/tag');
    }
  });
});

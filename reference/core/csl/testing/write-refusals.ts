import { writeFileSync } from 'node:fs';
import { refusalVectorsText } from './refusal-vectors.ts';

/** Writes `fixtures/refusals.json` anew; run after a change of the cases. */
writeFileSync(new URL('../fixtures/refusals.json', import.meta.url), refusalVectorsText());

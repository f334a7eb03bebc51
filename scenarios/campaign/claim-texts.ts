import type { Run } from '../../reports/model/run.ts';
import { claims } from '../claims/catalogue.ts';
import { interpretations } from '../claims/interpretations.ts';

/** The catalogue's texts in one language, as every report carries them. */
export const claimTexts = (language: Run['language']): Pick<Run, 'claims' | 'interpretations'> => ({
  claims: claims.map((claim) => ({
    id: claim.id,
    section: claim.section,
    text: claim.text[language],
    basis: claim.basis,
    interpretations: [...claim.interpretations],
  })),
  interpretations: interpretations.map(({ id, text }) => ({ id, text: text[language] })),
});

import type { Target } from '../../devices/contract.ts';
import { referenceTarget } from '../../devices/reference/target.ts';
import { audioMutants } from './audio.ts';
import { keyAgreementMutants } from './key-agreement.ts';
import type { Mutant } from './mutant.ts';
import { revocationMutants } from './revocation.ts';
import { storedKeyMutants } from './stored-key.ts';
import { tlsMutants } from './tls.ts';

/** Every mutant by id. */
export const mutants: readonly Mutant[] = [
  ...tlsMutants,
  ...audioMutants,
  ...keyAgreementMutants,
  ...revocationMutants,
  ...storedKeyMutants,
];

/** Environment variable that names the mutant which target.ts is. */
export const mutantVariable = 'DISCRETIO_MUTANT';

/** The mutant of that id as a target. */
export const mutantTarget = (id: string): Target => {
  const mutant = mutants.find((candidate) => candidate.id === id);
  if (!mutant) throw new Error(`there is no mutant ${id}`);
  return referenceTarget({ ...mutant.parts, name: `mutant ${id}` });
};

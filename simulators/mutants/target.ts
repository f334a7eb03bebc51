import { mutantTarget } from './catalogue.ts';

/** Environment variable that names the mutant. */
const variable = 'DISCRETIO_MUTANT';

/** For `evaluate --target`: the mutant that the environment names. */
export const target = mutantTarget(process.env[variable] ?? '');

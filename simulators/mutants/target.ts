import { mutantTarget, mutantVariable } from './catalogue.ts';

/** For `evaluate --target`: the mutant that the environment names. */
export const target = mutantTarget(process.env[mutantVariable] ?? '');

import { optional } from './asked.ts';

const module = await optional(() => import('node-forge'));

/** The package node-forge; null where it is not installed. */
export const forge = module?.default ?? null;

/** Empty, or the package's name. */
export const forgeMissing: readonly string[] = forge === null ? ['node-forge'] : [];

import { phoneMediaMutants } from '../../../simulators/mutants/phone-media.ts';

/** A phone that ends its call at a frame that cannot be decoded. */
export const parts = phoneMediaMutants.find(({ id }) => id === 'bad-frame-ends-call')?.parts ?? {};

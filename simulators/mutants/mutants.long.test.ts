import { mutants } from './catalogue.ts';
import { describeMutants } from './testing/describe-mutants.ts';

/** One in so many: every kind of carrier is among them. The whole matrix is `npm run mutants`, and is recorded in scenarios/validation/. */
const oneIn = 30;

describeMutants(mutants.filter((_, index) => index % oneIn === 0));

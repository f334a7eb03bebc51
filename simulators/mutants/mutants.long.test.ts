import { mutants } from './catalogue.ts';
import { describeMutants } from './testing/describe-mutants.ts';

describeMutants(mutants);

import { mutants } from './catalogue.ts';
import { describeMutants } from './testing/describe-mutants.ts';

/** The quickest; `npm run test:long` runs some of every kind, `npm run mutants` all. */
describeMutants(mutants.filter(({ id }) => id === 'sip-also-aes128'));

import { mutants } from './catalogue.ts';
import { describeMutants } from './testing/describe-mutants.ts';

/** One of the TLS ports, one of the audio, one of the key agreement; `npm run test:long` runs every one. */
const few = ['sip-also-aes128', 'tag-of-32-bits', 'callee-ignores-signature'];

describeMutants(mutants.filter(({ id }) => few.includes(id)));

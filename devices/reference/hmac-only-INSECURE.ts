import { hmacOnlyINSECURE } from '../../simulators/readings/hmac-only-INSECURE.ts';
import { referenceTarget } from './target.ts';

/** For `evaluate --target`: the reference system whose phones authenticate with an HMAC that anybody can compute. */
export const target = referenceTarget({
  name: 'reference with an INSECURE key agreement',
  phone: { keyAgreement: hmacOnlyINSECURE },
});

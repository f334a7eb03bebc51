import { parsePemChain } from '../../../reference/core/keystore/pem.ts';
import type { HeaderPairs } from '../../attackers/csl-exchange.ts';

/** DER of the first certificate of a PEM text. */
export const fromPemBody = (pem: string): Uint8Array => {
  const chain = parsePemChain(pem, 'CERTIFICATE');
  if (!chain.ok) throw new Error(`not a certificate: ${chain.error.code}`);
  return chain.value[0];
};

/** X-CSL headers of the first message whose first line and CSeq are these; none where there is no such message. */
export const cslHeadersIn = (
  messages: readonly string[],
  firstLine: RegExp,
  sequence: string,
): HeaderPairs => {
  const text = messages.find(
    (message) => firstLine.test(message) && message.includes(`\nCSeq: ${sequence}`),
  );
  return [...(text ?? '').matchAll(/^(X-CSL-[A-Za-z0-9-]+): (.*?)\r?$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
};

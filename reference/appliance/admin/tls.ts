import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import type { ServerCredentials } from '../authorities/authorities.ts';

/** TLS 1.3 and the ECDHE AEAD suites of TLS 1.2: what browsers speak (interpretation I-8). */
const suites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/** Options of the administration interface's TLS; with `clientTrust` (PEM) it takes only clients with a certificate from these. */
export const adminTlsOptions = (
  { privateKey, certificateChain }: ServerCredentials,
  clientTrust: readonly string[],
): TlsOptions => ({
  key: privateKey,
  cert: certificateChain,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: suites.join(':'),
  ecdhCurve: 'X25519:P-256:P-384',
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  ALPNProtocols: ['http/1.1'],
  ...(clientTrust.length === 0
    ? {}
    : { ca: [...clientTrust], requestCert: true, rejectUnauthorized: true }),
});

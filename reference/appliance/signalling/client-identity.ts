import type { TLSSocket } from 'node:tls';
import { parsePem } from '../../core/keystore/pem.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';

/** DER of the certificates that a client's must lead to. */
export interface ClientTrust {
  readonly root: Uint8Array;
  readonly authority: Uint8Array;
}

/** Reads the trust certificates once; throws when one is not PEM. */
export const readClientTrust = (pem: {
  readonly root: string;
  readonly clientAuthority: string;
}): ClientTrust => {
  const derOf = (text: string): Uint8Array => {
    const der = parsePem(text, 'CERTIFICATE');
    if (!der.ok) throw new Error(`signalling: a trust certificate is not PEM (${der.error.code})`);
    return der.value;
  };
  return { root: derOf(pem.root), authority: derOf(pem.clientAuthority) };
};

/** CommonName of the certificate with which a client authenticated, if the client authority issued it (target 5.2). `now` is milliseconds since 1970. */
export const readClientName = (
  socket: TLSSocket,
  { root, authority }: ClientTrust,
  now: number,
): Result<string, Fault> => {
  const leaf = socket.getPeerX509Certificate()?.raw;
  if (!leaf) return fault('no-certificate');
  const verified = verifyChain(
    { kind: 'client', leaf: new Uint8Array(leaf), authority, root },
    now,
  );
  if (!verified.ok) return verified;
  const name = verified.value.commonNames[0];
  return name?.kind === 'text' ? ok(name.value) : fault('common-name');
};

import type { TLSSocket } from 'node:tls';
import { toHex } from '../../core/bytes.ts';
import { parsePem } from '../../core/keystore/pem.ts';
import { parseCertificate } from '../../core/pki/certificate.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { serialText } from '../../core/pki/serial.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';
import type { PresentedCertificate } from '../revocation/client-status.ts';

/** Tells whose connections are, from certificates. */
export interface ClientNames {
  /**
   * CommonName and serial of the certificate with which a client authenticated, if the client authority issued it (target 5.2).
   * `now` is milliseconds since 1970. Says nothing of revocation.
   */
  read(socket: TLSSocket, now: number): Result<PresentedCertificate, Fault>;
}

/** A certificate whose chain was verified. */
interface Known {
  readonly certificate: PresentedCertificate;
  /** When leaf, authority and root are valid together, milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/** Certificates remembered; the longest unused is forgotten first. */
const MEMORY = 10_000;

const derOf = (pem: string): Uint8Array => {
  const der = parsePem(pem, 'CERTIFICATE');
  if (!der.ok) throw new Error(`signalling: a trust certificate is not PEM (${der.error.code})`);
  return der.value;
};

/** Remembers verified certificates by their SHA-256, because phones come back with the same one. Throws when a trust certificate cannot be read. */
export const createClientNames = (pem: {
  readonly root: string;
  readonly clientAuthority: string;
}): ClientNames => {
  const [root, authority] = [derOf(pem.root), derOf(pem.clientAuthority)];
  const trusted = [root, authority].map((der) => {
    const parsed = parseCertificate(der);
    if (!parsed.ok) throw new Error(`signalling: a trust certificate: ${parsed.error.code}`);
    return parsed.value;
  });
  const memory = new Map<string, Known>();
  const remember = (key: string, known: Known): void => {
    memory.delete(key);
    memory.set(key, known);
    const [oldest] = memory.size > MEMORY ? memory.keys() : [];
    if (oldest !== undefined) memory.delete(oldest);
  };
  const verify = (leaf: Uint8Array, now: number): Result<Known, Fault> => {
    const verified = verifyChain({ kind: 'client', leaf, authority, root }, now);
    if (!verified.ok) return verified;
    const [name] = verified.value.commonNames;
    if (name?.kind !== 'text') return fault('common-name');
    const chain = [verified.value, ...trusted];
    return ok({
      certificate: { serial: serialText(verified.value.serial), number: name.value },
      from: Math.max(...chain.map(({ notBefore }) => notBefore)),
      until: Math.min(...chain.map(({ notAfter }) => notAfter)),
    });
  };
  return {
    read(socket, now) {
      const raw = socket.getPeerX509Certificate()?.raw;
      if (!raw) return fault('no-certificate');
      const leaf = new Uint8Array(raw);
      const key = toHex(sha256(leaf));
      const known = memory.get(key);
      const isValid = known !== undefined && known.from <= now && now <= known.until;
      const verified = isValid ? ok(known) : verify(leaf, now);
      if (!verified.ok) return verified;
      remember(key, verified.value);
      return ok(verified.value.certificate);
    },
  };
};

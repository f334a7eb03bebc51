import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { concat, fromHex, toBase64 } from '../../core/bytes.ts';
import { exactTlsProfile, type DhGroup, type TlsProfile } from '../../core/tls/profile.ts';

/** What a TLS server of the appliance starts from; every text is PEM. */
export interface ServerTls {
  /** {@link exactTlsProfile} unless a deliberately other server is composed. */
  readonly profile?: TlsProfile;
  /** PKCS#8 private key. */
  readonly privateKey: string;
  /** The server's certificate, then the server authority's. */
  readonly certificateChain: string;
  /** Root, then client authority: whom client certificates must lead to. */
  readonly clientTrust: readonly string[];
  readonly requireClientCertificate: boolean;
}

const derElement = (tag: number, content: Uint8Array): Uint8Array => {
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.from(header), content);
};

const derPositiveInteger = (bytes: Uint8Array): Uint8Array =>
  derElement(0x02, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes);

/** PEM of a group as PKCS#3 DHParameter. */
export const dhParametersPem = (group: DhGroup): string => {
  const prime = fromHex(group.prime);
  if (!prime.ok) throw new Error(`group ${group.name}: the prime is not hexadecimal`);
  const parameters = concat(
    derPositiveInteger(prime.value),
    derPositiveInteger(Uint8Array.of(group.generator)),
  );
  const lines = toBase64(derElement(0x30, parameters)).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN DH PARAMETERS-----\n${lines}\n-----END DH PARAMETERS-----\n`;
};

/**
 * Options for `tls.createServer` and `https.createServer` that speak the profile and nothing else.
 * A required client certificate must lead to `clientTrust`; node does not check which authority issued it, so a service
 * that acts on an identity also verifies it with `verifyChain`.
 */
export const serverTlsOptions = (server: ServerTls): TlsOptions => {
  const profile = server.profile ?? exactTlsProfile;
  const [group] = profile.groups;
  return {
    key: server.privateKey,
    cert: server.certificateChain,
    ca: [...server.clientTrust],
    minVersion: profile.minimumVersion,
    maxVersion: profile.maximumVersion,
    ciphers: profile.suites.map((suite) => suite.name).join(':'),
    ...(group === undefined ? {} : { dhparam: dhParametersPem(group) }),
    honorCipherOrder: true,
    secureOptions:
      (profile.tickets ? 0 : constants.SSL_OP_NO_TICKET) |
      (profile.renegotiation ? 0 : constants.SSL_OP_NO_RENEGOTIATION),
    requestCert: server.requireClientCertificate,
    rejectUnauthorized: server.requireClientCertificate,
  };
};

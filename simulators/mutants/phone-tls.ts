import { constants, X509Certificate } from 'node:crypto';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { inspectCertificate, type Finding } from '../../reference/client/tls/handshake-checks.ts';
import type { Mutant } from './mutant.ts';

type ConnectTls = PhoneParts['connectTls'];

const right = 'DHE-RSA-AES256-GCM-SHA384';

type ConnectOptions = Parameters<ConnectTls>[0];

/** Whether a phone stays with a server whose handshake is complete. */
type Acceptable = (socket: TLSSocket, finding: Finding | undefined) => boolean;

const certificateDer = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw);

const findingOf = (socket: TLSSocket, { endpoint, trust }: ConnectOptions) =>
  inspectCertificate(socket, endpoint.host, {
    root: certificateDer(trust.root),
    authority: certificateDer(trust.serverAuthority),
  });

/** A phone whose TLS is OpenSSL's with the right profile, that looks at certificates as it should, and what is different. */
export const connectWith =
  (
    different: ConnectionOptions,
    isAcceptable: Acceptable = (_, finding) => finding === undefined,
  ): ConnectTls =>
  (options) =>
    new Promise((resolve, reject) => {
      const { endpoint, trust, identity, keyLog } = options;
      const socket = connect({
        ...endpoint,
        ca: [trust.root, trust.serverAuthority],
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: right,
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
        rejectUnauthorized: false,
        ...(identity && {
          key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
          cert: identity.certificateChain,
        }),
        ...different,
      });
      if (keyLog) socket.on('keylog', (line) => keyLog(line.toString()));
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        if (isAcceptable(socket, findingOf(socket, options))) return resolve(socket);
        socket.destroy();
        reject(new Error('the server’s certificate does not verify'));
      });
    });

const phone = (
  id: string,
  fault: string,
  claims: readonly string[],
  because: RegExp,
  connectTls: ConnectTls,
): Mutant => ({ id, fault, claims, because, parts: { phone: { connectTls } } });

/** OpenSSL's own lower limits out of the way. */
export const lax = '@SECLEVEL=0';

/** Phones whose TLS takes servers that it should not. */
export const phoneTlsMutants: readonly Mutant[] = [
  phone(
    'phone-also-ecdhe',
    'the phone also takes ECDHE-RSA-AES256-GCM-SHA384',
    ['5.1.b'],
    /offers other suites/,
    connectWith({ ciphers: `${right}:ECDHE-RSA-AES256-GCM-SHA384` }),
  ),
  phone(
    'phone-also-tls-1.3',
    'the phone also takes TLS 1.3',
    ['5.1.a'],
    /offers other versions/,
    connectWith({ maxVersion: 'TLSv1.3' }),
  ),
  phone(
    'phone-also-aes128',
    'the phone also takes DHE-RSA-AES128-GCM-SHA256',
    ['5.1.b'],
    /accepted a server with "suite-dhe-aes128-gcm"|offers other suites/,
    connectWith({ ciphers: `${right}:DHE-RSA-AES128-GCM-SHA256` }),
  ),
  phone(
    'phone-also-cbc',
    'the phone also takes DHE-RSA-AES256-SHA256',
    ['5.1.b'],
    /accepted a server with "suite-dhe-aes256-cbc"|offers other suites/,
    connectWith({ ciphers: `${right}:DHE-RSA-AES256-SHA256` }),
  ),
  phone(
    'phone-takes-any-group',
    'the phone takes any Diffie-Hellman group of 2048 bits or more',
    ['4.a', '5.1.c'],
    /accepted a server with "(composite|not-safe-prime|generator-(minus-)?1|pseudoprime|small-subgroup|modulus-3072|public-[a-z0-9-]+)"/,
    connectWith({ minDHSize: 2048 }),
  ),
  phone(
    'phone-takes-short-groups',
    'the phone takes Diffie-Hellman groups of 1024 bits',
    ['5.1.c'],
    /accepted a server with "modulus-(512|768|1024)"/,
    connectWith({ minDHSize: 1, ciphers: `${right}:${lax}` }),
  ),
  phone(
    'phone-shows-no-certificate',
    'the phone does not authenticate itself to servers',
    ['2.1.b'],
    /did not authenticate to the server/,
    connectWith({ key: undefined, cert: undefined }),
  ),
  phone(
    'phone-renegotiates-unsafely',
    'the phone renegotiates, and with servers that cannot bind it to the handshake before',
    ['2.1.g'],
    /renegotiates, and takes servers that cannot bind it/,
    connectWith({
      secureOptions:
        constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION,
    }),
  ),
  phone(
    'phone-takes-any-host',
    'the phone takes a certificate that the server authority issued for another host',
    ['2.1.g'],
    /accepted the certificate "(other-host|host-as-text|common-name-only)"/,
    connectWith({}, (_, finding) => finding === undefined || finding.code === 'tls/host'),
  ),
  phone(
    'phone-takes-users-as-servers',
    'the phone takes certificates that are not for servers, or of another authority under the root',
    ['2.1.g', '5.2.b', '5.2.g'],
    /accepted the certificate "/,
    connectWith(
      { checkServerIdentity: () => undefined },
      (socket, finding) =>
        finding === undefined ||
        ['INVALID_PURPOSE'].includes(String(socket.authorizationError)) ||
        socket.authorized,
    ),
  ),
  phone(
    'phone-ignores-servers-validity',
    'the phone takes certificates of servers that are not valid now',
    ['2.1.g'],
    /accepted the certificate "([a-z-]*expired[a-z-]*|not-yet-valid|ends-before-it-begins)"/,
    connectWith(
      {},
      (socket, finding) =>
        finding === undefined ||
        ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].includes(String(socket.authorizationError)),
    ),
  ),
  phone(
    'phone-takes-any-server',
    'the phone looks at nothing in the certificates of servers',
    ['2.1.g', '5.2.b', '5.2.g'],
    /accepted the certificate "/,
    connectWith({}, () => true),
  ),
];

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { newSerial } from '../../reference/appliance/authorities/authority-keys.ts';
import { checkRequest } from '../../reference/appliance/enrolment/check-request.ts';
import { refuse, type EnrolmentRefusalCode } from '../../reference/appliance/enrolment/refusal.ts';
import { normaliseNumber } from '../../reference/appliance/enrolment/telephone-number.ts';
import { applianceParts } from '../../reference/appliance/parts.ts';
import { ok } from '../../reference/core/result.ts';
import { issueCertificate } from '../../reference/core/pki/issue.ts';
import { clientAuthorityProfile } from '../../reference/core/pki/profiles.ts';
import { parseRequest } from '../../reference/core/pki/request.ts';
import { enrolmentTokenRows, type EnrolmentRow } from './enrolment-tokens.ts';
import type { Mutant } from './mutant.ts';
import { registering, type StartRegistration as Start } from './registering.ts';

const keyName = (publicKey: Uint8Array): string => Buffer.from(publicKey).toString('hex');

/** DER of the object identifier 2.5.29.19. */
const basicConstraints = Buffer.from('0603551d13', 'hex');

/** Takes a request that the check refuses for one reason. */
const tolerating = (...codes: readonly EnrolmentRefusalCode[]): Start =>
  registering(() => ({
    checkRequest: (text, csr, weakKeys) => {
      const checked = checkRequest(text, csr, weakKeys);
      const parsed = parseRequest(csr);
      const number = normaliseNumber(text);
      if (checked.ok || !parsed.ok || number === undefined || !codes.includes(checked.error.code))
        return checked;
      return ok({ number, publicKey: parsed.value.publicKey.spki });
    },
  }));

/** Certifies the name that the request bears, whatever number was verified. */
const certifiesTheName: Start = (options) => {
  const names = new Map<string, string>();
  return applianceParts.startRegistration({
    ...options,
    checkRequest: (text, csr, weakKeys) => {
      const checked = checkRequest(text, csr, weakKeys);
      const parsed = parseRequest(csr);
      const number = normaliseNumber(text);
      const isOtherName = !checked.ok && checked.error.code === 'enrolment/common-name';
      if (!isOtherName || !parsed.ok || number === undefined) return checked;
      const { commonName, publicKey } = parsed.value;
      names.set(keyName(publicKey.spki), commonName ?? number);
      return ok({ number, publicKey: publicKey.spki });
    },
    authorities: {
      ...options.authorities,
      issueClientCertificate: (number, publicKey) =>
        options.authorities.issueClientCertificate(
          names.get(keyName(publicKey)) ?? number,
          publicKey,
        ),
    },
  });
};

/** Knows whom it has certified, and says so. */
const tellsWhoIsEnrolled: Start = (options) => {
  const enrolled = new Set<string>();
  return applianceParts.startRegistration({
    ...options,
    checkRequest: (text, csr, weakKeys) =>
      enrolled.has(text)
        ? refuse('enrolment/number', 'this number is enrolled already')
        : checkRequest(text, csr, weakKeys),
    authorities: {
      ...options.authorities,
      issueClientCertificate: (number, publicKey) => {
        enrolled.add(number);
        return options.authorities.issueClientCertificate(number, publicKey);
      },
    },
  });
};

/** Lets whoever asks for it be an authority. */
const grantsAuthority: Start = (options) => {
  const wishes = new Set<string>();
  const { clientAuthority, issueClientCertificate } = options.authorities;
  const wish = (csr: string): boolean =>
    Buffer.from(csr.replaceAll(/-----.*?-----|\s/g, ''), 'base64').includes(basicConstraints);
  return applianceParts.startRegistration({
    ...options,
    checkRequest: (text, csr, weakKeys) => {
      const checked = checkRequest(text, csr, weakKeys);
      if (checked.ok && wish(csr)) wishes.add(keyName(checked.value.publicKey));
      return checked;
    },
    authorities: {
      ...options.authorities,
      issueClientCertificate: (number, publicKey) =>
        wishes.has(keyName(publicKey))
          ? issueCertificate({
              profile: { ...clientAuthorityProfile, pathLength: 0 },
              subject: { commonName: number },
              publicKey,
              issuer: clientAuthority,
              serial: newSerial(options.randomBytes),
              notBefore: options.now() - 60_000,
              notAfter: options.now() + 86_400_000,
            })
          : issueClientCertificate(number, publicKey),
    },
  });
};

/** Serves HTTP in clear on the same port as over TLS. */
const alsoInClear: Start = async (options) => {
  const service = await applianceParts.startRegistration({ ...options, port: 0 });
  const { host, port } = service.endpoint;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', (first) => {
      const isTls = first[0] === 22;
      const inner = isTls
        ? connect({ host, port })
        : connectTls({ host, port, rejectUnauthorized: false });
      inner.on('error', () => socket.destroy());
      inner.write(first);
      socket.pipe(inner).pipe(socket);
      socket.on('close', () => inner.destroy());
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const outer = typeof address === 'object' ? (address?.port ?? port) : port;
  return {
    ...service,
    endpoint: { host: options.host, port: outer },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await service.close();
    },
  };
};

const rows: readonly EnrolmentRow[] = [
  [
    'proof-of-possession-unchecked',
    'a request is taken that its own key did not sign',
    ['4.b'],
    /a certificate was given for the request "(?:signature-altered|signed-by|not-signed|altered)/,
    tolerating('enrolment/proof-of-possession'),
  ],
  [
    'any-key-certified',
    'keys of any size and exponent are certified',
    ['5.2.a'],
    /a certificate was given for the request "rsa-/,
    tolerating('enrolment/request-key'),
  ],
  [
    'weak-keys-certified',
    'keys that can be factored are certified',
    ['5.2.a'],
    /a certificate was given for the request "(?:roca|close-primes)/,
    tolerating('enrolment/key-weak'),
  ],
  [
    'name-of-the-request-certified',
    'the certificate bears the name of the request, whatever number was verified',
    ['4.b'],
    /"(?:name-|no-name|victim)/,
    certifiesTheName,
  ],
  [
    'authority-for-the-asking',
    'a request that asks for basicConstraints makes its user an authority',
    ['4.b', '5.2.g'],
    /"authority"/,
    grantsAuthority,
  ],
  [
    'enrolment-tells-who-is-enrolled',
    'the answer to a request tells that a number is enrolled',
    ['2.2.b'],
    /tells whether the number is enrolled/,
    tellsWhoIsEnrolled,
  ],
  [
    'enrolment-in-clear',
    'the registration port also takes HTTP in clear',
    ['4.b'],
    /took the input "in-clear"/,
    alsoInClear,
  ],
];

/** Registration services that give certificates to whom they should not. */
export const enrolmentServiceMutants: readonly Mutant[] = [
  ...[...enrolmentTokenRows, ...rows].map(([id, fault, claims, because, startRegistration]) => ({
    id,
    fault,
    claims,
    because,
    parts: { appliance: { startRegistration } },
  })),
  {
    id: 'old-certificate-kept',
    fault: 'the certificate before stays good when its number enrols again',
    claims: ['4.b'],
    because: /a number has two valid certificates/,
    parts: {
      appliance: {
        clientStatus: (store) => {
          const right = applianceParts.clientStatus(store);
          return (certificate) =>
            store.certificates.get(certificate.serial)?.reason === 'superseded'
              ? 'good'
              : right(certificate);
        },
      },
    },
  },
];

import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startRegistrationService } from '../reference/appliance/registration/service.ts';
import { openStore } from '../reference/appliance/store/open.ts';
import {
  serviceAuthoritiesOf,
  type FixedAuthorities,
} from '../reference/appliance/store/testing/fixed-authorities.ts';
import { serverTlsOptions } from '../reference/appliance/tls/server-options.ts';

/** What a worker starts from: a JSON file. */
export interface EnrolmentWorkerSettings {
  readonly fixed: FixedAuthorities;
  /** Of the durable store. */
  readonly folder: string;
  /** DER, base64: a signed text, its signature and key, as the proof of possession in a request. */
  readonly proof: { readonly text: string; readonly signature: string; readonly key: string };
  /** PEM, as long as the service's answer. */
  readonly chain: string;
}

const [mode, file = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8')) as EnrolmentWorkerSettings;
const { fixed } = settings;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The whole service on a durable store; tokens come out on standard output. */
const startService = async (): Promise<number> => {
  const { endpoint } = await startRegistrationService({
    host: '127.0.0.1',
    port: 0,
    credentials: fixed.credentials,
    authorities: serviceAuthoritiesOf(fixed),
    store: openStore(settings.folder, Date.now()),
    sms: {
      send: (number, text) => {
        say(`text ${number} ${/\b[0-9]{6}\b/.exec(text)?.[0] ?? ''}`);
        return Promise.resolve();
      },
    },
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    perAddress: [{ count: 1_000_000, per: 1000 }],
    onRefusal: ({ code, detail }) => process.stderr.write(`service: ${code}: ${detail}\n`),
  });
  return endpoint.port;
};

/** What no service can do without: the handshakes of both connections, the proof's verification, the certificate's signature. */
const startBound = async (): Promise<number> => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const { text, signature, key } = settings.proof;
  const publicKey = createPublicKey({ key: bytes(key), format: 'der', type: 'spki' });
  const own = createPrivateKey(fixed.clientAuthorityKey);
  const tls = serverTlsOptions({
    ...fixed.credentials,
    clientTrust: [fixed.trust.root, fixed.trust.clientAuthority],
    requireClientCertificate: false,
  });
  const server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false, noDelay: true },
    (request, response) => {
      request.resume().on('end', () => {
        if (request.url === '/v1/enrolments') {
          verify('sha256', bytes(text), publicKey, bytes(signature));
          response.writeHead(202).end('{"id":"00000000000000000000000000000000"}');
        } else {
          // As the authorities sign: in another thread.
          sign('sha256', bytes(text), own, () => response.writeHead(201).end(settings.chain));
        }
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

say(`port ${await (mode === 'bound' ? startBound() : startService())}`);

import { createPrivateKey, randomBytes } from 'node:crypto';
import type { ServerCredentials } from '../../reference/appliance/authorities/types.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { concat } from '../../reference/core/bytes.ts';
import { parsePemChain } from '../../reference/core/keystore/pem.ts';
import { modularPower, toInteger, uint, vector } from '../attackers/tls-client/bytes.ts';
import { cutHandshake, readClientHello } from '../attackers/tls-client/incoming.ts';
import {
  encodeMessage,
  type ClientHelloFields,
  type OutgoingMessage,
} from '../attackers/tls-client/outgoing.ts';
import { cutRecord, sendRecords } from '../attackers/tls-client/records.ts';
import { rsaSha256, signTranscript } from '../attackers/tls-client/signature.ts';
import { wrongGroups } from '../attackers/tls-server/groups.ts';
import type { Mutant } from './mutant.ts';
import { portBefore } from './port-before.ts';
import { serviceClaims, services, type TlsService } from './tls-services.ts';

/** TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA (RFC 4346 appendix A.5): a modulus of 512 bits. */
const exportSuite = 0x0014;
const [tls12, supportedVersions] = [0x0303, 43] as const;

const { prime, generator } = wrongGroups['modulus-512'];

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** The ClientHello of TLS 1.2 that offers the suite; null for anything else. */
const offerOf = (first: Uint8Array): ClientHelloFields | null => {
  const cut = cutRecord(first);
  const [message] = cut.kind === 'record' ? cutHandshake(cut.record.content).messages : [];
  const hello = message?.type === 1 ? readClientHello(message.body) : null;
  const isNewer = hello?.extensions?.some(({ type }) => type === supportedVersions) === true;
  const offers = hello?.version === tls12 && hello.suites.includes(exportSuite);
  return offers && !isNewer ? hello : null;
};

type Said = Exclude<OutgoingMessage, { readonly kind: 'raw' }>;

const recordsOf = (message: Said): Uint8Array => {
  const { type, bytes } = encodeMessage(message);
  const { bytes: records } = sendRecords(
    { type, version: tls12, bytes },
    { sequence: null, keys: null },
    undefined,
  );
  return records;
};

/** A server's first flight with the suite, signed with its own key. */
const flight = (
  { random: clientRandom }: ClientHelloFields,
  { privateKey, certificateChain }: ServerCredentials,
): Uint8Array => {
  const chain = parsePemChain(certificateChain, 'CERTIFICATE');
  if (!chain.ok) throw new Error(`the server’s certificate: ${chain.error.code}`);
  const serverRandom = random(32);
  const value = modularPower(toInteger(generator), toInteger(random(32)), toInteger(prime));
  const parameters = concat(
    vector(2, prime),
    vector(2, generator),
    vector(2, uint(value, prime.length)),
  );
  const signature = signTranscript(
    createPrivateKey(privateKey),
    concat(clientRandom, serverRandom, parameters),
  );
  const fields = {
    version: tls12,
    random: serverRandom,
    sessionId: new Uint8Array(0),
    suite: exportSuite,
    compression: 0,
    extensions: [],
  };
  const messages: readonly Said[] = [
    { kind: 'server-hello', fields },
    { kind: 'certificate', chain: chain.value },
    { kind: 'server-key-exchange', parameters, algorithm: rsaSha256, signature },
    { kind: 'handshake', type: 14, body: new Uint8Array(0) },
  ];
  return concat(...messages.map(recordsOf));
};

const answering =
  (credentials: ServerCredentials) =>
  (first: Uint8Array): Uint8Array | null => {
    const offer = offerOf(first);
    return offer && flight(offer, credentials);
  };

const also = (service: TlsService): Partial<ApplianceParts> =>
  service === 'sip'
    ? {
        startSignalling: async (options) =>
          portBefore(
            await applianceParts.startSignalling({ ...options, port: 0 }),
            options,
            answering(options.credentials),
          ),
      }
    : {
        startRegistration: async (options) =>
          portBefore(
            await applianceParts.startRegistration({ ...options, port: 0 }),
            options,
            answering(options.credentials),
          ),
      };

/** Ports that also take a suite whose keys were made short for export. */
export const exportSuiteMutants: readonly Mutant[] = services.map((service) => ({
  id: `${service}-also-export`,
  fault: `the ${service} port also accepts DHE-RSA-EXPORT-DES40, with a modulus of 512 bits`,
  claims: [serviceClaims[service].only, '4.a'],
  because: /_EXPORT_/,
  parts: { appliance: also(service) },
}));

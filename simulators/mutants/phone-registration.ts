import { once } from 'node:events';
import { connect } from 'node:net';
import { requestKey } from '../../reference/client/enrolment/answer.ts';
import type { PhoneParts } from '../../reference/client/parts.ts';
import { connectTls } from '../../reference/client/tls/connect.ts';
import { checkRequest } from '../../reference/appliance/enrolment/check-request.ts';
import { withTokens } from './enrolment-tokens.ts';
import { pem } from './key-files.ts';
import type { Mutant } from './mutant.ts';
import { registering } from './registering.ts';
import { connectToAnyone } from './trusts-any-server.ts';

type Connect = PhoneParts['connectTls'];

/** Says one line in clear to the port before the handshake, over a connection of its own, and hears what comes. */
const askingFirst =
  (line: (host: string) => string): Connect =>
  async (options) => {
    const { host, port } = options.endpoint;
    const socket = connect({ host, port });
    socket.on('error', () => undefined).resume();
    socket.end(`${line(host)}\r\n\r\n`);
    await once(socket, 'close');
    return connectTls(options);
  };

/** Connects as it should, and gives back another token than the one sent: the first one of all. */
const givingAnyToken: Connect = async (options) => {
  const socket = await connectTls(options);
  const write = socket.write.bind(socket);
  const other = (chunk: unknown): unknown =>
    typeof chunk === 'string' ? chunk.replace(/"token":"\d{6}"/, '"token":"000000"') : chunk;
  return Object.assign(socket, {
    write: (chunk: unknown, ...rest: readonly unknown[]) =>
      Reflect.apply(write, socket, [other(chunk), ...rest]),
  });
};

const inBase64 = (armoured: string): string => armoured.replaceAll(/-----.*?-----|\s/g, '');

/** Phones that go about their enrolment otherwise, with a service that lets them. */
export const phoneRegistrationMutants: readonly Mutant[] = [
  {
    id: 'phone-asks-registration-in-clear',
    fault: 'the phone asks in clear first whether the registration service is there',
    claims: ['2.1.c', '6.2.e'],
    because: /HTTP in clear from/,
    parts: {
      phone: { connectRegistration: askingFirst((host) => `GET / HTTP/1.1\r\nHost: ${host}`) },
    },
  },
  {
    id: 'phone-asks-signalling-in-clear',
    fault: 'the phone asks in clear first whether the signalling server is there',
    claims: ['2.1.d', '6.2.f', '2.1.h'],
    because: /SIP in clear from/,
    parts: { phone: { connectTls: askingFirst((host) => `OPTIONS sip:${host} SIP/2.0`) } },
  },
  {
    id: 'token-not-given-back',
    fault: 'the phone gives back no token that was sent, and the registration service takes any',
    claims: ['2.2.b', '4.b'],
    because: /was certified with another token|was given without the right token/,
    parts: {
      phone: { connectRegistration: givingAnyToken },
      appliance: { startRegistration: withTokens(() => true) },
    },
  },
  {
    id: 'request-without-armour',
    fault: 'the request for a certificate travels as base64 of DER, and the service takes it',
    claims: ['6.1.d'],
    because: /the request of .* is no PEM/,
    parts: {
      phone: {
        requestKey: async (number) => {
          const requested = await requestKey(number);
          return { ...requested, csr: inBase64(requested.csr) };
        },
      },
      appliance: {
        startRegistration: registering(() => ({
          checkRequest: (text, csr, weakKeys) => {
            const der = new Uint8Array(Buffer.from(inBase64(csr), 'base64'));
            return checkRequest(text, pem('CERTIFICATE REQUEST', der), weakKeys);
          },
        })),
      },
    },
  },
  {
    id: 'phone-without-authorities',
    fault: 'the phone enrols with whatever server calls itself the registration service',
    claims: ['6.1.b'],
    because: /fresh from the box trusts a registration server/,
    parts: { phone: { connectRegistration: connectToAnyone } },
  },
];

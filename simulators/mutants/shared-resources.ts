import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { loadFirewall } from '../../reference/appliance/firewall/load.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type { ClientStatus } from '../../reference/appliance/revocation/client-status.ts';
import { createTls } from '../../reference/appliance/signalling/listen.ts';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import type { Mutant } from './mutant.ts';

/** Milliseconds that an INVITE waits before it is seen whether there is time for it. */
const hesitation = 500;

/** New connections to the registration service during that wait which leave no time for calls. */
const many = 6;

type Listener = (bytes: Uint8Array) => void;

/** Hears an INVITE late, and without hops left while it is busy. */
const hearingLate = (isBusy: () => boolean, listener: Listener): Listener => {
  let before = Promise.resolve();
  return (bytes) => {
    before = before.then(async () => {
      const text = latin1(bytes);
      if (!text.startsWith('INVITE ')) return listener(bytes);
      await pause(hesitation);
      const refused = text.replace(/^Max-Forwards: *\d+/im, 'Max-Forwards: 0');
      return listener(isBusy() ? Buffer.from(fromLatin1(refused)) : bytes);
    });
  };
};

/** Registration comes first: while many ask for it, calls are refused. */
const registrationFirst = (): Pick<ApplianceParts, 'startRegistration' | 'startSignalling'> => {
  const asking = new Set<Socket>();
  let newcomers: readonly number[] = [];
  const recent = (): readonly number[] =>
    newcomers.filter((at) => performance.now() - at < hesitation);
  const isBusy = (): boolean => recent().length >= many;
  return {
    async startRegistration(options) {
      const service = await applianceParts.startRegistration({ ...options, port: 0 });
      const server = createServer((socket) => {
        const inner = connect(service.endpoint);
        asking.add(socket);
        newcomers = [...recent(), performance.now()];
        socket
          .on('error', () => undefined)
          .on('close', () => {
            asking.delete(socket);
            inner.destroy();
          });
        inner.on('error', () => socket.destroy());
        socket.pipe(inner).pipe(socket);
      });
      server.listen(options.port, options.host);
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      return {
        ...service,
        endpoint: { host: options.host, port },
        close: async () => {
          server.close();
          for (const socket of asking) socket.destroy();
          await service.close();
        },
      };
    },
    startSignalling: (options) =>
      applianceParts.startSignalling({
        ...options,
        createTls: (...given) => {
          const server = createTls(...given);
          server.on('secureConnection', (socket: TLSSocket) => {
            const on = socket.on.bind(socket);
            Object.assign(socket, {
              on: (event: string, listener: Listener) =>
                on(event, event === 'data' ? hearingLate(isBusy, listener) : listener),
            });
          });
          return server;
        },
      }),
  };
};

/** Something answers on the administration link beside the page. */
const oneMoreInside: ApplianceParts['loadFirewall'] = async ({ administration, ...interfaces }) => {
  const server = createServer((socket) => socket.end('220 ready\r\n'));
  server.listen(0, '0.0.0.0').unref();
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const more = { purpose: 'undeclared', protocol: 'tcp', first: port, last: port } as const;
  await loadFirewall({
    ...interfaces,
    ...(administration && {
      administration: { ...administration, services: [...administration.services, more] },
    }),
  });
};

/** Asks about a certificate once. */
const rememberingStatus: ApplianceParts['clientStatus'] = (store) => {
  const known = new Map<string, ClientStatus>();
  const ask = applianceParts.clientStatus(store);
  return (certificate) => {
    const status = known.get(certificate.serial) ?? ask(certificate);
    known.set(certificate.serial, status);
    return status;
  };
};

/** Appliances whose parts get in each other’s way, or on each other’s side. */
export const sharedResourceMutants: readonly Mutant[] = [
  {
    id: 'registration-before-calls',
    fault: 'calls are refused while many ask for enrolments',
    claims: ['2.2.d'],
    because: /a flood of the registration service stops calls/,
    parts: { appliance: registrationFirst() },
  },
  {
    id: 'one-port-more-inside',
    fault: 'a service that nobody declared answers on the administration link',
    claims: ['2.3.3.a'],
    because: /more than the page answers on the administration link/,
    lab: 'netns',
    parts: { appliance: { loadFirewall: oneMoreInside } },
  },
  {
    id: 'revocation-unheard',
    fault: 'the SIP service hears of no revocation until it is started anew',
    claims: ['4.d'],
    because: /SIP passed in a session of the revoked certificate/,
    parts: { appliance: { clientStatus: rememberingStatus, endSessions: () => undefined } },
  },
];

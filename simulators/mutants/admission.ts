import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { userOf } from '../../reference/core/sip/message/uri.ts';
import { commonNameOwnsFrom } from '../../reference/core/sip/proxy/registrar-proxy.ts';
import type { Mutant } from './mutant.ts';

type IdentityRule = ApplianceParts['identityRule'];

/** From may be any number that begins as the certificate's does, or is its beginning. */
const alike: IdentityRule = (context) => {
  const from = userOf(context.from.uri) ?? '';
  const { commonName } = context;
  const isAlike = from.slice(0, -2) === commonName.slice(0, -2);
  return isAlike ? undefined : commonNameOwnsFrom(context);
};

/** Who registers may register anybody. */
const registersAnybody: IdentityRule = (context) =>
  context.request.method === 'REGISTER' ? undefined : commonNameOwnsFrom(context);

const headerLines = (request: string): string =>
  request
    .split('\r\n')
    .filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line))
    .join('\r\n');

/** What an answer in clear says to any request. */
const answerTo = (request: string): string =>
  `SIP/2.0 200 OK\r\n${headerLines(request)}\r\nContent-Length: 0\r\n\r\n`;

/** Answers SIP in clear over UDP, on the number of the SIP port. */
const alsoUdp: ApplianceParts['startSignalling'] = async (options) => {
  const service = await applianceParts.startSignalling(options);
  const socket = createSocket('udp4', (bytes, from) =>
    socket.send(answerTo(bytes.toString('latin1')), from.port, from.address),
  );
  socket.bind(service.endpoint.port, options.host);
  await once(socket, 'listening');
  return {
    ...service,
    close: async () => {
      socket.close();
      await service.close();
    },
  };
};

/** Answers SIP in clear over TCP, on port 5060. */
const alsoTcp: ApplianceParts['startSignalling'] = async (options) => {
  const service = await applianceParts.startSignalling(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (bytes) => socket.write(answerTo(bytes.toString('latin1'))));
  });
  server.listen(5060, options.host);
  await once(server, 'listening');
  return {
    ...service,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await service.close();
    },
  };
};

/** As many connections as may be under way at all, one address may have: 64. */
const most = 64;

const fewHandshakes: ApplianceParts['startSignalling'] = (options) =>
  applianceParts.startSignalling({
    ...options,
    limits: { ...options.limits, handshaking: most, handshakingPerAddress: most },
  });

/** A registration service that takes few connections, whosever they are. */
const fewConnections: ApplianceParts['startRegistration'] = async (options) => {
  const service = await applianceParts.startRegistration({ ...options, port: 0 });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const inner = connect(service.endpoint);
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket);
        inner.destroy();
      });
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.maxConnections = most;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    ...service,
    endpoint: { host: options.host, port },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await service.close();
    },
  };
};

/** Appliances that let somebody be or do what he may not. */
export const admissionMutants: readonly Mutant[] = [
  {
    id: 'from-not-bound',
    fault: 'From may be any number, whatever the certificate says',
    claims: ['5.2.a'],
    because: /the request ".*" was (?:passed on|accepted)/,
    parts: { appliance: { identityRule: () => undefined } },
  },
  {
    id: 'from-alike',
    fault: 'From need only resemble the number of the certificate',
    claims: ['5.2.a'],
    because: /the request ".*" was (?:passed on|accepted)/,
    parts: { appliance: { identityRule: alike } },
  },
  {
    id: 'registers-anybody',
    fault: 'any user may register any number',
    claims: ['5.2.a', '2.2.d'],
    because: /the request "(?:to|as|contact|wildcard|register)-.*" was accepted/,
    parts: { appliance: { identityRule: registersAnybody } },
  },
  {
    id: 'sip-in-clear-over-udp',
    fault: 'SIP is also answered in clear over UDP',
    claims: ['2.1.h'],
    because: /udp port .* was answered in clear/,
    parts: { appliance: { startSignalling: alsoUdp } },
  },
  {
    id: 'sip-in-clear-over-tcp',
    fault: 'SIP is also answered in clear over TCP on port 5060',
    claims: ['2.1.h'],
    because: /tcp port 5060 was answered in clear/,
    parts: { appliance: { startSignalling: alsoTcp } },
  },
  {
    id: 'sip-few-handshakes',
    fault: 'handshakes of one address shut others out of the SIP port',
    claims: ['2.1.d'],
    because: /unfinished handshakes of one address shut others out/,
    parts: { appliance: { startSignalling: fewHandshakes } },
  },
  {
    id: 'registration-few-connections',
    fault: 'connections of one address shut others out of the registration port',
    claims: ['2.1.c'],
    because: /unfinished handshakes of one address shut others out/,
    parts: { appliance: { startRegistration: fewConnections } },
  },
];

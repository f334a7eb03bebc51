import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { configuredPorts, interfacesOf } from '../../configuration/interfaces.ts';
import { parseConfiguration } from '../../configuration/read.ts';
import { deviceOf, loadFirewall } from '../load.ts';

/**
 * The appliance's host, with plain listeners on every address in place of its services, and with some that nobody declared. When
 * told so, loads the rules of a configuration with these limits.
 */

const [internet = '', administration = '', family = 'ipv4'] = process.argv.slice(2);

const any = family === 'ipv4' ? '0.0.0.0' : '::';
const tcpPorts = [22, 443, 5061, 8443, 9464, 20_000];
const udpPorts = [53, 443, 20_000, 20_001, 20_007, 20_008];

for (const port of tcpPorts) {
  const server = createServer((socket) => socket.on('error', () => undefined).end('hello'));
  server.listen(port, any);
  await once(server, 'listening');
}
for (const port of udpPorts) {
  const socket = createSocket(family === 'ipv4' ? 'udp4' : 'udp6');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(port, any);
  await once(socket, 'listening');
}

const load = async (limits: object): Promise<void> => {
  const configuration = parseConfiguration(
    'lab.yaml',
    JSON.stringify({
      internet: { host: internet, relay: { first: 20_000, last: 20_007 } },
      administration: { host: administration },
      metrics: {},
      state: 'state',
      authorities: { folder: 'authorities', passphrase: { file: 'passphrase' } },
      sms: { kind: 'simulated' },
      limits: { firewall: limits },
    }),
  );
  await loadFirewall(interfacesOf(configuration, configuredPorts(configuration), deviceOf));
};

process.on('message', (message) => {
  void load(message as object).then(
    () => process.send?.({ done: true }),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({ done: true });

import { writeFileSync } from 'node:fs';
import type { HostProcess } from '../../host-process.ts';
import { checkTopology } from '../../topology/check.ts';
import { openNetnsSite } from '../site.ts';

/** Sends more than a limited link carries, each way, for a second, and prints how many bytes arrived; the other host's link has no limit. */

const [rate = ''] = process.argv.slice(2);
const link = { up: { rate: Number(rate) }, down: { rate: Number(rate) } };
const checked = checkTopology({
  name: 'two-hosts',
  segments: [{ name: 'wire', ipv4: '10.9.0.0/24' }],
  hosts: [
    {
      name: 'limited',
      role: 'phone',
      attachments: [{ segment: 'wire', ipv4: '10.9.0.1', link }],
    },
    { name: 'free', role: 'phone', attachments: [{ segment: 'wire', ipv4: '10.9.0.2' }] },
  ],
  testbed: { segment: 'wire', ipv4: '10.9.0.9' },
});
if (!checked.ok) throw new Error(JSON.stringify(checked.error));

/** Counts bytes, with 28 for the headers of IP and UDP, and tells when asked. */
const counter = `
let bytes = 0;
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (datagram) => { bytes += datagram.length + 28; });
socket.bind(7000, process.argv[1], () => process.send('up'));
process.on('message', () => process.send({ bytes }));
process.once('disconnect', () => process.exit(0));
`;

/** 200 bytes every 5 ms for a second: 365 kbit/s with the headers. */
const sender = `
const socket = require('node:dgram').createSocket('udp4');
const started = performance.now();
let sent = 0;
const tick = setInterval(() => {
  for (; sent < (performance.now() - started) / 5 && sent < 200; sent += 1) socket.send(Buffer.alloc(200), 7000, process.argv[1]);
  if (sent < 200) return;
  clearInterval(tick);
  process.send({ took: performance.now() - started });
}, 5);
process.once('disconnect', () => process.exit(0));
`;

const site = await openNetnsSite(checked.value);

const node = (host: string, script: string, address: string): HostProcess =>
  site.start(host, { command: process.execPath, args: ['--eval', script, '--', address] });

const nextOf = <Message>(running: HostProcess): Promise<Message> =>
  new Promise((resolve, reject) => {
    running.onMessage((message) => resolve(message as Message));
    void running.ended.then((how) => reject(new Error(how)));
  });

/** Bytes a second that arrive at a host from another one. */
const measure = async (from: string, to: string): Promise<number> => {
  const address = site.address(to);
  const receiving = node(to, counter, address);
  await nextOf(receiving);
  const { took } = await nextOf<{ took: number }>(node(from, sender, address));
  const counted = Promise.withResolvers<{ bytes: number }>();
  receiving.onMessage((message) => counted.resolve(message as { bytes: number }));
  receiving.send({});
  return (await counted.promise).bytes / (took / 1000);
};

const up = await measure('limited', 'free');
const down = await measure('free', 'limited');
const between = await measure('free', 'testbed');
await site.close();
writeFileSync(1, JSON.stringify({ up, down, between }));
process.exit(0);

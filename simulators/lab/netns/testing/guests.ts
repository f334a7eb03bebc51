import { writeFileSync } from 'node:fs';
import type { HostProcess } from '../../host-process.ts';
import { linkSchema } from '../../topology/schema.ts';
import { usualTopology } from '../../topology/standard.ts';
import { openNetnsSite } from '../site.ts';

/** Adds a guest with the link given, has it and the testbed echo datagrams, with its network and without, and prints what came back. */

const link = linkSchema.parse(JSON.parse(process.argv[2] ?? '{}'));

/** Echoes every datagram. */
const echo = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
socket.bind(7000, process.argv[1], () => process.send('up'));
process.once('disconnect', () => process.exit(0));
`;

/** Whenever told so, sends 100 numbered datagrams of 200 bytes, 10 ms apart, and tells the round-trip times, milliseconds. */
const asker = `
const socket = require('node:dgram').createSocket('udp4');
let times = [], sentAt = [];
socket.on('message', (bytes) => times.push(performance.now() - sentAt[bytes.readUInt32BE(0)]));
socket.bind(0, () => process.send('up'));
process.on('message', ({ count }) => {
  times = []; sentAt = [];
  const tick = setInterval(() => {
    const bytes = Buffer.alloc(200);
    bytes.writeUInt32BE(sentAt.length, 0);
    sentAt.push(performance.now());
    socket.send(bytes, 7000, process.argv[1]);
    if (sentAt.length < count) return;
    clearInterval(tick);
    setTimeout(() => process.send(times), 400);
  }, 10);
});
process.once('disconnect', () => process.exit(0));
`;

const site = await openNetnsSite(usualTopology());
const before = performance.now();
const guest = await site.attach?.({ name: 'guest', beside: 'alice', link });
const took = performance.now() - before;
if (guest === undefined) throw new Error('this lab takes no guests');

const node = (host: string, script: string, address: string): HostProcess =>
  site.start(host, { command: process.execPath, args: ['--eval', script, '--', address] });

const nextOf = <Message>(running: HostProcess): Promise<Message> =>
  new Promise((resolve, reject) => {
    running.onMessage((message) => resolve(message as Message));
    void running.ended.then((how) => reject(new Error(how)));
  });

await nextOf(node('testbed', echo, site.address('testbed')));
const asking = node('guest', asker, site.address('testbed'));
await nextOf(asking);

const ask = (count: number): Promise<readonly number[]> => {
  const answer = nextOf<readonly number[]>(asking);
  asking.send({ count });
  return answer;
};

const connected = await ask(100);
const carried = await guest.carried();
await guest.setUp(false);
const without = await ask(10);
await guest.setUp(true);
const again = await ask(50);
const { address } = guest;
await site.close();
writeFileSync(1, JSON.stringify({ took, address, connected, carried, without, again }));
process.exit(0);

import { writeFileSync } from 'node:fs';
import { openNetnsSite } from '../site.ts';
import { standardTopology, type StandardOptions } from '../../topology/standard.ts';

/** Builds the standard lab, tries who reaches whom by UDP, and prints the source address that each listener saw. */

const [translation, family] = process.argv.slice(2) as [
  StandardOptions['translation'],
  StandardOptions['family'],
];

/** Echoes every datagram's source to its sender. */
const listener = `
const socket = require('node:dgram').createSocket(process.argv[2]);
socket.on('message', (bytes, from) => socket.send(from.address + ' ' + from.port, from.port, from.address));
socket.bind(7000, process.argv[1], () => process.send('up'));
process.once('disconnect', () => process.exit(0));
`;

/** Sends to each place from one socket until it answers or the patience is over; tells what each answered. */
const asker = `
const socket = require('node:dgram').createSocket(process.argv[1]);
const places = process.argv.slice(2);
const answers = {};
const finish = () => { process.send({ own: socket.address().port, answers }); };
socket.on('message', (bytes, from) => {
  answers[from.address] = String(bytes);
  if (Object.keys(answers).length === places.length) finish();
});
socket.bind(0, () => {
  for (const place of places) socket.send('?', 7000, place, (error) => { if (error) answers[place] = error.code; });
  setTimeout(finish, 700);
});
process.once('disconnect', () => process.exit(0));
`;

const kind = family === 'ipv4' ? 'udp4' : 'udp6';
const before = performance.now();
const site = await openNetnsSite(
  standardTopology({ phones: ['alice', 'bob'], translation, family }),
);
const took = performance.now() - before;

const node = (script: string, args: readonly string[]) => ({
  command: process.execPath,
  args: ['--eval', script, '--', ...args],
});

const said = <Message>(host: string, script: string, args: readonly string[]): Promise<Message> =>
  new Promise((resolve, reject) => {
    const program = site.start(host, node(script, args));
    program.onMessage((message) => resolve(message as Message));
    void program.ended.then((how) => reject(new Error(`${host}: ${how}`)));
  });

const listeners = [
  ['appliance', site.address('appliance')],
  ['appliance', site.address('appliance', 'administration')],
  ['bob', site.address('bob')],
  ['testbed', site.address('testbed')],
] as const;
await Promise.all(listeners.map(([host, address]) => said(host, listener, [address, kind])));

const ask = (host: string) =>
  said<object>(host, asker, [kind, ...listeners.map(([, address]) => address)]);
const [alice, administrator, beside] = await Promise.all(
  ['alice', 'administrator', 'beside-alice'].map(ask),
);
const namesMachine = site.address('alice');
await site.close();
writeFileSync(1, JSON.stringify({ took, alice, administrator, beside, namesMachine }));
process.exit(0);

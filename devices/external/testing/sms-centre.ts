import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An SMS centre as a program: takes `{number, text}` by HTTP POST, and appends each as a line of JSON to a file. Tells its port. */

const [file = ''] = process.argv.slice(2);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    appendFileSync(file, `${Buffer.concat(chunks).toString('utf8')}\n`);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.once('disconnect', () => process.exit(0));

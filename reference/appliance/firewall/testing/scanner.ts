import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/** Scans for whoever asks: which TCP ports accept and which UDP ports echo; how many of many connections at once are accepted. */

/** Milliseconds without an answer after which a port counts as closed. */
const patience = 500;

interface Order {
  readonly address: string;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    // What came while this process was busy is read before the port counts as closed.
    setTimeout(() => setImmediate(() => end(false)), patience);
  });

const echoes = (host: string, ports: readonly number[]): Promise<readonly number[]> =>
  new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const heard = new Set<number>();
    socket.on('message', (_bytes, from) => heard.add(from.port));
    socket.on('error', () => undefined);
    for (const port of ports) socket.send('?', port, host, () => undefined);
    setTimeout(() => {
      socket.close();
      resolve([...heard].toSorted((left, right) => left - right));
    }, patience);
  });

const scan = async ({ address, tcp, udp }: Order) => {
  const [open, echoing] = await Promise.all([
    Promise.all(tcp.map(async (port) => ((await accepts(address, port)) ? [port] : []))),
    echoes(address, udp),
  ]);
  return { tcp: open.flat(), udp: echoing };
};

process.on('message', (message) => {
  void scan(message as Order).then((found) => process.send?.(found));
});
process.once('disconnect', () => process.exit(0));
process.send?.('up');

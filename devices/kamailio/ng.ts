import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { writeBencode } from './bencode.ts';

/** Milliseconds between two sendings, and how many there are. */
const retry = { after: 250, times: 8 } as const;

/** What is asked: texts are sent byte for character, so ISO 8859-1 only. */
export type NgFields = Readonly<Record<string, string | readonly string[]>>;

const encode = (fields: NgFields): string =>
  writeBencode(new Map(Object.entries(fields).toSorted(([one], [two]) => (one < two ? -1 : 1))));

/** Asks rtpengine; gives its answer's text. A cookie is never used twice: rtpengine would repeat an old answer. Rejects with one line. */
export const askRelay = (
  control: { readonly host: string; readonly port: number },
  fields: NgFields,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(control.host) ? 'udp6' : 'udp4');
    const cookie = randomUUID();
    const message = Buffer.from(`${cookie} ${encode(fields)}`, 'latin1');
    let left: number = retry.times;
    const finish = (settle: () => void): void => {
      clearInterval(timer);
      socket.close();
      settle();
    };
    const send = (): void => {
      if (left > 0) socket.send(message, control.port, control.host);
      else
        finish(() =>
          reject(new Error(`rtpengine: no answer to ${String(fields['command'])}; see its log`)),
        );
      left -= 1;
    };
    const timer = setInterval(send, retry.after);
    socket.on('error', () => undefined);
    socket.on('message', (answer) => {
      const text = answer.toString('latin1');
      if (text.startsWith(`${cookie} `)) finish(() => resolve(text.slice(cookie.length + 1)));
    });
    send();
  });

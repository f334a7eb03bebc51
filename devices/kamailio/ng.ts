import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Milliseconds between two sendings, and how many there are. */
const retry = { after: 250, times: 8 } as const;

/** A dictionary of byte strings as rtpengine's ng protocol has it (bencoding), keys in order. */
const encode = (fields: Readonly<Record<string, string>>): string => {
  const text = (value: string) => `${Buffer.byteLength(value, 'latin1')}:${value}`;
  const keys = Object.keys(fields).toSorted();
  return `d${keys.map((key) => text(key) + text(fields[key] ?? '')).join('')}e`;
};

/** Asks rtpengine; gives its answer's text. A cookie is never used twice: rtpengine would repeat an old answer. Rejects with one line. */
export const askRelay = (
  control: { readonly host: string; readonly port: number },
  fields: Readonly<Record<string, string>>,
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
          reject(new Error(`rtpengine: no answer to ${fields['command'] ?? ''}; see its log`)),
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

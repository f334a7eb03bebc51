import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import type { Relay } from '../../reference/appliance/relay/relay.ts';
import {
  createMediaPath,
  type MediaPath,
} from '../../reference/appliance/signalling/media-path.ts';
import { isDictionary, parseBencode, writeBencode } from './bencode.ts';
import type { EngineFailure } from './failure.ts';
import { followPath } from './forgotten-calls.ts';
import { answerNg, type NgCommands } from './ng-commands.ts';

/** The appliance's own relay as Kamailio sees it. */
export interface NgServer {
  /** Address and port of the ng protocol: on the loopback interface only. */
  readonly control: { readonly host: string; readonly port: number };
  /** What a request must bear as `engine` to be of the appliance's own engine. */
  readonly token: string;
  readonly path: MediaPath;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** Answers that are kept for requests that come again, which UDP lets happen. */
const rememberedAnswers = 256;

/** Milliseconds between two looks for calls that nobody is left in. */
const betweenLooks = 60_000;

/** The answer to a datagram from a transport address, null where it has no cookie to answer with. */
const answererOf = (commands: NgCommands): ((datagram: string, from: string) => string | null) => {
  const answers = new Map<string, string>();
  return (datagram, from) => {
    const [cookie = ''] = /^[^\s]{1,128} /.exec(datagram) ?? [];
    if (cookie === '') return null;
    const known = answers.get(from + cookie);
    if (known !== undefined) return known;
    const parsed = parseBencode(datagram.slice(cookie.length));
    const request = parsed.ok && isDictionary(parsed.value) ? parsed.value : new Map();
    const answer = `${cookie}${writeBencode(answerNg(commands, request))}`;
    answers.set(from + cookie, answer);
    const [oldest] = answers.keys();
    if (answers.size > rememberedAnswers && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
};

/** Lets Kamailio's rtpengine module lead calls through the appliance's own relay, which listens on `relayHost`. */
export const startNgServer = async (
  relay: Relay,
  relayHost: string,
  failure: EngineFailure,
): Promise<NgServer> => {
  const token = randomUUID().replaceAll('-', '');
  const { path, endForgotten } = followPath(relay, createMediaPath(relay, relayHost));
  const answer = answererOf({ relay, path, token });
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  socket.on('error', (error) =>
    failure.report(`the relay’s control port failed: ${error.message}`),
  );
  socket.on('message', (datagram, from) => {
    const text = answer(latin1(datagram), `${from.port} `);
    if (text !== null) socket.send(fromLatin1(text), from.port, from.address);
  });
  const looking = setInterval(() => void endForgotten(performance.now()), betweenLooks).unref();
  return {
    control: { host, port: socket.address().port },
    token,
    path,
    close: () => {
      clearInterval(looking);
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
};

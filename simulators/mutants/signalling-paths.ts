import type { TLSSocket } from 'node:tls';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { createTls } from '../../reference/appliance/signalling/listen.ts';
import { latin1 } from '../../reference/core/bytes.ts';
import { commonNameOwnsFrom } from '../../reference/core/sip/proxy/registrar-proxy.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import type { Mutant } from './mutant.ts';
import { signallingRewritten } from './rewritten-signalling.ts';

type StartSignalling = ApplianceParts['startSignalling'];

const callIdOf = (text: string): string => /^Call-ID: *(\S+)/im.exec(text)?.[1] ?? '';

/** Sends an INVITE on once for each of its Routes. */
const onceForEachRoute = (): StartSignalling => {
  const routes = new Map<string, number>();
  return signallingRewritten({
    heard(text) {
      const count = text.match(/^Route:/gim)?.length ?? 0;
      if (text.startsWith('INVITE ') && count > 1) routes.set(callIdOf(text), count);
      return text;
    },
    said: (text) =>
      text.startsWith('INVITE ') ? text.repeat(routes.get(callIdOf(text)) ?? 1) : text,
  });
};

const branchOf = (text: string): string =>
  /^Via:[^\r]*?;branch=([^;,\r\s]+)/im.exec(text)?.[1] ?? '';

type Listener = (bytes: Uint8Array) => void;

/** Takes a response for the callee's, whatever connection it comes on: what knows its branch is enough. */
const anybodysResponses: StartSignalling = (options) => {
  const asked = new Map<string, Listener>();
  const through = (socket: TLSSocket): TLSSocket => {
    const [on, write] = [socket.on.bind(socket), socket.write.bind(socket)];
    let hear: Listener = () => undefined;
    return Object.assign(socket, {
      on(event: string, listener: Listener) {
        if (event !== 'data') return on(event, listener);
        hear = listener;
        return on('data', (bytes: Uint8Array) => {
          const text = latin1(bytes);
          const right = text.startsWith('SIP/2.0 ') ? asked.get(branchOf(text)) : undefined;
          (right ?? hear)(bytes);
        });
      },
      write(bytes: Uint8Array) {
        const text = latin1(bytes);
        if (text.startsWith('INVITE ')) asked.set(branchOf(text), (given) => hear(given));
        return write(bytes);
      },
    });
  };
  return applianceParts.startSignalling({
    ...options,
    createTls: (...given) => {
      const server = createTls(...given);
      const on = server.on.bind(server);
      return Object.assign(server, {
        on: (event: string, listener: (socket: TLSSocket) => void) =>
          on(
            event,
            event === 'secureConnection'
              ? (socket: TLSSocket) => listener(through(socket))
              : listener,
          ),
      });
    },
  });
};

/** Looks at who it is where a call begins, and not inside one. */
const outsideOfCalls: ApplianceParts['identityRule'] = (context) =>
  /;\s*tag=/i.test(header(context.request, 'To') ?? '') || context.request.method === 'CANCEL'
    ? undefined
    : commonNameOwnsFrom(context);

/** SIP services that send on what they should not, or take it from whom they should not. */
export const signallingPathMutants: readonly Mutant[] = [
  {
    id: 'once-for-each-route',
    fault: 'the proxy sends an INVITE on once for each Route that it brings',
    claims: ['2.2.d'],
    because: /one request became many/,
    parts: { appliance: { startSignalling: onceForEachRoute() } },
  },
  {
    id: 'responses-of-anybody',
    fault: 'the proxy takes a response from whatever connection, if its branch is right',
    claims: ['5.2.a'],
    because: /a response from another connection was taken/,
    parts: { appliance: { startSignalling: anybodysResponses } },
  },
  {
    id: 'anybody-inside-calls',
    fault: 'inside a call, and to cancel one, From may be any number',
    claims: ['5.2.a', '2.2.d'],
    because: /a third user changed a call of others/,
    parts: { appliance: { identityRule: outsideOfCalls } },
  },
];

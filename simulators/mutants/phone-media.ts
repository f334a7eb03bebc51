import type { Socket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { startMedia, type MediaSession } from '../../reference/client/media/media-session.ts';
import type { PortPair } from '../../reference/client/media/port-pair.ts';
import type { Mutant } from './mutant.ts';

type StartMedia = typeof startMedia;

/** Milliseconds for which a phone goes on after a call's end. */
const afterwards = 600;

/** Sends on for a while after the end. */
const outlastingTheCall: StartMedia = (options) => {
  const session = startMedia(options);
  let ended: Promise<void> | undefined;
  return { ...session, end: () => (ended ??= pause(afterwards).then(() => session.end())) };
};

/** Sends whatever the direction. */
const ignoringHold: StartMedia = (options) => {
  const session = startMedia(options);
  return { ...session, change: (next) => session.change({ ...next, direction: 'sendrecv' }) };
};

/** Goes on under the first keys, whatever a re-INVITE agreed on. */
const keepingKeys: StartMedia = (options) => {
  const { ownKey, peerKey } = options;
  const kept = [ownKey, peerKey].map(({ masterKey, masterSalt }) => ({
    masterKey: masterKey.slice(),
    masterSalt: masterSalt.slice(),
  }));
  const session = startMedia(options);
  return {
    ...session,
    change(next) {
      const [own = next.ownKey, peer = next.peerKey] = kept;
      session.change({ ...next, ownKey: own, peerKey: peer });
    },
  };
};

/** Takes what it sent itself, too, as if another had sent it. */
const hearingItself: StartMedia = (options) => {
  const { ownKey, suite } = options;
  const own = { masterKey: ownKey.masterKey.slice(), masterSalt: ownKey.masterSalt.slice() };
  return startMedia({
    ...options,
    suite: {
      sender: (key) => suite.sender(key),
      receiver(key) {
        const [peers, echoes] = [suite.receiver(key), suite.receiver(own)];
        return {
          ...peers,
          unprotectRtp(packet) {
            const opened = peers.unprotectRtp(packet);
            if (opened.ok) return opened;
            const echo = echoes.unprotectRtp(packet);
            // Another SSRC than its own, at which it would notice the loop.
            if (echo.ok) echo.value.set([0, 0, 0, 1], 8);
            return echo;
          },
        };
      },
    },
  });
};

/** Codes of frames that cannot be decoded. */
const malformed =
  /^media\/(empty|wideband|reserved-sub-mode|truncated|no-frame|padding|trailing|frame-count|user-signal)$/;

/** Ends the call at the first frame that cannot be decoded. */
const givingUp: StartMedia = (options) =>
  startMedia({
    ...options,
    onRefusal(refusal) {
      if (malformed.test(refusal.code)) options.onFault(new Error(refusal.detail));
      options.onRefusal?.(refusal);
    },
  });

/** A socket that sends to another port of the same machine where `elsewhere` knows one. */
const diverted = (socket: Socket, elsewhere: () => number | undefined): Socket =>
  new Proxy(socket, {
    get(target, name) {
      if (name === 'send')
        return (bytes: Uint8Array, port: number, host: string, done: () => void): void =>
          target.send(bytes, elsewhere() ?? port, host, done);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** Sends to the other phone of this machine, as soon as there is one, past the relay. */
const directly = (): StartMedia => {
  const talking = new Set<PortPair>();
  const otherThan = (own: PortPair) => [...talking].find((pair) => pair !== own);
  return (options) => {
    const { ports } = options;
    talking.add(ports);
    const session: MediaSession = startMedia({
      ...options,
      ports: { ...ports, rtp: diverted(ports.rtp, () => otherThan(ports)?.port) },
    });
    return {
      ...session,
      end() {
        talking.delete(ports);
        return session.end();
      },
    };
  };
};

/** Phones whose audio goes where or when it should not. */
export const phoneMediaMutants: readonly Mutant[] = [
  {
    id: 'audio-after-the-end',
    fault: 'a phone goes on sending audio after the call has ended',
    claims: ['3.1.d', '5.1.m'],
    because: /audio was sent (after the call had ended|before the 200)/,
    parts: { phone: { startMedia: outlastingTheCall } },
  },
  {
    id: 'audio-during-hold',
    fault: 'the phones go on sending during a hold',
    claims: ['3.1.d', '5.1.m'],
    because: /both phones went on sending during a hold/,
    parts: { phone: { startMedia: ignoringHold } },
  },
  {
    id: 'keys-kept-over-hold',
    fault: 'audio goes on under the first keys after a hold',
    claims: ['5.1.g', '5.1.i'],
    because: /two streams were sent under one key/,
    parts: { phone: { startMedia: keepingKeys } },
  },
  {
    id: 'own-audio-taken-back',
    fault: 'a phone takes audio under the key that it sends with',
    claims: ['5.1.g'],
    because: /"echo" was taken/,
    parts: { phone: { startMedia: hearingItself } },
  },
  {
    id: 'bad-frame-ends-call',
    fault: 'a frame that cannot be decoded ends the call',
    claims: ['5.1.g', '5.1.h', '5.1.m'],
    because: /the call did not outlive it/,
    parts: { phone: { startMedia: givingUp } },
  },
  {
    id: 'audio-past-the-relay',
    fault: 'the phones send audio to each other directly',
    claims: ['2.2.d', '2.2.g'],
    because: /directly between the terminals|outside the relay/,
    parts: { phone: { startMedia: directly() } },
  },
];

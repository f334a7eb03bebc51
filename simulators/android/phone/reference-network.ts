import type { Socket } from 'node:dgram';
import { phoneParts, type PhoneParts } from '../../../reference/client/parts.ts';

/** The parts of a phone that stand for what its network is. */
export interface PhoneNetwork {
  readonly parts: PhoneParts;
  /** Connections break when the network goes. */
  readonly changed: (isOnline: boolean) => void;
}

const unreachable = (): Error =>
  Object.assign(new Error('the phone has no network'), { code: 'ENETUNREACH' });

/** Datagrams neither leave nor arrive while there is no network. */
const gate = (socket: Socket, isOnline: () => boolean): void => {
  const send = socket.send.bind(socket) as (...words: unknown[]) => void;
  const emit = socket.emit.bind(socket) as (...words: unknown[]) => boolean;
  const gated = {
    send(...words: unknown[]) {
      if (isOnline()) return send(...words);
      const done = words.at(-1);
      if (typeof done === 'function') queueMicrotask(() => done(null, 0));
    },
    emit: (...words: unknown[]) => (words[0] === 'message' && !isOnline() ? false : emit(...words)),
  };
  Object.assign(socket, gated);
};

/** Puts the phone's connections, questions about peers and audio behind its network. */
export const behindNetwork = (
  isOnline: () => boolean,
  parts: PhoneParts = phoneParts,
): PhoneNetwork => {
  const open = new Set<{ destroy(): unknown }>();
  const connecting =
    (connect: PhoneParts['connectTls']): PhoneParts['connectTls'] =>
    async (options) => {
      if (!isOnline()) throw unreachable();
      const socket = await connect(options);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (!isOnline()) socket.destroy();
      return socket;
    };
  return {
    parts: {
      ...parts,
      connectTls: connecting(parts.connectTls),
      connectRegistration: connecting(parts.connectRegistration),
      revocation: (certificate, ask) =>
        isOnline() ? parts.revocation(certificate, ask) : Promise.resolve('unavailable'),
      startMedia(options) {
        gate(options.ports.rtp, isOnline);
        gate(options.ports.rtcp, isOnline);
        return parts.startMedia(options);
      },
    },
    changed(isOnline) {
      if (isOnline) return;
      for (const socket of open) socket.destroy();
    },
  };
};

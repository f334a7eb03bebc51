import type { SipMessage, SipRequest } from '../../../reference/core/sip/message/message.ts';
import type { SipLink } from '../../../simulators/attackers/sip-link.ts';
import { decline, type LiveClient } from '../client.ts';

/** What a peer says to an INVITE. */
export type Script = (link: SipLink, invite: SipRequest) => void;

/** A client that is called: it declines, unless it is told what to say instead. */
export interface Peer {
  readonly client: LiveClient;
  /** Connects where it is not connected, and listens from then on. */
  ready(): Promise<void>;
  /** What it says to INVITEs from now on. */
  answer(script: Script | null): void;
}

/** Milliseconds after which listening is begun anew. */
const turn = 60_000;

const request = (message: SipMessage): SipRequest | null =>
  message.kind === 'request' ? message : null;

/** Makes a peer of a client. */
export const createPeer = (client: LiveClient): Peer => {
  let script: Script | null = null;
  let listening: SipLink | null = null;
  const listen = async (link: SipLink): Promise<void> => {
    for (;;) {
      const received = await link.next(request, turn);
      if (received === 'closed') break;
      if (received === 'deadline') continue;
      if (script !== null && received.method === 'INVITE') script(link, received);
      else decline(link, received);
    }
    if (listening !== link) return;
    listening = null;
    client.close();
  };
  return {
    client,
    async ready() {
      const link = await client.link();
      if (link === listening) return;
      listening = link;
      void listen(link);
    },
    answer: (given) => void (script = given),
  };
};

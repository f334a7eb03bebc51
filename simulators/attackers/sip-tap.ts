import type { SipMessage } from '../../reference/core/sip/message/message.ts';
import type { SipLink } from './sip-link.ts';

/** A link whose outgoing messages are changed, and which remembers what passed. */
export interface TappedLink {
  readonly link: SipLink;
  /** Messages as they were sent, oldest first. */
  readonly sent: readonly SipMessage[];
  /** Messages that were taken from the link, oldest first. */
  readonly received: readonly SipMessage[];
}

/** Taps a link; `change` is applied to every message sent. */
export const tapped = (
  link: SipLink,
  change: (message: SipMessage) => SipMessage = (message) => message,
): TappedLink => {
  const sent: SipMessage[] = [];
  const received: SipMessage[] = [];
  return {
    sent,
    received,
    link: {
      ...link,
      send(message) {
        const changed = change(message);
        sent.push(changed);
        link.send(changed);
      },
      async next(select, deadlineMs) {
        const message = await link.next(select, deadlineMs);
        if (typeof message !== 'string') received.push(message);
        return message;
      },
    },
  };
};

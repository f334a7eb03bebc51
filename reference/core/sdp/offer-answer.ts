import type { Direction } from './media.ts';

const sends = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'sendonly';

const receives = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';

const directionOf = (isSending: boolean, isReceiving: boolean): Direction => {
  if (isSending) return isReceiving ? 'sendrecv' : 'sendonly';
  return isReceiving ? 'recvonly' : 'inactive';
};

/** The same stream as the other side sees it. */
export const mirrored = (direction: Direction): Direction =>
  directionOf(receives(direction), sends(direction));

/** Whether a side that describes its stream so has put the other on hold: it does not listen (RFC 3264 section 8.4). */
export const isOnHoldBy = (direction: Direction): boolean => !receives(direction);

/**
 * The direction to offer (RFC 3264 section 8.4): holding, `sendonly`, or `inactive` where the other side holds as well;
 * otherwise `sendrecv`, which lets a side that still holds say so in its answer.
 */
export const directionToOffer = (isHolding: boolean, isHeld: boolean): Direction => {
  if (!isHolding) return 'sendrecv';
  return isHeld ? 'inactive' : 'sendonly';
};

/** The direction to answer with (RFC 3264 section 6.1): all that the offer leaves, less listening where this side holds. */
export const directionToAnswer = (offered: Direction, isHolding: boolean): Direction =>
  directionOf(receives(offered), sends(offered) && !isHolding);

/** Whether a direction may answer an offer (RFC 3264 section 6.1): nothing is sent that the offerer does not receive, nor received that it does not send. */
export const answers = (offered: Direction, answered: Direction): boolean =>
  (receives(offered) || !sends(answered)) && (sends(offered) || !receives(answered));

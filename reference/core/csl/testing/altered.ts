import type { PendingOffer } from '../offer.ts';
import type { CslRefusal } from '../refusal.ts';
import type { Change } from './exchange-support.ts';

/** A message with one fault, and the reason for which it is refused. */
export interface Altered<Context> {
  readonly what: string;
  readonly code: CslRefusal;
  readonly change?: Change;
  readonly context?: Partial<Context>;
  /** Not to be combined with another fault, which would undo this one. */
  readonly alone?: true;
  /** Of a 200: the caller's side when it is not that of {@link pendingOffer}. */
  readonly pending?: () => PendingOffer;
}

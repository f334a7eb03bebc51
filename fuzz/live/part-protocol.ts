import type { PhoneSettings, ReferencePhone } from '../../reference/client/phone.ts';
import type { CallView } from '../../reference/client/calls/call.ts';
import type { RelayRange } from '../../reference/appliance/relay/relay.ts';

/** What a phone's user does through the control channel. */
export type UserMethod = Exclude<keyof ReferencePhone, 'events' | 'stop'>;

/** What the process of a part is asked. */
export type PartOrder =
  | {
      readonly do: 'appliance';
      readonly host: string;
      readonly relay: Pick<RelayRange, 'first' | 'last'>;
      /** A module whose `parts` take the place of the reference's own. */
      readonly partsFile?: string;
    }
  /** The newest token sent to a number. */
  | { readonly do: 'token'; readonly number: string }
  | { readonly do: 'phone'; readonly settings: PhoneSettings; readonly partsFile?: string }
  | { readonly do: 'user'; readonly method: UserMethod; readonly args: readonly unknown[] }
  /** Waits until the phone's call is in one of the states and has had so many packets; the view then, or the last one. */
  | {
      readonly do: 'wait';
      readonly states: readonly CallView['state'][];
      readonly packets: number;
      readonly deadline: number;
    }
  /** What the phone has shown so far. */
  | { readonly do: 'shown' }
  /** Puts the part's monotonic clock forward, milliseconds. */
  | { readonly do: 'advance'; readonly milliseconds: number }
  | { readonly do: 'figures' }
  | { readonly do: 'stop' };

/** Every answer; an error is its message. */
export type PartAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

/** What a part has logged since it was asked last. */
export interface Logged {
  /** How often each code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Lines that no refusal may have: without a named code, of an internal error, with a stack. */
  readonly improper: readonly string[];
}

/** What the process of a part says of itself. */
export interface PartFigures extends Logged {
  /** Bytes of objects and buffers in use after a garbage collection. */
  readonly heap: number;
  /** Bytes that native code has allocated and not freed; 0 where the system does not tell. */
  readonly native: number;
}

/** What a phone has shown so far. */
export interface Shown {
  /** Calls in which it has been, or of which it showed a peer. */
  readonly calls: number;
  /** Identifiers of the peer that were on the screen in the newest of them. */
  readonly peers: readonly string[];
  readonly view: CallView;
}

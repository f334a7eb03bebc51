import type { CallView } from '../../reference/client/calls/call.ts';
import type { ReferencePhone } from '../../reference/client/phone.ts';
import type { Shown } from './part-protocol.ts';

/** Notes everything that a phone shows of its calls, and waits for what it will show. */
export const watchShown = (phone: ReferencePhone) => {
  let calls = 0;
  let newest = '';
  let peers = new Set<string>();
  const note = (): void => {
    const { callId, state, identifiers } = phone.view();
    if (state !== 'in-call' && identifiers === null) return;
    if (callId !== newest) {
      [newest, peers] = [callId, new Set()];
      calls += 1;
    }
    if (identifiers !== null) peers.add(identifiers.peer);
  };
  phone.events.on('changed', note);
  return {
    soFar: (): Shown => ({ calls, peers: [...peers], view: phone.view() }),
    /** The view as soon as the call is in one of the states and has had so many packets; else the view after so many milliseconds. */
    wait: (states: readonly CallView['state'][], packets: number, deadline: number) =>
      new Promise<CallView>((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          phone.events.off('changed', look);
          resolve(phone.view());
        };
        const look = (): void => {
          const { state, packetsReceived } = phone.view();
          if (states.includes(state) && (state !== 'in-call' || packetsReceived >= packets))
            settle();
        };
        const timer = setTimeout(settle, deadline);
        phone.events.on('changed', look);
        look();
      }),
  };
};

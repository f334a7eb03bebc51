import { setImmediate as turn } from 'node:timers/promises';
import { createFrameCarrier } from '../link/frame-carrier.ts';
import { linkSchema } from '../topology/schema.ts';
import { createTapWait, openTap } from './tap.ts';

/**
 * One host's link, in a process of its own: two devices, the host's and the segment's, between which every frame passes as the
 * link's model says. Says `up` once both are there, and the counts whenever asked; ends when its control channel closes.
 */

/** Milliseconds for which it looks at nothing but frames; its control channel is heard in between. */
const longestWait = 20;

const [near = '', far = '', link = '{}'] = process.argv.slice(2);
const taps = { near: openTap(near), far: openTap(far) };
const carrier = createFrameCarrier(linkSchema.parse(JSON.parse(link)), (way, frame) =>
  (way === 'up' ? taps.far : taps.near).write(frame),
);
const wait = createTapWait([taps.near, taps.far]);

const takeAll = (): void => {
  for (const [tap, way] of [
    [taps.near, 'up'],
    [taps.far, 'down'],
  ] as const)
    for (let frame = tap.read(); frame !== null; frame = tap.read())
      carrier.take(way, frame, performance.now());
};

let running = true;
process.on('message', () => process.send?.({ kind: 'counts', counts: carrier.counts() }));
process.once('disconnect', () => {
  running = false;
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.send?.({ kind: 'up' });

while (running) {
  const due = (carrier.next() ?? Infinity) - performance.now();
  wait(Math.max(0, Math.min(longestWait, Math.ceil(due))));
  takeAll();
  carrier.release(performance.now());
  await turn();
}
process.exit(0);

import type { Alteration } from '../../testing/altered.ts';
import type { WireFacts } from '../../wire/facts-model.ts';

/** The captured facts of another activity than the call, changed. */
export const inWire =
  (activity: string, change: (facts: WireFacts) => WireFacts): Alteration =>
  (evidence) => ({
    ...evidence,
    wire(id, segment) {
      const wire = evidence.wire(id, segment);
      return id === activity && segment === undefined && wire.kind === 'captured'
        ? { ...wire, facts: change(wire.facts) }
        : wire;
    },
  });

import type { z } from 'zod';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import { utf8 } from '../../reference/core/bytes.ts';
import type { Evidence } from '../campaign/scenario.ts';
import type { WireFacts } from '../wire/facts-model.ts';

/** Evidence with one thing changed; the evidence given is left as it is. */
export type Alteration = (evidence: Evidence) => Evidence | Promise<Evidence>;

/** An alteration that is made at once. */
type Change = (evidence: Evidence) => Evidence;

/** One after the other. */
export const all =
  (...alterations: readonly Alteration[]): Alteration =>
  async (evidence) => {
    let changed = evidence;
    for (const alter of alterations) changed = await alter(changed);
    return changed;
  };

/** The bytes of a file as given, or the file removed (null). */
export const withBytes =
  (activity: string, path: string, bytes: Uint8Array | null): Change =>
  (evidence) => {
    const own = (of: string, name: string) =>
      of === activity && name === path ? bytes : evidence.bytes(of, name);
    return {
      ...evidence,
      bytes: own,
      text(of, name) {
        const found = own(of, name);
        return found ? new TextDecoder().decode(found) : null;
      },
      json(of, name, schema) {
        if (of !== activity || name !== path) return evidence.json(of, name, schema);
        try {
          return schema.parse(JSON.parse(new TextDecoder().decode(bytes ?? undefined)));
        } catch {
          return null;
        }
      },
    };
  };

/** A file removed. */
export const without = (activity: string, path: string): Change => withBytes(activity, path, null);

/** A text file changed. */
export const withText =
  (activity: string, path: string, change: (text: string) => string): Change =>
  (evidence) =>
    withBytes(activity, path, utf8(change(evidence.text(activity, path) ?? '')))(evidence);

/** A JSON file changed: `change` alters the value in place, or gives another of whatever shape. */
export const withJson =
  <Schema extends z.ZodType>(
    activity: string,
    path: string,
    schema: Schema,
    change: (value: z.infer<Schema>) => unknown,
  ): Change =>
  (evidence) => {
    const value = structuredClone(evidence.json(activity, path, schema));
    if (value === null) throw new Error(`${activity}/${path} of the real run is not of that shape`);
    return withText(activity, path, () => JSON.stringify(change(value) ?? value))(evidence);
  };

/** How an activity came out. */
export const withOutcome =
  (activity: string, outcome: Partial<ActivityOutcome>): Change =>
  (evidence) => ({
    ...evidence,
    outcome: (id) =>
      id === activity ? { ...evidence.outcome(id), ...outcome } : evidence.outcome(id),
  });

/** No capture of an activity. */
export const withoutCapture =
  (activity: string): Change =>
  (evidence) => ({
    ...evidence,
    wire: (id, segment) =>
      id === activity
        ? { kind: 'missing', reason: 'the wire was not captured: not permitted' }
        : evidence.wire(id, segment),
  });

/** The facts of the captured call changed. */
export const withFacts =
  (change: (facts: WireFacts, evidence: Evidence) => WireFacts): Change =>
  (evidence) => ({
    ...evidence,
    wire(id, segment) {
      const wire = evidence.wire(id, segment);
      if (id !== 'call' || segment !== undefined || wire.kind === 'missing') return wire;
      return { ...wire, facts: change(wire.facts, evidence) };
    },
  });

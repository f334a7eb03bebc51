import { z } from 'zod';

/** What a scenario came to on a phone; `flaky` passed only after it had not. */
export const outcomes = [
  'fail',
  'flaky',
  'inconclusive',
  'unsupported',
  'skipped',
  'warn',
  'pass',
] as const;
export type DeviceOutcome = (typeof outcomes)[number];

const device = z.strictObject({
  /** As the farm file names it. */
  name: z.string(),
  labels: z.array(z.string()),
  /** What it says of itself; null where it was not reached. */
  facts: z
    .object({
      serial: z.string(),
      manufacturer: z.string(),
      model: z.string(),
      android: z.string(),
      securityPatch: z.string(),
      nature: z.enum(['device', 'emulator', 'simulated']),
    })
    .nullable(),
  standing: z.enum(['ran', 'absent', 'quarantined', 'not chosen']),
  /** Why it did not run, or that its quarantine is over. */
  reason: z.string().optional(),
  /** The last day of its quarantine. */
  until: z.string().optional(),
});

const cell = z.strictObject({
  device: z.string(),
  peer: z.string(),
  role: z.enum(['caller', 'callee']),
  network: z.string(),
  scenario: z.string(),
  outcome: z.enum(outcomes),
  reason: z.string(),
  attempts: z.array(
    z.strictObject({
      kind: z.enum(outcomes),
      reason: z.string(),
      /** Milliseconds. */
      took: z.number(),
      /** Folder of the run, relative to the results. */
      run: z.string(),
    }),
  ),
});

/** What a farm's run came to: the content of `devices.json`. */
export const farmResultsSchema = z.strictObject({
  schema: z.literal(1),
  farm: z.string(),
  startedAt: z.string(),
  /** Milliseconds. */
  took: z.number(),
  /** Why nothing was run; absent where something was. */
  skipped: z.string().optional(),
  devices: z.array(device),
  cells: z.array(cell),
});
export type FarmResults = Readonly<z.infer<typeof farmResultsSchema>>;
export type DeviceEntry = FarmResults['devices'][number];
export type Cell = FarmResults['cells'][number];

/** The worst of several outcomes; of none, that nothing was run. */
export const worstOutcome = (found: readonly DeviceOutcome[]): DeviceOutcome =>
  outcomes.find((outcome) => found.includes(outcome)) ?? 'skipped';

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { activityOutcomeSchema } from '../../reports/model/run.ts';
import { parseAs } from './start.ts';

/** What one lane of a run is to do: activities by id, in order, on one instance of the target. */
export const laneWorkSchema = z.strictObject({
  lane: z.number().int().positive(),
  activities: z.array(z.string()),
});
export type LaneWork = Readonly<{ lane: number; activities: readonly string[] }>;

/** The content of a lane's file: written after each activity, gone once the run's outcomes are together. */
export const laneSchema = z.strictObject({
  work: laneWorkSchema,
  outcomes: z.array(activityOutcomeSchema),
});

/** Name of a lane's file at the top of the run folder. */
export const laneFile = (lane: number): string => `lane-${lane}.json`;

/** What a lane left; null where it has no file. Rejects with one line where the file is damaged. */
export const readLane = async (
  folder: string,
  lane: number,
): Promise<z.infer<typeof laneSchema> | null> => {
  const path = join(folder, laneFile(lane));
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : parseAs(path, text, laneSchema);
};

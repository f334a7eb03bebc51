import { z } from 'zod';
import type { RefusalEntry } from '../contract.ts';
import { runCommand } from './command.ts';
import type { ExternalDescription } from './schema.ts';
import { readBySchema } from '../../reference/core/read-by-schema.ts';

type RefusalSource = NonNullable<ExternalDescription['refusals']>;

/** Milliseconds that reading the log may take. */
const limit = 10_000;

/** A line of a log: a code, what it was about, and when, in milliseconds since 1970 or as RFC 3339. */
const lineSchema = z.object({
  code: z.string().min(1).max(256),
  detail: z.string().optional(),
  at: z.number().optional(),
  time: z.iso.datetime({ offset: true }).optional(),
});

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** Refusals among the lines of a log, in order; a line that is no JSON object with a `code` is none. */
export const refusalsIn = (text: string, codes: RegExp): readonly RefusalEntry[] =>
  text.split('\n').flatMap((line) => {
    const parsed = readBySchema(lineSchema, parseLine(line));
    if (!parsed.success || !codes.test(parsed.data.code)) return [];
    const { code, detail = '', at, time } = parsed.data;
    return [{ at: at ?? (time === undefined ? 0 : Date.parse(time)), code, detail }];
  });

/** Reads the refusals that a target logged, by its file's command; all that the log still holds. */
export const readRefusals = async (
  { command: words, codes = '' }: RefusalSource,
  folder: string,
): Promise<readonly RefusalEntry[]> => {
  const run = { purpose: 'reading the refusal log', words, folder, deadline: limit };
  return refusalsIn(await runCommand(run), new RegExp(codes, 'u'));
};

import { z } from 'zod';
import { fault, ok, type Result } from '../../core/result.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

/** Characters of a number, a password or a token that a screen may send at most. */
const longest = 256;

const text = z.string().max(longest);

const command = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('request-enrolment'), number: text, password: text }),
  z.strictObject({ do: z.literal('complete-enrolment'), token: text }),
  z.strictObject({ do: z.literal('restart-enrolment') }),
  z.strictObject({ do: z.literal('unlock'), password: text }),
  z.strictObject({ do: z.literal('register') }),
  z.strictObject({ do: z.literal('dial'), number: text }),
  z.strictObject({ do: z.literal('answer') }),
  z.strictObject({ do: z.literal('hang-up') }),
  z.strictObject({ do: z.literal('mute'), on: z.boolean() }),
  z.strictObject({ do: z.literal('hold'), on: z.boolean() }),
  z.strictObject({ do: z.literal('open-log') }),
  z.strictObject({ do: z.literal('close-log') }),
  z.strictObject({ do: z.literal('close-ended') }),
]);

/** What the user of a screen can ask the phone for. */
export type Command = z.infer<typeof command>;

/** Reads what a screen sent; total. */
export const parseCommand = (given: string): Result<Command> => {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return fault('command/json');
  }
  const parsed = readBySchema(command, value);
  return parsed.success ? ok(parsed.data) : fault('command/form');
};

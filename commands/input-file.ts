import { open } from 'node:fs/promises';
import { CommandProblem } from './command-problem.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

/** The start of a file, at most `limit` bytes; pipes will do. Throws a CommandProblem that names the thing. */
export const readUpTo = async (
  path: string,
  limit: number,
  { thing, wayOut }: { readonly thing: string; readonly wayOut: string },
): Promise<Uint8Array> => {
  try {
    await using handle = await open(path, 'r');
    const buffer = new Uint8Array(limit);
    let length = 0;
    while (length < limit) {
      const { bytesRead } = await handle.read(buffer, length, limit - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CommandProblem(`${thing}: ${reasons[code] ?? message}; ${wayOut}`);
  }
};

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { toolProblem } from '../lab-tools.ts';

const wayOut = '--lab loopback needs none of it';

/** The words of a command line for a message; a script is left out. */
const shown = (args: readonly string[]): string =>
  args.map((word) => (/[\s;]/.test(word) ? '…' : word)).join(' ');

/** Runs a system tool to its end with `input` on its standard input. Rejects with one line that names the tool and what it said. */
export const runTool = async (tool: string, args: readonly string[], input = ''): Promise<void> => {
  const child = spawn(tool, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  // A tool that ends before it has read everything says so by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, signal] = await once(child, 'close').catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? toolProblem(tool) : String(error);
    throw new Error(`network lab: ${reason}; ${wayOut}`, { cause: error });
  });
  if (code === 0) return;
  const text = Buffer.concat(said)
    .toString()
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ');
  throw new Error(
    `network lab: ${tool} ${shown(args)} ended with ${code ?? signal}: ${text || 'it said nothing'}; ${wayOut}`,
  );
};

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Packages in which the tools come. */
const packages: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  mount: 'mount',
};

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
    const reason = missing
      ? `the program ${tool} (package ${packages[tool] ?? tool}) was not found; run ./setup, or use --lab loopback`
      : String(error);
    throw new Error(`network lab: ${reason}`, { cause: error });
  });
  if (code === 0) return;
  const text = Buffer.concat(said)
    .toString()
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ');
  throw new Error(
    `network lab: ${tool} ${args.join(' ')} ended with ${code ?? signal}: ${text || 'it said nothing'}`,
  );
};

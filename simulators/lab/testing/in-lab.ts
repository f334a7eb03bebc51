import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runInOwnNamespace } from '../own-namespace.ts';

/** Set for the process that is to start the program in namespaces of its own. */
const argument = '--inside';

/** Runs a TypeScript file in namespaces of its own (scope `lab`) and gives what it printed on its standard output, as JSON. */
export const runInLab = async (file: string, args: readonly string[]): Promise<unknown> => {
  const child = spawn(process.execPath, [import.meta.filename, argument, file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const said: Buffer[] = [];
  const complained: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`${file} ended with ${code}: ${Buffer.concat(complained).toString()}`);
  return JSON.parse(Buffer.concat(said).toString());
};

const [first, file = '', ...rest] = process.argv.slice(2);
if (first === argument) {
  const outcome = await runInOwnNamespace(file, rest, 'lab');
  if (outcome.kind === 'unavailable') process.stderr.write(outcome.reason);
  process.exitCode = outcome.kind === 'ran' ? outcome.exitCode : 2;
}

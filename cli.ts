#!/usr/bin/env node
import { runtimeProblem } from './commands/runtime.ts';

/** Loads and runs the program; loaded only now, so that what hinders it can be said in one line. */
const start = async (): Promise<void> => {
  const { keepCompiled } = await import('./commands/compile-cache.ts');
  keepCompiled();
  const { main } = await import('./commands/main.ts');
  const { leave, watchOutput } = await import('./commands/output.ts');
  watchOutput();
  await leave(await main(process.argv.slice(2)));
};

const problem = runtimeProblem(process.versions.node);
if (problem === null) {
  await start().catch((error: unknown) => {
    const [reason] = String(error).split('\n');
    process.stderr.write(`discretio: the program cannot be loaded: ${reason}; run ./setup\n`);
    process.exitCode = 2;
  });
} else {
  process.stderr.write(`discretio: ${problem}\n`);
  process.exitCode = 64;
}

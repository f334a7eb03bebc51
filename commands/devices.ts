import { runtimeProblem } from './runtime.ts';

/** Loads and runs `npm run devices`; loaded only now, so that what hinders it can be said in one line. */
const start = async (): Promise<void> => {
  const { keepCompiled } = await import('./compile-cache.ts');
  keepCompiled();
  const { runDevices } = await import('./device-farm.ts');
  const { leave } = await import('./output.ts');
  await leave(await runDevices());
};

const problem = runtimeProblem(process.versions.node, 'npm run devices, which finds');
if (problem === null) {
  await start();
} else {
  process.stderr.write(`discretio devices: ${problem}\n`);
  process.exitCode = 64;
}

import { exitCodes } from '../reports/model/verdict.ts';

let lost: string | null = null;

/** Watches both output streams: a reader that has gone (`| head`) is no problem, anything else (a full disk) is one, said at the end. */
export const watchOutput = (): void => {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') lost ??= error.code ?? error.message;
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

/** Ends the process once its output is written, also when a part of a target still holds the event loop. */
export const leave = async (code: number): Promise<never> => {
  await flush(process.stdout);
  if (lost !== null)
    process.stderr.write(
      `discretio: standard output could not be written (${lost}); send it to another place\n`,
    );
  await flush(process.stderr);
  process.exit(lost === null ? code : Math.max(code, exitCodes.inconclusive));
};
